from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from actions import roles
from actions.revoke import SessionDenial, revoke
from actions.revoke_role import cutoff_of, moment, policy_before, revoke_role
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.decisions import CONTAIN
from playbook.errors import DoesNotApply, Drift, Refused
from playbook.incident import InstanceFacts
from playbook.plan import dump, fingerprint, load
from playbook.proof import Rung
from playbook.target import Target

if TYPE_CHECKING:
    from tests.actions.scene import Scene

ANYTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}


def policy(scene: Scene, name: str) -> dict[str, Any]:
    return scene.client("iam").get_role_policy(RoleName=scene.seeded.role, PolicyName=name)["PolicyDocument"]


def write(scene: Scene, name: str, document: object) -> None:
    scene.client("iam").put_role_policy(
        RoleName=scene.seeded.role, PolicyName=name, PolicyDocument=json.dumps(document)
    )


def profile_of(scene: Scene, instance: str) -> str | None:
    found = scene.client("ec2").describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance]}]
    )["IamInstanceProfileAssociations"]
    return next((a["IamInstanceProfile"]["Arn"] for a in found if a["State"] == "associated"), None)


@pytest.mark.emulator
class TestOneInstance:
    @pytest.mark.row("C4")
    async def test_the_role_denies_this_instance_alone_though_profile_and_paths_have_other_names(
        self, asg: Scene
    ) -> None:
        step = asg.step(revoke)
        plan = await step.execute()
        assert (plan.role, plan.role_path, plan.profile) == ("web-service", "/service/", "web-instances")

        statement = policy(asg, f"ec2ir-revoke-{asg.seeded.web}")["Statement"][0]
        assert statement["Condition"] == {
            "StringEquals": {"aws:userid": f"{asg.seeded.role_id}:{asg.seeded.web}"}
        }
        assert {key: statement[key] for key in ANYTHING} == ANYTHING
        assert profile_of(asg, asg.seeded.web) is None
        assert profile_of(asg, asg.seeded.bystander) == asg.seeded.profile_arn

    async def test_the_plan_names_the_siblings_that_keep_their_sessions(self, asg: Scene) -> None:
        plan = await asg.step(revoke).plan()
        assert asg.seeded.bystander in plan.siblings
        assert any(asg.seeded.bystander in kept for kept in plan.show().keeps)

    async def test_proof_says_that_it_is_configuration(self, asg: Scene) -> None:
        step = asg.step(revoke)
        await step.plan()
        assert (await step.verify(applied=False)).rung is Rung.ABSENT
        await step.execute()
        proof = await step.verify()
        assert proof.rung is Rung.PROVED
        assert proof.says[-1].startswith("IAM may take minutes")

    async def test_a_deny_without_disassociation_is_half_of_it(self, asg: Scene) -> None:
        step = asg.step(revoke)
        plan = await step.plan()
        write(asg, plan.policy, plan.document)
        assert (await step.verify()).rung is Rung.APPLIED

    async def test_a_role_made_anew_is_not_the_one_that_was_denied(self, asg: Scene) -> None:
        step = asg.step(revoke)
        plan = await step.execute()
        iam = asg.client("iam")
        iam.remove_role_from_instance_profile(InstanceProfileName=plan.profile, RoleName=plan.role)
        for name in iam.list_role_policies(RoleName=plan.role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=plan.role, PolicyName=name)
        iam.delete_role(RoleName=plan.role)
        iam.create_role(RoleName=plan.role, AssumeRolePolicyDocument="{}")
        write(asg, plan.policy, plan.document)
        assert (await step.verify()).rung is Rung.CONTRADICTED

    async def test_undo_gives_back_the_profile_under_a_new_association(self, asg: Scene) -> None:
        step = asg.step(revoke)
        plan = await step.execute()
        await step.undo()

        assert profile_of(asg, asg.seeded.web) == asg.seeded.profile_arn
        assert plan.policy not in asg.client("iam").list_role_policies(RoleName=plan.role)["PolicyNames"]
        again = await step.plan()
        assert again.association != plan.association
        assert fingerprint(again) == fingerprint(plan)

    async def test_undo_refuses_a_policy_that_somebody_changed_and_gives_nothing_back(
        self, asg: Scene
    ) -> None:
        step = asg.step(revoke)
        plan = await step.execute()
        changed = roles.deny_all("Other", {"StringEquals": {"aws:userid": "nobody"}})
        write(asg, plan.policy, changed)

        assert (await step.verify()).rung is Rung.CONTRADICTED
        with pytest.raises(Drift, match="is not what ec2ir writes there"):
            await step.undo()
        assert policy(asg, plan.policy) == changed
        assert profile_of(asg, asg.seeded.web) is None

    async def test_another_profile_meanwhile_is_drift(self, asg: Scene) -> None:
        step = asg.step(revoke)
        await step.plan()
        ec2 = asg.client("ec2")
        found = ec2.describe_iam_instance_profile_associations(
            Filters=[{"Name": "instance-id", "Values": [asg.seeded.web]}]
        )["IamInstanceProfileAssociations"][0]
        ec2.replace_iam_instance_profile_association(
            AssociationId=found["AssociationId"], IamInstanceProfile={"Name": "dev-box"}
        )
        with pytest.raises(Drift, match="profile dev-box now, not web-instances"):
            await step.execute()

    async def test_nothing_to_revoke_without_a_profile(self, asg: Scene) -> None:
        await asg.step(revoke).execute()
        with pytest.raises(DoesNotApply, match="no instance profile"):
            await asg.step(revoke).plan()

    async def test_a_full_role_is_refused_in_words(self, asg: Scene) -> None:
        write(asg, "big", {"Version": "2012-10-17", "Statement": [{"Sid": "x" * 9_900, **ANYTHING}]})
        with pytest.raises(Refused, match="of 10240 characters: the deny does not fit"):
            await asg.step(revoke).plan()

    async def test_a_service_linked_role_is_left_alone(self, asg: Scene) -> None:
        iam = asg.client("iam")
        iam.create_role(
            RoleName="linked", Path="/aws-service-role/x.amazonaws.com/", AssumeRolePolicyDocument="{}"
        )
        iam.remove_role_from_instance_profile(
            InstanceProfileName=asg.seeded.profile, RoleName=asg.seeded.role
        )
        iam.add_role_to_instance_profile(InstanceProfileName=asg.seeded.profile, RoleName="linked")
        with pytest.raises(DoesNotApply, match="service-linked"):
            await asg.step(revoke).plan()


