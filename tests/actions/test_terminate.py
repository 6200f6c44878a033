from __future__ import annotations

import pytest

from actions.protect import protect
from actions.snapshot import snapshot
from actions.terminate import Termination, terminate
from playbook.errors import DoesNotApply, Drift
from playbook.proof import Rung
from tests.actions.knowing import knowing
from tests.actions.scene import Scene, Step

pytestmark = pytest.mark.emulator


async def with_evidence(scene: Scene) -> Step[Termination]:
    """Protected by us, all volumes snapshotted, memory decided."""
    await scene.step(protect).execute()
    await scene.step(snapshot).execute()
    return knowing(scene, settled=("C0", "C6")).step(terminate)


@pytest.mark.row("E1")
async def test_it_ends_for_good_and_says_so_on_the_way(asg: Scene) -> None:
    asg.box.controls.delays(instance=30)
    step = await with_evidence(asg)
    plan = await step.execute()
    assert plan.protected
    assert {d.volume for d in plan.disks} == set(asg.seeded.web_volumes)
    proof = await step.verify()
    assert (proof.rung, proof.says) == (Rung.CONFIGURED, ("the instance is shutting-down",))
    asg.clock.advance(31)
    assert (await step.verify()).rung is Rung.PROVED


async def test_without_a_decision_about_memory_nothing_ends(asg: Scene) -> None:
    await asg.step(snapshot).execute()
    with pytest.raises(DoesNotApply, match="C6"):
        await asg.step(terminate).plan()


async def test_a_volume_without_a_snapshot_of_this_incident_keeps_it_alive(asg: Scene) -> None:
    with pytest.raises(DoesNotApply, match="no snapshot of this incident is completed and locked"):
        await knowing(asg, settled=("C6",)).step(terminate).plan()


async def test_a_pending_snapshot_is_waited_for(asg: Scene) -> None:
    asg.box.controls.delays(snapshot=600)
    await asg.step(snapshot).execute()
    with pytest.raises(DoesNotApply, match="wait until it has completed"):
        await knowing(asg, settled=("C6",)).step(terminate).plan()


async def test_a_snapshot_that_anybody_could_delete_is_none(asg: Scene) -> None:
    await asg.step(snapshot).execute()
    ec2 = asg.client("ec2")
    mine = [{"Name": "volume-id", "Values": [asg.seeded.web_volumes[0]]}]
    lost = ec2.describe_snapshots(OwnerIds=["self"], Filters=mine)["Snapshots"][0]
    ec2.unlock_snapshot(SnapshotId=lost["SnapshotId"])
    with pytest.raises(DoesNotApply, match=lost["VolumeId"]):
        await knowing(asg, settled=("C6",)).step(terminate).plan()


async def test_protection_of_somebody_else_is_respected(asg: Scene) -> None:
    await asg.step(snapshot).execute()
    modify = asg.client("ec2").modify_instance_attribute
    modify(InstanceId=asg.seeded.web, DisableApiTermination={"Value": True})
    with pytest.raises(DoesNotApply, match="not this incident that turned it on"):
        await knowing(asg, settled=("C6",)).step(terminate).plan()


async def test_stop_protection_is_somebody_elses_too(asg: Scene) -> None:
    step = await with_evidence(asg)
    modify = asg.client("ec2").modify_instance_attribute
    modify(InstanceId=asg.seeded.web, DisableApiStop={"Value": True})
    with pytest.raises(DoesNotApply, match="Stop protection is on"):
        await step.plan()


async def test_a_volume_that_came_since_the_plan_stops_it(asg: Scene) -> None:
    step = await with_evidence(asg)
    await step.plan()
    ec2 = asg.client("ec2")
    zone = ec2.describe_volumes(VolumeIds=[asg.seeded.web_volumes[0]])["Volumes"][0]["AvailabilityZone"]
    volume = ec2.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=asg.seeded.web, Device="/dev/sdz")
    with pytest.raises(Drift, match=volume):
        await step.execute()
    assert (await step.verify()).rung is Rung.ABSENT


async def test_the_plan_says_what_is_lost_and_what_the_group_does(asg: Scene) -> None:
    shown = (await (await with_evidence(asg)).plan()).show()
    assert shown.warnings[0] == "This can't be undone."
    assert any("Auto Scaling group web" in kept and "launches a replacement" in kept for kept in shown.keeps)
    assert shown.undo.startswith("no")
