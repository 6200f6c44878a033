from __future__ import annotations

from typing import Any

import pytest

from actions.protect import protect
from playbook.errors import DoesNotApply, Drift
from playbook.proof import Rung
from tests.actions.scene import Scene, scene

pytestmark = pytest.mark.emulator


def attribute(scene: Scene, name: str, member: str) -> Any:
    answer = scene.client("ec2").describe_instance_attribute(InstanceId=scene.seeded.web, Attribute=name)
    return answer[member]["Value"]


def deleted_with_it(scene: Scene) -> list[bool]:
    found = scene.client("ec2").describe_volumes(VolumeIds=list(scene.seeded.web_volumes))["Volumes"]
    return [v["Attachments"][0]["DeleteOnTermination"] for v in found]


async def test_machine_and_disks_survive_a_termination_by_accident(asg: Scene) -> None:
    modify = asg.client("ec2").modify_instance_attribute
    modify(InstanceId=asg.seeded.web, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    step = asg.step(protect)
    plan = await step.execute()

    assert attribute(asg, "disableApiTermination", "DisableApiTermination") is True
    assert attribute(asg, "instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior") == "stop"
    assert deleted_with_it(asg) == [False] * 3
    assert plan.show().calls == ("3 × ModifyInstanceAttribute",)
    assert "Auto Scaling group web may terminate it all the same" in plan.show().keeps[0]

    await step.undo()
    assert attribute(asg, "disableApiTermination", "DisableApiTermination") is False
    assert (
        attribute(asg, "instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior")
        == "terminate"
    )
    assert deleted_with_it(asg) == [True, False, False]


async def test_spot_refuses_the_lock_so_the_plan_says_so_and_leaves_it_out() -> None:
    with scene(variant="spot") as spot:
        step = spot.step(protect)
        plan = await step.execute()
        assert [c.subject for c in plan.show().changes] == [f"{spot.seeded.web_volumes[0]} (/dev/sda1)"]
        assert "Spot refuses termination protection" in plan.show().warnings[0]
        assert (await step.verify()).rung is Rung.PROVED


async def test_what_was_protected_before_stays_so_after_the_undo(asg: Scene) -> None:
    modify = asg.client("ec2").modify_instance_attribute
    modify(InstanceId=asg.seeded.web, DisableApiTermination={"Value": True})
    step = asg.step(protect)
    await step.execute()
    await step.undo()
    assert attribute(asg, "disableApiTermination", "DisableApiTermination") is True


async def test_nothing_to_do_where_everything_is_protected(asg: Scene) -> None:
    await asg.step(protect).execute()
    with pytest.raises(DoesNotApply, match="protected already"):
        await asg.step(protect).plan()


async def test_another_volume_under_the_same_name_is_not_put_at_risk(asg: Scene) -> None:
    step = asg.step(protect)
    await step.execute()
    ec2, root = asg.client("ec2"), asg.seeded.web_volumes[0]
    ec2.detach_volume(VolumeId=root, InstanceId=asg.seeded.web)
    with pytest.raises(Drift, match=root):
        await step.undo()


async def test_a_terminated_instance_contradicts_the_protection(asg: Scene) -> None:
    step = asg.step(protect)
    await step.execute()
    ec2 = asg.client("ec2")
    ec2.modify_instance_attribute(InstanceId=asg.seeded.web, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[asg.seeded.web])
    assert (await step.verify()).rung is Rung.CONTRADICTED
    with pytest.raises(Drift, match="was terminated since"):
        await step.undo()
