from __future__ import annotations

import pytest

from actions.instance import UNKNOWN
from actions.stop import Stopping, stop
from playbook.errors import DoesNotApply, Drift, StepFailed
from playbook.proof import Rung
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def state(scene: Scene) -> str:
    found = scene.client("ec2").describe_instances(InstanceIds=[scene.seeded.web])
    return found["Reservations"][0]["Instances"][0]["State"]["Name"]


@pytest.mark.row("D1")
async def test_the_machine_stops_and_starts_again(asg: Scene) -> None:
    asg.box.controls.delays(instance=30)
    step = asg.step(stop)
    await step.execute()
    proof = await step.verify()
    assert (proof.rung, proof.says) == (Rung.CONFIGURED, ("the instance is stopping",))
    assert proof.again is not None

    asg.clock.advance(31)
    asg.box.controls.tick()
    assert (await step.verify()).rung is Rung.PROVED

    await step.undo()
    assert state(asg) == "pending"
    asg.clock.advance(31)
    assert state(asg) == "running"


async def test_an_instance_that_is_still_stopping_is_not_started_yet(asg: Scene) -> None:
    asg.box.controls.delays(instance=600)
    step = asg.step(stop)
    await step.execute()
    with pytest.raises(StepFailed, match="still stopping"):
        await step.undo()
    assert sum(asg.clock.paused) == 15.5


async def test_stop_protection_is_respected(asg: Scene) -> None:
    modify = asg.client("ec2").modify_instance_attribute
    modify(InstanceId=asg.seeded.web, DisableApiStop={"Value": True})
    with pytest.raises(DoesNotApply, match="Stop protection is on"):
        await asg.step(stop).plan()


async def test_a_stopped_instance_needs_no_stop(asg: Scene) -> None:
    await asg.step(stop).execute()
    with pytest.raises(DoesNotApply, match="is stopped already"):
        await asg.step(stop).plan()


async def test_an_instance_that_was_terminated_can_not_be_started(asg: Scene) -> None:
    step = asg.step(stop)
    await step.execute()
    asg.client("ec2").terminate_instances(InstanceIds=[asg.seeded.web])
    assert (await step.verify()).rung is Rung.CONTRADICTED
    with pytest.raises(Drift, match="was terminated since"):
        await step.undo()


def test_the_plan_says_what_is_lost(asg: Scene) -> None:
    plan = Stopping(
        target=asg.target,
        local="75 GB of instance store",
        spot=True,
        group="web",
        addresses=("203.0.113.9",),
    )
    said = " ".join(plan.show().warnings)
    assert "Memory is lost" in said
    assert "75 GB of instance store is lost" in said
    assert "203.0.113.9 is given back to AWS" in said
    assert "Auto Scaling group web takes a stopped instance for a broken one" in said
    assert "only while its request is persistent" in said


def test_where_aws_does_not_say_what_is_lost_the_plan_says_that(asg: Scene) -> None:
    plan = Stopping(target=asg.target, local=UNKNOWN, spot=False, group="", addresses=())
    assert "AWS does not say whether it has instance store" in plan.show().warnings[1]
