from __future__ import annotations

from typing import Any

import pytest

from actions.deactivate_keys import deactivate_keys
from playbook.errors import DoesNotApply, Drift
from playbook.proof import Rung
from tests.actions.knowing import knowing
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def user(scene: Scene, name: str = "build", keys: int = 2) -> list[str]:
    iam = scene.client("iam")
    iam.create_user(UserName=name)
    return [iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"] for _ in range(keys)]


def statuses(scene: Scene, name: str = "build") -> dict[str, str]:
    found: Any = scene.client("iam").list_access_keys(UserName=name)
    return {k["AccessKeyId"]: k["Status"] for k in found["AccessKeyMetadata"]}


@pytest.mark.row("E3")
async def test_a_key_that_gave_the_attacker_away_is_deactivated_and_given_back(asg: Scene) -> None:
    bad, good = user(asg)
    step = knowing(asg, ("access_key", bad)).step(deactivate_keys)
    await step.execute()
    assert statuses(asg) == {bad: "Inactive", good: "Active"}
    assert (await step.verify()).rung is Rung.PROVED
    await step.undo()
    assert statuses(asg) == {bad: "Active", good: "Active"}


async def test_of_a_user_behind_the_attack_all_keys_go(asg: Scene) -> None:
    user(asg)
    arn = f"arn:aws:iam::{asg.seeded.account}:user/build"
    await knowing(asg, ("identity", arn)).step(deactivate_keys).execute()
    assert set(statuses(asg).values()) == {"Inactive"}


async def test_what_can_not_be_deactivated_is_said(asg: Scene) -> None:
    bad, _ = user(asg)
    known = (
        ("access_key", bad),
        ("access_key", "ASIAQQQQQQQQQQQQQQQQ"),
        ("access_key", "AKIAQQQQQQQQQQQQQQQQ"),
        ("identity", "arn:aws:iam::999999999999:user/other"),
    )
    plan = await knowing(asg, *known).step(deactivate_keys).plan()
    said = " ".join(plan.show().warnings)
    assert "ASIAQQQQQQQQQQQQQQQQ is temporary" in said
    assert "AKIAQQQQQQQQQQQQQQQQ is no key of an IAM user of this account" in said
    assert "999999999999" in said
    assert "never used" in plan.show().changes[0].before


async def test_without_a_lasting_key_there_is_nothing_to_do(asg: Scene) -> None:
    with pytest.raises(DoesNotApply, match="revoke-role ends the sessions"):
        await knowing(asg, ("access_key", "ASIAQQQQQQQQQQQQQQQQ")).step(deactivate_keys).plan()


async def test_a_deleted_key_is_not_given_back(asg: Scene) -> None:
    bad, _ = user(asg)
    step = knowing(asg, ("access_key", bad)).step(deactivate_keys)
    await step.execute()
    asg.client("iam").delete_access_key(UserName="build", AccessKeyId=bad)
    with pytest.raises(Drift, match="was deleted since"):
        await step.undo()
