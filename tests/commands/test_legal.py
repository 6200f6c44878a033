"""Legal clocks, as people start and end them, and as the clock reminds of them."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from commands.close import close
from commands.legal import ALL, declare_aware, fire, notified
from playbook.errors import BadInput, NotAllowed, Refused
from playbook.legal import THAILAND, Jurisdiction, LegalClock
from playbook.people import Door, Person
from playbook.policy import Contact, Escalating, Policy
from playbook.slot import Alarm, Slot
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO, DEE

pytestmark = pytest.mark.slow


SINGAPORE = Jurisdiction(
    name="sg-pdpa", title="Singapore PDPA", authority="PDPC", days=3, zone="Asia/Singapore", ping=("S0LEGAL",)
)
TWO = Policy(legal=(THAILAND, SINGAPORE))


def under(room: Room, policy: Policy) -> Room:
    return dataclasses.replace(room, desk=dataclasses.replace(room.desk, policy=policy))


async def aware(
    room: Room, incident: str, name: str = "", *, ago: float | None = None, by: Person = ANA
) -> LegalClock:
    at = None if ago is None else room.clock() - timedelta(hours=ago)
    return (await declare_aware(room.desk, incident, name, at, by=by, door=Door.CHAT))[0]


async def due(room: Room) -> list[Slot]:
    async with room.store.begin() as unit:
        return [s for s in await unit.slots.due(room.clock()) if s.alarm is Alarm.LEGAL]


async def passes(room: Room, hours: float) -> list[str]:
    """Time passes while the bot is up: each slot is fired at its own moment. What the channel is told."""
    end = room.clock() + timedelta(hours=hours)
    fired: set[str] = set()
    while room.clock() < end:
        room.clock.advance(900)
        for slot in await due(room):
            if slot.key not in fired:
                fired.add(slot.key)
                await fire(room.desk, slot.subject)
    return await room.news()


async def test_awareness_starts_the_clock_from_the_moment_that_is_declared(room: Room) -> None:
    incident = await room.quiet()
    await room.told()
    clock = await aware(room, incident, ago=20)

    assert clock.due - clock.aware == timedelta(hours=72)
    assert clock.aware_by == ANA.id
    (said,) = await room.news()
    assert "ana declares awareness at 2026-03-01 16:00:00 UTC: Thailand PDPA gives 72 h." in said
    assert "must be notified by 2026-03-04 16:00:00 UTC, 52 h 0 min left" in said
    entry = (await room.timeline(incident))[-1]
    assert (entry.event, entry.actor) == (Event.LEGAL, ANA.id)


async def test_no_clock_starts_by_itself(room: Room) -> None:
    incident, _ = await room.contained()
    room.clock.advance(80 * 3600)
    async with room.store.begin() as unit:
        assert await unit.legal_clocks.of(incident) == ()
    assert await due(room) == []


@pytest.mark.slow
async def test_reminders_come_at_fixed_points_and_daily_once_overdue(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    await room.told()

    said = await passes(room, 73)
    assert [w.partition("UTC, ")[2].partition(".")[0] for w in said] == [
        "48 h 0 min left", "24 h 0 min left", "12 h 0 min left", "6 h 0 min left", "1 h 0 min left",
        "overdue by 0 s",
    ]  # fmt: skip
    assert said[-1].startswith("OVERDUE: Thailand PDPA")
    assert all("late" not in words for words in said)
    (again,) = await passes(room, 24)
    assert "overdue by 24 h 0 min" in again


async def test_nothing_pauses_it_not_even_the_end_of_the_incident(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    await close(room.desk, incident, "false alarm, we think", by=ANA, door=Door.CHAT)
    await room.told()
    assert len(await passes(room, 25)) == 1


async def test_a_late_reminder_says_how_late_and_passes_over_those_of_no_use(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    (first,) = await due_at(room, hours=24)
    room.clock.advance(38 * 3600)  # the bot was down: the points of 48, 24 and 12 hours went by
    await room.told()
    await fire(room.desk, first.subject)

    (said,) = await room.news()
    assert "10 h 0 min left" in said
    assert "This reminder is 2 h 0 min late. Those before it were not sent." in said
    room.clock.advance(4 * 3600)
    assert [s.subject for s in await due(room)][-1].endswith("/6")


async def due_at(room: Room, *, hours: float) -> list[Slot]:
    room.clock.advance(hours * 3600)
    return await due(room)


async def test_a_slot_that_fires_on_three_replicas_reminds_once(busy_room: Room) -> None:
    room = busy_room
    incident = await room.quiet()
    await aware(room, incident)
    (slot,) = await due_at(room, hours=24)
    await room.told()
    await asyncio.gather(*(fire(room.desk, slot.subject) for _ in range(3)))
    await fire(room.desk, slot.subject)

    assert len(await room.news()) == 1
    assert len([e for e in await room.timeline(incident) if e.event is Event.LEGAL]) == 2


async def test_a_replica_whose_clock_is_behind_still_reminds(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    (slot,) = await due_at(room, hours=24)
    await room.told()
    room.clock.advance(-3600)
    await fire(room.desk, slot.subject)
    assert ["48 h 0 min left" in words for words in await room.news()] == [True]


@pytest.mark.slow
async def test_what_was_sent_ends_it_and_no_reminder_follows(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    room.clock.advance(3600)
    await room.told()
    ended = await notified(room.desk, incident, "TH-PDPA", "form 12 by e-mail, no. 99", by=BO, door=Door.CHAT)

    assert (ended.sent, ended.notified_by, ended.notified) == (
        "form 12 by e-mail, no. 99",
        BO.id,
        room.clock(),
    )
    (said,) = await room.news()
    assert said.endswith("was notified (Thailand PDPA), in time: form 12 by e-mail, no. 99")
    assert await passes(room, 100) == []
    with pytest.raises(Refused, match="ended the clock of th-pdpa at"):
        await notified(room.desk, incident, "th-pdpa", "again, otherwise", by=ANA, door=Door.CHAT)


async def test_a_notification_after_the_deadline_is_called_that(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    room.clock.advance(74 * 3600)
    await room.told()
    await notified(room.desk, incident, "th-pdpa", "late, with reasons", by=BO, door=Door.CHAT)
    assert "2 h 0 min after the deadline" in (await room.news())[0]


async def test_a_clock_starts_once(busy_room: Room) -> None:
    incident = await busy_room.quiet()
    ends = await asyncio.gather(
        *(aware(busy_room, incident, ago=n, by=by) for n, by in ((1, ANA), (2, BO))), return_exceptions=True
    )
    assert len([e for e in ends if isinstance(e, Refused)]) == 1
    async with busy_room.store.begin() as unit:
        assert len(await unit.legal_clocks.of(incident)) == 1


async def test_of_several_laws_one_is_named_or_all(room: Room) -> None:
    room = under(room, TWO)
    incident = await room.quiet()
    with pytest.raises(BadInput, match="Which law's clock"):
        await aware(room, incident)
    with pytest.raises(BadInput, match="There are: th-pdpa, sg-pdpa, or all"):
        await aware(room, incident, "gdpr")
    await aware(room, incident, "SG-PDPA")
    assert [
        c.jurisdiction for c in await declare_aware(room.desk, incident, ALL, by=ANA, door=Door.CHAT)
    ] == ["th-pdpa"]
    with pytest.raises(Refused, match="runs already"):
        await aware(room, incident, ALL)


async def test_the_people_of_the_law_and_of_the_settings_are_mentioned(room: Room) -> None:
    targets = {"dpo": Contact(person="U0DPO"), "legal": Contact(group="S0LEGAL", email="legal@example.com")}
    room = under(room, dataclasses.replace(TWO, escalation=Escalating(targets=targets)))
    incident = await room.quiet()
    await room.told()
    await aware(room, incident, "sg-pdpa")
    (news,) = [m for m in await room.told() if m.body.get("event") == Event.LEGAL]
    assert news.body["ping"] == ["S0LEGAL", "U0DPO"]


async def test_a_clock_of_a_law_that_left_the_settings_runs_on(room: Room) -> None:
    incident = await room.quiet()
    await aware(room, incident)
    await room.told()
    (said,) = await passes(under(room, Policy(legal=())), 25)
    assert "th-pdpa" in said


async def test_what_can_not_be_is_refused(room: Room) -> None:
    incident = await room.quiet()
    with pytest.raises(BadInput, match="still to come"):
        await aware(room, incident, ago=-1)
    with pytest.raises(BadInput, match="more than 7 days before"):
        await aware(room, incident, ago=24 * 30)
    with pytest.raises(NotAllowed):
        await aware(room, incident, by=DEE)
    with pytest.raises(BadInput, match="Say who was notified"):
        await notified(room.desk, incident, "th-pdpa", " ", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="No clock of th-pdpa runs"):
        await notified(room.desk, incident, "th-pdpa", "a letter", by=ANA, door=Door.CHAT)
    await aware(room, incident)
    with pytest.raises(NotAllowed):
        await notified(room.desk, incident, "th-pdpa", "a letter", by=DEE, door=Door.CHAT)


async def test_a_sample_breaches_nobodys_data(room: Room) -> None:
    incident = await room.finding(sample=True)
    with pytest.raises(Refused, match="A sample finding"):
        await aware(room, incident)
