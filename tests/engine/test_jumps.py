"""The clock is set forward and back: nothing fires early or twice, nothing is lost, and the clock goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.pace import Pace
from engine.clock import Clock, Rhythm
from engine.timers import fire, hand_out
from playbook.slot import Alarm, Slot
from storage.store import SqlStore
from tests.engine.test_clock import STILL, Hands
from tests.engine.toys import Bench, bench_on
from tests.fakes.clock import NOON

pytestmark = pytest.mark.slow


HOUR = timedelta(hours=1)


@pytest.fixture
def bench(memory_store: SqlStore) -> Bench:
    return bench_on(memory_store)


async def timers(bench: Bench) -> None:
    """One each ten minutes, for three hours."""
    async with bench.store.begin() as unit:
        for n in range(18):
            due = NOON + n * timedelta(minutes=10)
            await unit.slots.add(Slot(key=f"s{n:02}", alarm=Alarm.PROOF, subject="gone/tag", due=due))


async def fired(bench: Bench) -> list[str]:
    found: list[Slot] = []

    async def enqueue(batch: Sequence[Slot]) -> None:
        found.extend(batch)

    await hand_out(bench.desk, enqueue)
    for slot in found:
        assert slot.due <= bench.clock()
        await fire(bench.plant, slot)
    return [slot.key for slot in found]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_each_timer_fires_once_and_none_before_its_time(bench: Bench, jump: timedelta) -> None:
    await timers(bench)
    seen = await fired(bench)
    bench.clock.advance(25 * 60)
    seen += await fired(bench)
    bench.clock.advance(jump.total_seconds())
    seen += await fired(bench)
    for _ in range(5 * 60 // 5):
        bench.clock.advance(5 * 60)
        seen += await fired(bench)
    assert seen == [f"s{n:02}" for n in range(18)]


async def test_two_replicas_whose_clocks_differ_fire_each_timer_once(bench: Bench) -> None:
    await timers(bench)
    ahead = replace(bench, desk=replace(bench.desk, clock=lambda: bench.clock() + HOUR))
    first: list[str] = []
    for desk in (ahead.desk, bench.desk):

        async def enqueue(batch: Sequence[Slot]) -> None:
            first.extend(slot.key for slot in batch)

        await hand_out(desk, enqueue)
    assert first == [f"s{n:02}" for n in range(7)]


async def test_the_scheduler_goes_on_when_its_jobs_lie_an_hour_ahead(bench: Bench) -> None:
    """What APScheduler has planned by a machine's clock that was then set back an hour."""
    passed, beats = 0.0, asyncio.Event()
    pauses = asyncio.Queue[asyncio.Future[None]]()

    async def pause(seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        pauses.put_nowait(over)
        await over

    def ended(_event: object) -> None:
        beats.set()

    scheduler: Any = AsyncIOScheduler(timezone="UTC")
    rhythm = Rhythm(beat=timedelta(seconds=5), reconcile=STILL.reconcile)
    clock = Clock(
        replace(bench.plant, pause=pause), Hands(), rhythm, monotonic=lambda: passed, scheduler=scheduler
    )
    await clock.start(STILL.silence)
    for job in scheduler.get_jobs():
        job.modify(next_run_time=datetime.now(UTC) + HOUR)
    scheduler.add_listener(ended, EVENT_JOB_EXECUTED)

    passed = rhythm.late.total_seconds() + 1
    assert "has not beaten" in clock.problem()
    (await pauses.get()).set_result(None)
    async with asyncio.timeout(20):
        while clock.problem():  # the reconcile ends first, or the beat
            await beats.wait()
            beats.clear()
    await clock.stop()


async def test_a_channel_is_not_held_up_by_a_turn_from_before_the_clock_was_set_back() -> None:
    now, waits = NOON, list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    pace = Pace(clock=lambda: now, sleep=sleep)
    await pace.turn("C1")
    now = NOON - HOUR
    await pace.turn("C1")
    assert waits == []
