"""GuardDuty: turned on where it is off, and given back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from actions.guardduty import guardduty
from playbook.errors import DoesNotApply, Drift
from playbook.proof import Rung
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def detectors(scene: Scene) -> dict[str, str]:
    client: Any = scene.client("guardduty")
    ids = client.list_detectors()["DetectorIds"]
    return {i: client.get_detector(DetectorId=i)["Status"] for i in ids}


def none(scene: Scene) -> None:
    for detector in detectors(scene):
        scene.client("guardduty").delete_detector(DetectorId=detector)


async def test_where_it_is_on_there_is_nothing_to_do(asg: Scene) -> None:
    with pytest.raises(DoesNotApply, match="is on in ap-southeast-1"):
        await asg.step(guardduty).plan()


@pytest.mark.row("R5")
async def test_a_detector_of_our_own_is_made_and_deleted(asg: Scene) -> None:
    none(asg)
    step = asg.step(guardduty)
    plan = await step.execute()
    assert "costs money" in plan.show().warnings[0]
    assert list(detectors(asg).values()) == ["ENABLED"]
    assert (await step.verify()).rung is Rung.PROVED
    await step.undo()
    assert detectors(asg) == {}


async def test_a_suspended_detector_is_taken_up_and_suspended_again(asg: Scene) -> None:
    (detector,) = detectors(asg)
    asg.client("guardduty").update_detector(DetectorId=detector, Enable=False)
    step = asg.step(guardduty)
    plan = await step.execute()
    assert "perhaps on purpose" in " ".join(plan.show().warnings)
    assert detectors(asg) == {detector: "ENABLED"}
    await step.undo()
    assert detectors(asg) == {detector: "DISABLED"}


async def test_one_that_somebody_else_made_meanwhile_is_enough_and_is_not_deleted(asg: Scene) -> None:
    none(asg)
    step = asg.step(guardduty)
    await step.plan()
    theirs = asg.client("guardduty").create_detector(Enable=True)["DetectorId"]
    await step.execute()
    assert (await step.verify()).rung is Rung.PROVED
    with pytest.raises(Drift, match="not made by this step"):
        await step.undo()
    assert detectors(asg) == {theirs: "ENABLED"}
