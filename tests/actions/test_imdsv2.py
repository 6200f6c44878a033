"""IMDSv2: who would break is counted first, and the proof waits for the host."""

from __future__ import annotations

import pytest

from actions.imdsv2 import imdsv2
from playbook.errors import DoesNotApply, Drift
from playbook.proof import Rung
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def change(scene: Scene, **options: object) -> None:
    scene.client("ec2").modify_instance_metadata_options(InstanceId=scene.seeded.web, **options)


async def test_callers_of_the_old_way_are_counted(asg: Scene) -> None:
    asg.box.controls.tokenless(asg.seeded.web, 1)
    shown = (await asg.step(imdsv2).plan()).show()
    assert any("20160 calls were made without a token in the last 14 days" in w for w in shown.warnings)
    assert shown.breaks


async def test_nobody_calls_the_old_way(asg: Scene) -> None:
    shown = (await asg.step(imdsv2).plan()).show()
    assert "no call was made without a token in the last 14 days" in shown.notes
    assert not shown.breaks


@pytest.mark.row("R6")
async def test_the_proof_waits_for_the_host(asg: Scene) -> None:
    asg.box.controls.delays(metadata=20)
    step = asg.step(imdsv2)
    await step.execute()
    assert (await step.verify()).rung is Rung.CONFIGURED
    asg.clock.advance(20)
    assert (await step.verify()).rung is Rung.PROVED


async def test_containers_are_warned_of(asg: Scene) -> None:
    assert any("one hop" in w for w in (await asg.step(imdsv2).plan()).show().warnings)
    change(asg, HttpPutResponseHopLimit=2)
    assert not any("one hop" in w for w in (await asg.step(imdsv2).plan()).show().warnings)


@pytest.mark.parametrize(
    ("options", "why"),
    [({"HttpTokens": "required"}, "already"), ({"HttpEndpoint": "disabled"}, "is off")],
)
async def test_nothing_to_do(asg: Scene, options: dict[str, str], why: str) -> None:
    change(asg, **options)
    with pytest.raises(DoesNotApply, match=why):
        await asg.step(imdsv2).plan()


async def test_undo_leaves_options_that_somebody_else_set(asg: Scene) -> None:
    step = asg.step(imdsv2)
    await step.execute()
    change(asg, HttpPutResponseHopLimit=2)
    with pytest.raises(Drift, match="changed since"):
        await step.undo()
