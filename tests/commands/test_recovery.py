"""When an incident counts as recovered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands import progress
from commands.progress import Looked
from playbook.environment import Environment
from playbook.timeline import Event
from tests.commands.conftest import PROVED, Room
from tests.fakes.people import BO
from tests.storage.values import OTHER, WEB

pytestmark = pytest.mark.slow


async def carried(room: Room, incident: str, *actions: str) -> None:
    plan = await room.propose(incident, *actions)
    await room.approve(plan, BO)
    await room.carry(plan.id, dict.fromkeys(actions, PROVED))


async def recovered(room: Room, incident: str) -> list[str]:
    return [e.words for e in await room.timeline(incident) if e.event is Event.RECOVERED]


async def test_a_balanced_instance_is_recovered_when_its_replacement_is_registered(room: Room) -> None:
    room.cloud.tag(WEB, Environment.PRODUCTION, target_groups=("web",))
    incident = await room.finding()
    await carried(room, incident, "replace")
    assert await recovered(room, incident) == []

    room.clock.advance(90)
    await carried(room, incident, "register")
    assert len(await recovered(room, incident)) == 1
    assert "serves, 1 min 30 s after the incident opened" in (await recovered(room, incident))[0]

    await carried(room, incident, "register")
    assert len(await recovered(room, incident)) == 1


async def test_one_that_nothing_balances_is_recovered_when_it_is_replaced(room: Room) -> None:
    incident = await room.finding()
    await carried(room, incident, "replace")
    assert len(await recovered(room, incident)) == 1


async def test_recovery_starts_the_watch_of_the_instance_and_of_its_replacement(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, "replace")
    await room.approve(plan, BO)
    mine = await room.take(plan.id)
    look = Looked(action="replace", proof=PROVED, observed={"made": [OTHER]})
    await progress.proved(room.desk, mine, [look])
    async with room.store.begin() as unit:
        watches = await unit.watches.of(incident)
    assert {(w.target.instance, w.replaces) for w in watches} == {(WEB, ""), (OTHER, WEB)}
    assert {w.until - w.began for w in watches} == {timedelta(hours=72)}
    assert any("17 looks each" in e.words for e in await room.timeline(incident))


async def test_a_replacement_that_failed_recovers_nothing(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, "replace")
    await room.approve(plan, BO)
    await room.carry(plan.id, {"replace": "AWS said no"})
    assert await recovered(room, incident) == []
