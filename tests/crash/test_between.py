"""Killed between two commits, where nothing was called at that moment, and while everything was down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbook.timeline import Event
from tests.crash.judge import judge
from tests.crash.scene import Scene
from tests.crash.worker import AtCommit

pytestmark = pytest.mark.process


async def test_an_approved_run_begins_although_whoever_took_the_approval_died(scene: Scene) -> None:
    doomed = await scene.start(AtCommit(table="runs"))
    await scene.finding()
    await scene.approve()
    await doomed.killed()
    assert await scene.writes() == []

    await scene.run()

    await judge(scene)


async def test_a_finding_that_was_stored_and_not_deleted_makes_one_incident(scene: Scene) -> None:
    doomed = await scene.start(AtCommit(table="findings"))
    await scene.finding()
    await doomed.killed()

    await scene.run()
    await scene.deliver_again()
    await scene.deliver()

    await scene.approve()
    await judge(scene)
    assert [e.event for e in await scene.timeline()].count(Event.FINDING) == 1


async def test_a_timer_that_came_due_while_everything_was_down_fires_once(scene: Scene) -> None:
    living = await scene.run()
    await scene.finding()
    await scene.plan_posted()
    await scene.quiet()
    await living.kill()

    for minutes in (31, 62):
        life = await scene.run(ahead=timedelta(minutes=minutes))
        await scene.until(lambda b: not b.pending)
        await scene.has_happened(Event.EXPIRED)
        await scene.quiet()
        await life.kill()

    assert [e.event for e in await scene.timeline()].count(Event.EXPIRED) == 1
    assert await scene.writes() == []


async def test_a_run_goes_on_after_a_polite_stop(scene: Scene) -> None:
    """A new version is rolled out in the middle of a run."""
    stopping = await scene.run()
    await scene.finding()
    await scene.approve()
    await scene.has_happened(Event.STARTED)
    await stopping.stop()

    await scene.run()

    await judge(scene)
