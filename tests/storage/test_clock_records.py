"""Escalations, legal clocks and watches."""

from dataclasses import replace
from datetime import timedelta

from playbook.escalation import Escalation, EscalationState, Ping, Way
from playbook.legal import LegalClock
from playbook.watch import Watch, Watched, WatchMark, WatchState
from storage.store import SqlStore
from tests.storage.values import ANA, BO, MINUTE, NOON, target

HOURS_72 = timedelta(hours=72)


async def test_an_escalation_climbs_once_a_rung_until_somebody_has_it(store: SqlStore) -> None:
    due = Escalation(id="I1:X1:soc", incident="I1", rule="X1", target="soc", why="production", opened=NOON)
    async with store.begin() as unit:
        assert await unit.escalations.add(due)
        assert not await unit.escalations.add(due)
        assert await unit.escalations.climb(due.id, 0)
        assert not await unit.escalations.climb(due.id, 0)
        assert await unit.escalations.hand_over(due.id, BO)
        assert [e.rung for e in await unit.escalations.waiting()] == [1]
        assert await unit.escalations.exhaust(due.id)
        assert not await unit.escalations.climb(due.id, 1)
        assert await unit.escalations.waiting() == ()
        assert await unit.escalations.acknowledge(due.id, ANA, NOON + MINUTE)
        assert not await unit.escalations.acknowledge(due.id, BO, NOON + MINUTE)
        kept = await unit.escalations.get(due.id)
        assert kept == replace(
            due, rung=1, handed_to=BO.id, state=EscalationState.ACKNOWLEDGED, acknowledged_by=ANA.id,
            acknowledged=NOON + MINUTE,
        )  # fmt: skip
        assert await unit.escalations.of("I1") == (kept,)


async def test_every_attempt_to_tell_somebody_is_kept_once(store: SqlStore) -> None:
    due = Escalation(id="e", incident="I1", rule="X1", target="soc", why="production", opened=NOON)
    mail = Ping(escalation="e", number=1, way=Way.MAIL, to="soc@example.org", at=NOON, problem="refused")
    chat = replace(mail, way=Way.CHAT, to="@soc", problem="", at=NOON + MINUTE)
    async with store.begin() as unit:
        await unit.escalations.add(due)
        for ping in (chat, mail, mail):
            await unit.escalations.pinged(ping)
        assert await unit.escalations.pings("I1") == (mail, chat)
        assert await unit.escalations.pings("I2") == ()


async def test_a_legal_clock_starts_once_and_ends_once(store: SqlStore) -> None:
    clock = LegalClock(
        incident="I1", jurisdiction="thailand", aware=NOON, aware_by=ANA.id, due=NOON + HOURS_72
    )
    async with store.begin() as unit:
        assert await unit.legal_clocks.start(clock)
        assert not await unit.legal_clocks.start(replace(clock, aware=NOON + MINUTE))
        assert await unit.legal_clocks.running() == (clock,)
        assert await unit.legal_clocks.notified("I1", "thailand", "form 3", BO, NOON + MINUTE)
        assert not await unit.legal_clocks.notified("I1", "thailand", "again", ANA, NOON + MINUTE)
        assert await unit.legal_clocks.running() == ()
        ended = replace(clock, notified=NOON + MINUTE, notified_by=BO.id, sent="form 3")
        assert await unit.legal_clocks.of("I1") == (ended,)


async def test_a_watch_moves_by_whoever_is_first_and_its_slots_end_once(store: SqlStore) -> None:
    watch = Watch(id="w", target=target(), began=NOON, until=NOON + HOURS_72, by=ANA.id)
    async with store.begin() as unit:
        assert await unit.watches.add(watch)
        assert not await unit.watches.add(watch)
        paused = replace(
            watch, state=WatchState.PAUSED, paused_at=NOON + MINUTE, paused_for=timedelta(seconds=90)
        )
        assert await unit.watches.save(paused, WatchState.RUNNING)
        assert not await unit.watches.save(watch, WatchState.RUNNING)
        assert await unit.watches.get("w") == paused
        assert await unit.watches.of("I1") == (paused,)
        assert await unit.watches.in_state({WatchState.PAUSED, WatchState.ENDED}) == (paused,)
        assert await unit.watches.in_state({WatchState.RUNNING}) == ()

        gap = Watched(watch="w", due=NOON, at=NOON, mark=WatchMark.GAP, says=("no answer",))
        clear = replace(gap, at=NOON + MINUTE, mark=WatchMark.CLEAR, says=("quiet",), tries=2)
        assert await unit.watches.note(gap)
        assert await unit.watches.note(clear)
        assert not await unit.watches.note(gap)
        assert await unit.watches.seen("w") == (clear,)


async def test_what_all_watches_of_an_incident_saw_comes_in_one_query(store: SqlStore) -> None:
    mine = [
        Watch(id=f"w{n}", target=target(), began=NOON, until=NOON + HOURS_72, replaces="i-1" * n)
        for n in (0, 1)
    ]
    other = replace(mine[0], id="x", target=target(incident="I2"))
    async with store.begin() as unit:
        for watch in (*mine, other):
            await unit.watches.add(watch)
        looks = [
            Watched(watch=w.id, due=NOON + n * MINUTE, at=NOON, mark=WatchMark.CLEAR)
            for w in (*mine, other)
            for n in (1, 2)
        ]
        for look in reversed(looks):
            await unit.watches.note(look)
        assert await unit.watches.of("I1") == tuple(mine)
        assert await unit.watches.seen_in("I1") == tuple(looks[:4])
