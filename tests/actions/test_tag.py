from __future__ import annotations

import pytest

from actions.snapshot import snapshot
from actions.tag import tag
from playbook.errors import DoesNotApply, Drift
from playbook.proof import Rung
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator

OURS = {"Status": "Compromised", "ec2ir:incident": "inc-7"}


def tags(scene: Scene, resource: str) -> dict[str, str]:
    wanted = [{"Name": "resource-id", "Values": [resource]}]
    return {t["Key"]: t["Value"] for t in scene.client("ec2").describe_tags(Filters=wanted)["Tags"]}


def write(scene: Scene, resource: str, value: str) -> None:
    scene.client("ec2").create_tags(Resources=[resource], Tags=[{"Key": "Status", "Value": value}])


@pytest.mark.row("C5")
async def test_the_instance_and_all_that_belongs_to_it_is_tagged(asg: Scene) -> None:
    await asg.step(snapshot).execute()
    evidence = [s["SnapshotId"] for s in asg.evidence()]
    step = asg.step(tag)
    await step.execute()

    seeded = asg.seeded
    assert len(evidence) == len(seeded.web_volumes)
    for resource in (seeded.web, *seeded.web_volumes, *seeded.web_interfaces, *evidence):
        assert tags(asg, resource).items() >= OURS.items()
    assert "Status" not in tags(asg, seeded.bystander)
    assert (await step.verify()).rung is Rung.PROVED


async def test_undo_leaves_evidence_as_it_was_tagged(asg: Scene) -> None:
    step = asg.step(tag)
    await step.plan()
    await asg.step(snapshot).execute()
    await step.execute()
    await step.undo()

    evidence = [s["SnapshotId"] for s in asg.evidence()]
    assert all(tags(asg, s).items() >= OURS.items() for s in evidence)
    assert await asg.step(tag).plan() == step.made[0]


async def test_undo_restores_old_values_and_takes_away_what_was_not_there(asg: Scene) -> None:
    write(asg, asg.seeded.web, "In review")
    before = {r: tags(asg, r) for r in (asg.seeded.web, *asg.seeded.web_volumes, *asg.seeded.web_interfaces)}
    step = asg.step(tag)
    plan = await step.execute()
    assert "Status=In review" in plan.show().changes[0].before
    await step.undo()
    assert {r: tags(asg, r) for r in before} == before


async def test_undo_refuses_to_overwrite_a_newer_value(asg: Scene) -> None:
    step = asg.step(tag)
    await step.execute()
    write(asg, asg.seeded.web, "Clean")
    proof = await step.verify()
    assert proof.rung is Rung.APPLIED
    assert any(asg.seeded.web in words for words in proof.says)
    with pytest.raises(Drift, match="Status=Clean"):
        await step.undo()
    assert tags(asg, asg.seeded.web_volumes[0]).items() >= OURS.items()


async def test_undo_leaves_alone_what_somebody_put_back_already(asg: Scene) -> None:
    step = asg.step(tag)
    await step.execute()
    asg.client("ec2").delete_tags(Resources=[asg.seeded.web], Tags=[{"Key": "Status"}])
    await step.undo()
    assert "ec2ir:incident" not in tags(asg, asg.seeded.web)


async def test_nothing_to_do_where_everything_is_tagged(asg: Scene) -> None:
    await asg.step(tag).execute()
    with pytest.raises(DoesNotApply, match="already"):
        await asg.step(tag).plan()