@pytest.mark.emulator
class TestTheWholeRole:
    @pytest.mark.row("C4")
    async def test_the_cutoff_is_the_moment_of_execution_in_utc(self, asg: Scene) -> None:
        step = asg.step(revoke_role)
        plan = await step.plan()
        asg.clock.advance(600)
        await step.execute()

        statement = policy(asg, plan.policy)["Statement"][0]
        assert statement["Condition"] == {
            "DateLessThanEquals": {"aws:TokenIssueTime": "2026-03-02T12:10:00Z"}
        }
        proof = await step.verify()
        assert proof.rung is Rung.PROVED
        assert "issued up to 2026-03-02 12:10:00 UTC" in proof.says[0]

    async def test_a_second_attempt_keeps_the_first_cutoff(self, asg: Scene) -> None:
        step = asg.step(revoke_role)
        plan = await step.execute()
        first = policy(asg, plan.policy)
        asg.clock.advance(60)
        await step.execute(asg.run(intents={"deny in web-service"}))
        assert policy(asg, plan.policy) == first

    async def test_revoking_again_moves_the_cutoff_and_undo_moves_it_back(self, asg: Scene) -> None:
        await asg.step(revoke_role).execute()
        asg.clock.advance(3_600)
        step = asg.step(revoke_role)
        plan = await step.plan()
        assert plan.before == "2026-03-02T12:00:00Z"
        assert (await step.verify(applied=False)).rung is Rung.ABSENT
        await step.execute()
        assert cutoff_of(policy(asg, plan.policy)) == "2026-03-02T13:00:00Z"
        await step.undo()
        assert cutoff_of(policy(asg, plan.policy)) == plan.before

    async def test_undo_deletes_the_deny_where_there_was_none(self, asg: Scene) -> None:
        step = asg.step(revoke_role)
        plan = await step.execute()
        await step.undo()
        assert plan.policy not in asg.client("iam").list_role_policies(RoleName=plan.role)["PolicyNames"]

    async def test_the_role_is_found_after_the_profile_was_taken_off(self, asg: Scene) -> None:
        await asg.step(revoke).execute()
        with pytest.raises(DoesNotApply, match="no instance profile"):
            await asg.step(revoke_role).plan()
        first = InstanceFacts(
            account=asg.seeded.account,
            region=asg.seeded.region,
            instance=asg.seeded.web,
            role=asg.seeded.role,
        )
        plan = await revoke_role.plan(asg.target, asg.aws.knowing(Brief(first=first)))
        assert (plan.role, plan.role_path) == (asg.seeded.role, "/service/")

    async def test_a_role_that_is_deleted_since_has_no_sessions(self, asg: Scene) -> None:
        await asg.step(revoke).execute()
        first = InstanceFacts(
            account=asg.seeded.account, region=asg.seeded.region, instance=asg.seeded.web, role="gone"
        )
        with pytest.raises(DoesNotApply, match="role gone, which the instance had at first, is deleted"):
            await revoke_role.plan(asg.target, asg.aws.knowing(Brief(first=first)))

    async def test_a_cutoff_in_the_future_is_no_proof(self, asg: Scene) -> None:
        step = asg.step(revoke_role)
        plan = await step.execute()
        write(asg, plan.policy, policy_before("2026-03-02T19:00:00Z"))
        assert (await step.verify()).rung is Rung.CONTRADICTED

    async def test_everybody_who_uses_the_role_is_named(self, asg: Scene) -> None:
        shown = (await asg.step(revoke_role).plan()).show()
        assert any(asg.seeded.bystander in broken for broken in shown.breaks)
        assert any("ec2.amazonaws.com" in broken for broken in shown.breaks)
        assert "the moment of execution" in shown.changes[0].after


