"""The 72-hour watch: looks by the schedule, marks that tell the truth, and a hit that opens what was closed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from commands import progress, watch, watch_round
from commands.close import close
from commands.inquire import INQUIRIES
from commands.propose import propose_undo
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import BadInput, NotAllowed, Refused
from playbook.finding import FindingType
from playbook.incident import IncidentState
from playbook.outbox import Post
from playbook.people import Door
from playbook.slot import Alarm, Slot, SlotState
from playbook.timeline import Event
from playbook.watch import Watch, Watched, WatchMark, WatchState, slots, strip
from storage.store import SqlStore
from tests.commands.conftest import Room, room_on
from tests.fakes.people import ANA, BO, DEE
from tests.storage.values import OTHER, WEB

pytestmark = pytest.mark.slow


HOUR = timedelta(hours=1)
QUIET = answer(Verdict.CLEAR, "nothing")
TALKS = answer(Verdict.NOTABLE, "It talked to 1 of 1 indicators.")
SILENT = gap("AWS did not answer.")


def sees(room: Room, found: Answer) -> None:
    """What every check of the watch answers from now on."""
    room.cloud.answers.update(dict.fromkeys(INQUIRIES["watch"].checks, QUIET) | {"watch-traffic": found})


async def watched(room: Room) -> tuple[str, Watch]:
    """An incident whose instance is watched and quiet."""
    incident = await room.finding()
    sees(room, QUIET)
    (made,) = await watch.start(room.desk, incident, by=ANA, door=Door.CHAT)
    return incident, made


async def due(room: Room) -> list[Slot]:
    """The watch's slots that are due now, taken as an executor takes them; the others' are done with."""
    async with room.store.begin() as unit:
        claimed = await unit.slots.claim(room.clock(), 100)
        for slot in claimed:
            if slot.alarm is not Alarm.WATCH:
                await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.DONE, room.clock())
    return [slot for slot in claimed if slot.alarm is Alarm.WATCH]


async def tick(room: Room) -> int:
    """Fire what is due, and what becomes due by that; how many looks that were."""
    fired = 0
    while found := await due(room):
        for slot in found:
            await watch_round.fire(room.desk, slot.subject)
            async with room.store.begin() as unit:
                await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.DONE, room.clock())
            fired += 1
    return fired


async def hours(room: Room, count: float, *, step: float = 1) -> None:
    """Let the time pass, with the timers at work."""
    for _ in range(round(count / step)):
        room.clock.advance(step * 3600)
        await tick(room)


async def seen(room: Room, made: Watch) -> tuple[Watched, ...]:
    async with room.store.begin() as unit:
        return await unit.watches.seen(made.id)


async def now(room: Room, made: Watch) -> Watch:
    async with room.store.begin() as unit:
        found = await unit.watches.get(made.id)
    assert found is not None
    return found


async def marks(room: Room, made: Watch) -> list[str]:
    return [one.mark.value for one in await seen(room, made)]


@pytest.mark.slow
@pytest.mark.row("R7")
async def test_a_watch_of_72_hours_with_a_hit_at_hour_20_that_opens_the_closed_incident_again(
    room: Room,
) -> None:
    incident, made = await watched(room)
    await close(room.desk, incident, "the miner is gone", by=BO, door=Door.CHAT)
    await hours(room, 19)
    assert (await room.incident(incident)).state is IncidentState.CLOSED
    await room.told()

    sees(room, TALKS)
    await hours(room, 1)
    sees(room, QUIET)
    assert (await room.incident(incident)).state is IncidentState.OPEN
    said = [m for m in await room.told() if m.post is Post.CHANNEL]
    assert "hour 20: hit" in str(said[0].body["words"])
    assert said[0].body["ping"] == [ANA.id, BO.id, "U0CHAI"]
    assert "open again" in str(said[1].body["words"])

    await hours(room, 60)
    over = await now(room, made)
    assert (over.state, over.until) == (WatchState.ENDED, made.began + 72 * HOUR)
    assert [one.due for one in await seen(room, made)] == list(slots(made, room.desk.policy.watch))
    assert strip(over, await seen(room, made)) == " ".join("●" * 9 + "✕" + "●" * 7)

    await watch.sign(room.desk, incident, "the replacement was hit once", by=BO, door=Door.CHAT)
    assert (await now(room, made)).signed_by == BO.id
    async with room.store.begin() as unit:
        kinds = [e.kind for e in await unit.ledger.of(incident)]
    assert kinds.count("watched") == 17
    assert kinds[-1] == "verdict"


async def test_what_other_incident_holds_the_instance_hears_of_the_hit_instead(room: Room) -> None:
    incident, made = await watched(room)
    await close(room.desk, incident, "the miner is gone", by=BO, door=Door.CHAT)
    room.clock.advance(60)
    other = await room.finding("f2", type=FindingType(full="Trojan:EC2/DNSDataExfiltration"))
    assert other != incident
    sees(room, TALKS)
    await hours(room, 1.5, step=0.5)
    assert (await room.incident(incident)).state is IncidentState.CLOSED
    assert any("would be opened again" in e.words for e in await room.timeline(other))
    assert "was opened on it" in "; ".join((await seen(room, made))[0].says)


async def test_a_look_that_could_not_be_made_is_a_gap_tried_again_and_told_at_last(room: Room) -> None:
    incident, made = await watched(room)
    sees(room, SILENT)
    await hours(room, 1)
    (first,) = await seen(room, made)
    assert (first.mark, first.tries) == (WatchMark.GAP, 1)
    assert "watch-" not in "".join(first.says)
    assert "AWS did not answer" in first.says[0]
    await room.told()
    for minutes, tries in ((5, 2), (15, 3), (30, 4)):
        room.clock.advance(minutes * 60 - 1)
        assert await tick(room) == 0
        room.clock.advance(1)
        assert await tick(room) == 1
        assert (await seen(room, made))[0].tries == tries
    told = [m for m in await room.told() if m.post is Post.CHANNEL]
    assert ["tried 4 times" in str(m.body["words"]) for m in told] == [True]
    assert told[0].body["ping"]
    assert (await room.incident(incident)).state is IncidentState.OPEN


async def test_a_gap_that_a_later_try_fills_is_none(room: Room) -> None:
    _, made = await watched(room)
    sees(room, SILENT)
    await hours(room, 1)
    sees(room, QUIET)
    room.clock.advance(300)
    await tick(room)
    assert await marks(room, made) == ["clear"]
    await hours(room, 0.9, step=0.1)
    assert (await seen(room, made))[0].tries == 2


async def test_after_downtime_the_latest_look_is_made_and_those_before_it_are_missed(room: Room) -> None:
    incident, made = await watched(room)
    await hours(room, 2)
    room.clock.advance(11 * 3600)
    await tick(room)
    assert await marks(room, made) == ["clear", "clear", *["missed"] * 5, "clear"]
    last = (await seen(room, made))[-1]
    assert (last.due, last.at) == (made.began + 12 * HOUR, made.began + 13 * HOUR)
    words = [e.words for e in await room.timeline(incident)]
    assert any("5 looks" in w and "missed" in w for w in words)
    assert any("1 h 0 min late" in w for w in words)
    await hours(room, 3)
    assert (await marks(room, made))[-1] == "clear"
    async with room.store.begin() as unit:
        assert await unit.slots.next_due() == made.began + 20 * HOUR


@pytest.mark.slow
async def test_a_watch_that_was_down_over_its_end_ends_at_72_hours_all_the_same(room: Room) -> None:
    _, made = await watched(room)
    await hours(room, 60)
    room.clock.advance(100 * 3600)
    await tick(room)
    over = await now(room, made)
    assert (over.state, over.until) == (WatchState.ENDED, made.began + 72 * HOUR)
    assert (await seen(room, made))[-1].due == made.began + 72 * HOUR


@pytest.mark.slow
async def test_a_watch_ends_on_time_in_the_hands_of_another_process(room: Room) -> None:
    _, made = await watched(room)
    await hours(room, 21)
    other = room_on(room.store)
    sees(other, QUIET)
    other.clock.advance((room.clock() - other.clock()).total_seconds() + 7 * 3600)
    await hours(other, 60)
    over = await now(other, made)
    assert (over.state, over.until) == (WatchState.ENDED, made.began + 72 * HOUR)
    found = await seen(other, made)
    assert [one.due for one in found] == list(slots(made, room.desk.policy.watch))
    assert {one.mark for one in found} == {WatchMark.CLEAR}


@pytest.mark.parametrize("jump", [3600, -3600])
async def test_a_clock_that_jumps_an_hour_doubles_no_look_and_loses_none(room: Room, jump: int) -> None:
    _, made = await watched(room)
    await hours(room, 3.5, step=0.5)
    room.clock.advance(jump)
    await tick(room)
    await hours(room, 74)
    found = await seen(room, made)
    assert [one.due for one in found] == list(slots(made, room.desk.policy.watch))
    assert {one.mark for one in found} == {WatchMark.CLEAR}


@pytest.mark.slow
async def test_a_pause_moves_what_is_to_come_and_the_end(room: Room) -> None:
    incident, made = await watched(room)
    await hours(room, 2.5, step=0.5)
    await watch.pause(room.desk, incident, by=ANA, door=Door.CHAT)
    await hours(room, 10)
    assert len(await seen(room, made)) == 2
    await watch.resume(room.desk, incident, by=ANA, door=Door.CHAT)
    await hours(room, 80, step=0.5)
    over = await now(room, made)
    assert (over.state, over.until) == (WatchState.ENDED, made.began + 82 * HOUR)
    found = await seen(room, made)
    assert len(found) == 17
    assert [one.due - made.began for one in found[:4]] == [HOUR, 2 * HOUR, 13 * HOUR, 14 * HOUR]
    assert found[-1].due == over.until


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_meanwhile_each_look_ends_once_and_none_is_lost(room: Room, seed: int) -> None:
    chance = Random(seed)
    incident, made = await watched(room)
    for _ in range(60):
        room.clock.advance(chance.choice((600, 1800, 5000, 9000, -1800)))
        what = chance.random()
        state = (await now(room, made)).state
        if what < 0.25 and state is WatchState.RUNNING:
            with suppress(Refused):
                await watch.pause(room.desk, incident, by=ANA, door=Door.CHAT)
        elif what < 0.6 and state is WatchState.PAUSED:
            await watch.resume(room.desk, incident, by=ANA, door=Door.CHAT)
        elif what > 0.6:
            await tick(room)
    if (await now(room, made)).state is WatchState.PAUSED:
        await watch.resume(room.desk, incident, by=ANA, door=Door.CHAT)
    for _ in range(20):
        room.clock.advance(8 * 3600)
        await tick(room)
    over = await now(room, made)
    found = await seen(room, made)
    assert (over.state, over.length, len(found)) == (WatchState.ENDED, 72 * HOUR, 17)
    assert found[-1].due == over.until
    assert {one.mark for one in found} <= {WatchMark.CLEAR, WatchMark.MISSED}


async def test_a_watch_that_is_over_can_be_extended_until_it_is_signed(room: Room) -> None:
    incident, made = await watched(room)
    await hours(room, 73)
    await watch.extend(room.desk, incident, 24, by=BO, door=Door.CHAT)
    await hours(room, 30)
    assert (await now(room, made)).state is WatchState.ENDED
    assert [(one.due - made.began) // HOUR for one in (await seen(room, made))[-5:]] == [72, 80, 88, 96, 97]
    await watch.sign(room.desk, incident, "clean", by=BO, door=Door.CHAT)
    with pytest.raises(Refused, match="signed"):
        await watch.extend(room.desk, incident, 24, by=BO, door=Door.CHAT)


async def test_a_pause_over_the_last_look_is_refused_and_a_gap_is_not_retried_in_one(room: Room) -> None:
    incident, made = await watched(room)
    sees(room, SILENT)
    await hours(room, 1)
    await watch.pause(room.desk, incident, by=ANA, door=Door.CHAT)
    room.clock.advance(3600)
    await tick(room)
    assert [(one.mark, one.tries) for one in await seen(room, made)] == [(WatchMark.GAP, 1)]
    await watch.resume(room.desk, incident, by=ANA, door=Door.CHAT)
    room.clock.advance(80 * 3600)
    with pytest.raises(Refused, match="last look"):
        await watch.pause(room.desk, incident, by=ANA, door=Door.CHAT)


async def test_a_hit_that_goes_on_pings_once(room: Room) -> None:
    _, made = await watched(room)
    sees(room, TALKS)
    await hours(room, 2)
    hits = [m for m in await room.told() if m.post is Post.CHANNEL and m.body["event"] == Event.WATCH_HIT]
    assert [bool(m.body["ping"]) for m in hits] == [True, False]
    assert await marks(room, made) == ["hit", "hit"]


async def test_what_was_isolated_may_compute_on(room: Room) -> None:
    incident, _ = await room.contained("isolate")
    room.cloud.answers.update(dict.fromkeys(INQUIRIES["watch"].checks, QUIET))
    room.cloud.answers["watch-cpu"] = answer(Verdict.NOTABLE, "Flat at the top.")
    (made,) = await watch.start(room.desk, incident, by=ANA, door=Door.CHAT)
    await hours(room, 1)
    assert await marks(room, made) == ["clear"]


async def test_an_instance_that_is_released_is_watched(room: Room) -> None:
    incident, run = await room.contained("isolate")
    undo = await propose_undo(room.desk, run, "isolate", by=ANA, door=Door.CHAT)
    await room.approve(undo)
    mine = await room.take(undo.id)
    await progress.undone(room.desk, mine, run, "isolate", {})
    async with room.store.begin() as unit:
        (made,) = await unit.watches.of(incident)
    assert (made.target.instance, made.state, made.by) == (WEB, WatchState.RUNNING, "ec2ir")


async def test_what_was_stopped_looks_no_more_and_says_why(room: Room) -> None:
    incident, made = await watched(room)
    await watch.stop(room.desk, incident, "it was terminated", by=ANA, door=Door.CHAT)
    await hours(room, 5)
    assert await seen(room, made) == ()
    assert any("it was terminated" in e.words for e in await room.timeline(incident))
    (again,) = await watch.start(room.desk, incident, by=ANA, door=Door.CHAT)
    assert again.id != made.id


async def test_refusals_say_what_stands(room: Room) -> None:
    incident, _ = await watched(room)
    desk = room.desk
    with pytest.raises(NotAllowed):
        await watch.pause(desk, incident, by=DEE, door=Door.CHAT)
    with pytest.raises(Refused, match="watched already"):
        await watch.start(desk, incident, by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match=f"{WEB} is running"):
        await watch.resume(desk, incident, by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="is running"):
        await watch.sign(desk, incident, "clean", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="reason"):
        await watch.stop(desk, incident, " ", by=ANA, door=Door.CHAT)
    with pytest.raises(BadInput):
        await watch.extend(desk, incident, 0, by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="30 days"):
        await watch.extend(desk, incident, 24 * 40, by=ANA, door=Door.CHAT)
    room.cloud.gone.add(OTHER)
    with pytest.raises(Refused, match="was not found"):
        await watch.start(desk, incident, by=ANA, door=Door.CHAT, instance=OTHER)


async def test_a_replacement_by_hand_is_compared_with_what_it_replaces(room: Room) -> None:
    incident, _ = await watched(room)
    (second,) = await watch.start(room.desk, incident, by=ANA, door=Door.CHAT, instance=OTHER)
    assert second.replaces == WEB
    await hours(room, 1)
    brief = room.cloud.briefs[-1]
    assert brief.first is not None
    assert (brief.first.instance, brief.first.groups) == (OTHER, {})
    assert brief.settled == {"R6"}


async def test_a_new_finding_with_a_known_indicator_is_a_hit(room: Room) -> None:
    incident, made = await watched(room)
    room.clock.advance(1800)
    await room.finding("f9", instances=(OTHER,))
    await hours(room, 0.5, step=0.5)
    assert await marks(room, made) == ["hit"]
    assert "known indicator" in (await seen(room, made))[0].says[0]
    assert any(e.event is Event.WATCH_HIT for e in await room.timeline(incident))
    await hours(room, 1)
    assert (await marks(room, made))[-1] in ("clear", "hit")
    await hours(room, 1)
    assert (await marks(room, made))[-1] == "clear"


async def test_three_replicas_make_each_look_once(store: SqlStore) -> None:
    room = room_on(store)
    incident, made = await watched(room)
    for _ in range(3):
        room.clock.advance(3600)
        found = await asyncio.gather(*(due(room) for _ in range(3)))
        mine = [slot for slots_ in found for slot in slots_]
        assert len(mine) == 1
        # Lost and handed out again, while the first one is still at it.
        await asyncio.gather(*(watch_round.fire(room.desk, mine[0].subject) for _ in range(3)))
    assert await marks(room, made) == ["clear"] * 3
    async with room.store.begin() as unit:
        assert [e.kind for e in await unit.ledger.of(incident)].count("watched") == 3
        assert await unit.slots.next_due() == made.began + 4 * HOUR
