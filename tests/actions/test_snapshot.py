from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from actions.instance import local_disks
from actions.run import Run
from actions.snapshot import SnapshotSet, Volume, snapshot
from aws.errors import Ambiguous, AwsRefused
from playbook.errors import DoesNotApply
from playbook.proof import Rung
from tests.actions.scene import Scene
from tests.fakes.gate import OpenGate
from tests.fakes.journal import MemoryJournal

pytestmark = pytest.mark.emulator


def taken(scene: Scene) -> list[dict[str, Any]]:
    return scene.evidence()


def tags(snapshot: dict[str, Any]) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in snapshot["Tags"]}


@pytest.mark.row("C1")
async def test_every_volume_is_snapshotted_at_once_marked_and_locked(asg: Scene) -> None:
    await asg.step(snapshot).execute()

    assert {s["VolumeId"] for s in taken(asg)} == set(asg.seeded.web_volumes)
    for one in taken(asg):
        marks = tags(one)
        assert marks["ec2ir:run"] == "run-1"
        assert marks["ec2ir:incident"] == "inc-7"
        assert marks["ec2ir:instance"] == asg.seeded.web
        assert marks["ec2ir:volume"] == one["VolumeId"]
        assert marks["ec2ir:device"].startswith("/dev/")
    locks = asg.client("ec2").describe_locked_snapshots()["Snapshots"]
    assert [(lock["LockState"], lock["LockDuration"]) for lock in locks] == [("governance", 30)] * 3


async def test_those_that_wait_go_on_before_the_locks_are_set(asg: Scene) -> None:
    gate = OpenGate()
    opened_at_lock: list[bool] = []

    def note(**_: object) -> None:
        opened_at_lock.append(gate.opened)

    asg.aws.ec2.meta.events.register_first("before-send.ec2.LockSnapshot", note)
    run = Run(
        id="run-1",
        incident="inc-7",
        aws=asg.aws,
        clock=asg.clock,
        journal=MemoryJournal(),
        gate=gate,
        pause=asg.clock.pause,
    )
    await asg.step(snapshot).execute(run)
    assert opened_at_lock == [True] * 3


async def test_an_answer_that_is_lost_leads_to_no_second_set(asg: Scene) -> None:
    def lose(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://ec2")

    asg.aws.ec2_once.meta.events.register_last("after-call.ec2.CreateSnapshots", lose)
    await asg.step(snapshot).execute()
    assert len(taken(asg)) == 3


async def test_a_request_that_never_arrived_is_an_unclear_end_and_can_be_retried(asg: Scene) -> None:
    def cut(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://ec2")

    events = asg.aws.ec2_once.meta.events
    events.register_first("before-send.ec2.CreateSnapshots", cut)
    step, intents = asg.step(snapshot), set[str]()
    with pytest.raises(Ambiguous):
        await step.execute(asg.run(intents=intents))
    assert taken(asg) == []
    assert asg.clock.paused == [0.5, 1.0, 2.0]

    events.unregister("before-send.ec2.CreateSnapshots", cut)
    await step.execute(asg.run(intents=intents))
    assert len(taken(asg)) == 3


async def test_the_proof_waits_for_completion(asg: Scene) -> None:
    asg.box.controls.delays(snapshot=90)
    step = asg.step(snapshot)
    await step.execute()

    proof = await step.verify()
    assert proof.rung is Rung.CONFIGURED
    assert proof.waits.startswith("completion of 3 snapshots")
    assert proof.again is not None

    asg.clock.advance(91)
    assert (await step.verify()).rung is Rung.PROVED


async def test_a_snapshot_that_ends_in_error_contradicts_the_step(asg: Scene) -> None:
    asg.box.controls.fail_snapshots(asg.seeded.web_volumes[0])
    step = asg.step(snapshot)
    await step.execute()
    proof = await step.verify()
    assert proof.rung is Rung.CONTRADICTED
    assert any("ended in error" in words for words in proof.says)


async def test_a_second_set_of_the_same_run_is_noticed(asg: Scene) -> None:
    step = asg.step(snapshot)
    await step.execute()
    await step.execute(asg.run(intents=set()))
    proof = await step.verify()
    assert proof.rung is Rung.CONTRADICTED
    assert any("more than once" in words for words in proof.says)


async def test_a_lock_that_somebody_took_off_is_missed(asg: Scene) -> None:
    step = asg.step(snapshot)
    await step.execute()
    asg.client("ec2").unlock_snapshot(SnapshotId=taken(asg)[0]["SnapshotId"])
    proof = await step.verify()
    assert proof.rung is Rung.APPLIED
    assert "3 completed, 2 locked" in proof.says


async def test_an_earlier_set_of_the_incident_proves_nothing_about_this_one(asg: Scene) -> None:
    await asg.step(snapshot).execute(asg.run(id="run-0"))
    step = asg.step(snapshot)
    plan = await step.plan()
    assert len(plan.earlier) == 3
    assert (await step.verify(applied=False)).rung is Rung.ABSENT
    await step.execute()
    assert (await step.verify()).rung is Rung.PROVED


def plan_of(scene: Scene, *, local: str = "", shareable: bool | None = True) -> SnapshotSet:
    volume = Volume(id="vol-1", device="/dev/xvda", size=8, encrypted=True, shareable=shareable)
    return SnapshotSet(target=scene.target, volumes=(volume,), local=local, earlier=())


def test_the_plan_warns_of_what_snapshots_do_not_hold(asg: Scene) -> None:
    stored = plan_of(asg, local="75 GB of instance store").show().warnings
    assert stored == (
        "75 GB of instance store is not covered by snapshots, and is lost when the instance stops.",
    )
    assert "copied to a key of your own" in plan_of(asg, shareable=False).show().warnings[0]
    assert "can't look at" in plan_of(asg, shareable=None).show().warnings[0]
    assert plan_of(asg).show().warnings == ()


async def test_instance_store_is_read_from_the_instance_type(asg: Scene) -> None:
    assert await local_disks(asg.aws, "m5d.large") == "75 GB of instance store"
    assert await local_disks(asg.aws, "c5.large") == ""


async def test_a_terminated_instance_has_nothing_to_snapshot(asg: Scene) -> None:
    asg.client("ec2").terminate_instances(InstanceIds=[asg.seeded.web])
    with pytest.raises(DoesNotApply, match="is terminated"):
        await asg.step(snapshot).plan()


async def test_a_refused_lock_fails_the_step_but_keeps_the_snapshots(asg: Scene) -> None:
    def deny(**_: object) -> None:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "LockSnapshot")

    asg.aws.ec2.meta.events.register_first("before-send.ec2.LockSnapshot", deny)
    with pytest.raises(AwsRefused, match="LockSnapshot"):
        await asg.step(snapshot).execute()
    assert len(taken(asg)) == 3
