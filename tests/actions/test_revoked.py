"""What the denies of `revoke` and `revoke_role` really do, by IAM's own rules: the policy simulator says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actions.revoke import revoke
from actions.revoke_role import revoke_role

if TYPE_CHECKING:
    from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator

BEFORE, THEN, AFTER = "2026-03-02T11:59:59Z", "2026-03-02T12:00:00Z", "2026-03-02T12:00:01Z"
MATERIAL = "arn:aws:s3:::*"


def decision(scene: Scene, session: str, *, issued: str = AFTER, action: str = "s3:GetObject") -> str:
    """What the role's policies decide about a session of that name, whose token was issued then."""
    iam = scene.client("iam")
    role = iam.get_role(RoleName=scene.seeded.role)["Role"]
    everything = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    entries = (
        ("aws:userid", "string", f"{role['RoleId']}:{session}"),
        ("aws:TokenIssueTime", "date", issued),
    )
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=role["Arn"],
        ActionNames=[action],
        ResourceArns=[MATERIAL],
        PolicyInputList=[everything],
        ContextEntries=[
            {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}
            for key, kind, value in entries
        ],
    )["EvaluationResults"]
    return result["EvalDecision"]


@pytest.mark.row("C4")
@pytest.mark.parametrize("action", ["s3:GetObject", "iam:CreateUser", "ssm:UpdateInstanceInformation"])
async def test_revoking_an_instance_denies_its_session_whenever_issued_and_no_other(
    asg: Scene, action: str
) -> None:
    web, other = asg.seeded.web, asg.seeded.bystander
    assert decision(asg, web, action=action) == "allowed"
    step = asg.step(revoke)
    await step.execute()
    for issued in (BEFORE, AFTER):
        assert decision(asg, web, issued=issued, action=action) == "explicitDeny"
        assert decision(asg, other, issued=issued, action=action) == "allowed"
    assert decision(asg, f"{web}0", action=action) == "allowed"
    await step.undo()
    assert decision(asg, web, action=action) == "allowed"


async def test_revoking_the_role_denies_every_session_issued_up_to_that_second_and_none_later(
    asg: Scene,
) -> None:
    step = asg.step(revoke_role)
    await step.execute()
    for session in (asg.seeded.web, asg.seeded.bystander, "ana"):
        assert decision(asg, session, issued=BEFORE) == "explicitDeny"
        assert decision(asg, session, issued=THEN) == "explicitDeny"
        assert decision(asg, session, issued=AFTER) == "allowed"
    await step.undo()
    assert decision(asg, asg.seeded.web, issued=BEFORE) == "allowed"
