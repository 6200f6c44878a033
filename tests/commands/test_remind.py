"""Reminders of unfinished rows: one line every few hours, while an incident is contained and not closed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from commands.checklist import assign, tick
from commands.close import close
from commands.remind import arrange, fire
from playbook.checklist import Said
from playbook.people import Door
from playbook.rows import CHECKLIST
from playbook.slot import Alarm, Slot
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO

pytestmark = pytest.mark.slow


async def due(room: Room, hours: float = 0) -> list[Slot]:
    """What the engine takes when so many hours have passed."""
    room.clock.advance(hours * 3600)
    async with room.store.begin() as unit:
        return [s for s in await unit.slots.claim(room.clock(), 100) if s.alarm is Alarm.REMINDER]


async def reminded(room: Room, hours: float) -> list[str]:
    """What the channel is reminded of while so many hours pass with the bot up."""
    await room.told()
    end = room.clock() + timedelta(hours=hours)
    while room.clock() < end:
        for slot in await due(room, 0.5):
            await fire(room.desk, slot)
    return [words for words in await room.news() if words.startswith("Unfinished")]


async def test_the_phases_are_named_with_their_open_rows(room: Room) -> None:
    await room.contained()
    (said,) = await reminded(room, 8)
    assert "Forensics 6 (F1, F2, F3, F4, F5, F6)" in said
    assert "Eradicate 6 (E1, E2, E3, E4, E5, E6); Recover 7 (" in said
    assert "If cryptomining" not in said
    assert "late" not in said


async def test_it_comes_every_eight_hours_until_the_incident_is_closed(room: Room) -> None:
    incident, _ = await room.contained()
    assert len(await reminded(room, 25)) == 3
    await close(room.desk, incident, "all is well again", by=ANA, door=Door.CHAT)
    assert await reminded(room, 40) == []
    assert await due(room, 1000) == []


async def test_before_containment_nobody_is_reminded(room: Room) -> None:
    await room.quiet()
    assert await reminded(room, 30) == []


async def test_those_to_whom_rows_were_given_are_mentioned(room: Room) -> None:
    incident, _ = await room.contained()
    for row, who in (("F3", BO), ("F4", BO), ("E5", ANA)):
        await assign(room.desk, incident, row, who, by=ANA, door=Door.CHAT)
    await tick(room.desk, incident, "E5", Said.DONE, by=ANA, door=Door.CHAT)
    await room.told()
    (slot,) = await due(room, 8)
    await fire(room.desk, slot)

    (news,) = [m for m in await room.told() if m.body.get("event") == Event.REMINDED]
    assert news.body["ping"] == [BO.id]
    assert str(news.body["words"]).endswith("Assigned: F3, F4")


async def test_when_everything_is_settled_there_is_silence(room: Room) -> None:
    incident, _ = await room.contained()
    for row in CHECKLIST:
        await tick(room.desk, incident, row.id, Said.NOT_APPLICABLE, by=ANA, door=Door.CHAT)
    assert await reminded(room, 9) == []
    await tick(room.desk, incident, "F3", Said.OPEN, by=ANA, door=Door.CHAT)
    assert await reminded(room, 8) == ["Unfinished in the checklist: Forensics 1 (F3)"]


async def test_after_downtime_the_last_one_is_told_once_and_says_how_late(room: Room) -> None:
    incident, _ = await room.contained()
    await room.told()
    room.clock.advance(26 * 3600)
    async with room.store.begin() as unit:  # another step ended meanwhile, and set the next one
        await arrange(unit, incident, room.desk.policy.reminders, room.clock())
    (slot,) = await due(room)
    await fire(room.desk, slot)
    (said,) = [words for words in await room.news() if words.startswith("Unfinished")]
    assert said.endswith("This reminder is 2 h 0 min late")
    assert len(await reminded(room, 8)) == 1


async def test_three_replicas_at_once_remind_once(busy_room: Room) -> None:
    room = busy_room
    incident, _ = await room.contained()
    (slot,) = await due(room, 8)
    await asyncio.gather(*(fire(room.desk, slot) for _ in range(3)))
    assert [e.event for e in await room.timeline(incident)].count(Event.REMINDED) == 1
    assert len(await due(room, 8)) == 1


async def test_a_containment_that_was_undone_begins_anew(room: Room) -> None:
    incident, _ = await room.contained()
    room.clock.advance(3600)
    async with room.store.begin() as unit:
        await unit.incidents.unmark_contained(incident)
        room.clock.advance(3600)
        await unit.incidents.mark_contained(incident, room.clock())
        await arrange(unit, incident, room.desk.policy.reminders, room.clock())
    assert await reminded(room, 7.5) == []
    assert len(await reminded(room, 0.5)) == 1