def test_revoking_a_whole_role_is_drastic_and_never_recommended_by_itself() -> None:
    assert revoke_role.risk is Risk.DRASTIC
    assert revoke_role.name not in CONTAIN


@pytest.mark.parametrize(
    "text", ["2026-03-02T12:00:00", "2026-03-02T12:00:00+08:00", "2026-03-02", "soon", ""]
)
def test_a_cutoff_that_does_not_say_utc_is_none(text: str) -> None:
    assert moment(text) is None


def test_a_cutoff_in_utc_is_read() -> None:
    assert moment("2026-03-02T12:00:00Z") == datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_policy_is_read_url_encoded_or_not() -> None:
    wanted = policy_before("2026-03-02T12:00:00Z")
    assert roles.document(quote(json.dumps(wanted))) == wanted
    assert roles.document(wanted) == wanted


def test_a_document_with_one_thing_more_is_not_ours() -> None:
    wanted = policy_before("2026-03-02T12:00:00Z")
    assert cutoff_of({**wanted, "Statement": [*wanted["Statement"], ANYTHING]}) is None


def test_the_hash_leaves_out_what_aws_reissues_and_who_else_comes_and_goes() -> None:
    target = Target(
        account="111111111111", region="eu-west-1", instance="i-0123456789abcdef0", incident="inc-7"
    )
    plan = SessionDenial(
        target=target,
        role="r",
        role_path="/",
        role_id="AROA1",
        profile="p",
        profile_arn="arn:aws:iam::111111111111:instance-profile/p",
        association="iip-assoc-1",
        siblings=("i-1",),
    )
    assert load(SessionDenial, dump(plan)) == plan
    later = replace(plan, association="iip-assoc-2", siblings=("i-1", "i-2"))
    assert fingerprint(later) == fingerprint(plan)
    assert fingerprint(replace(plan, role_id="AROA2")) != fingerprint(plan)
