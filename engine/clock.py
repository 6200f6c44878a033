"""The clock: APScheduler in memory, on every replica. It wakes the code that asks the rows what is due.

It has three jobs, however many slots are pending: a beat, a reconcile, and a wake when the next slot is due.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.plant import Plant
from engine.timers import hand_out
from engine.watchdog import SILENCE, take_over
from playbook.errors import Unreachable
from playbook.hearing import NOTHING, Heard
from playbook.run import RunState
from playbook.slot import Slot

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

ABANDONED = timedelta(seconds=2)
"""A run this long approved and carried by nobody was approved at a terminal, or its replica died just then."""

_SOONEST = timedelta(seconds=0.05)
"""Between two wakes: what is due but in another replica's hands is due still when this one looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often a replica beats and reconciles, and after how long without a beat it counts as dead."""

    beat: timedelta = timedelta(seconds=5)
    reconcile: timedelta = timedelta(seconds=15)
    silence: timedelta = SILENCE

    @property
    def late(self) -> timedelta:
        """A clock that has not beaten for this long stands still."""
        return self.beat * 3


class Carrier(Protocol):
    """What the clock needs of `engine.durable.Durable`."""

    @property
    def active(self) -> set[str]:
        """Runs that this process carries at this moment."""
        ...

    async def carry(self, run: str) -> None:
        """Begin or go on with a run."""
        ...

    async def enqueue(self, batch: Sequence[Slot]) -> None:
        """Hand out due slots."""
        ...

    async def under_way(self, run: str) -> bool:
        """Whether a workflow of this run is waiting or at work somewhere."""
        ...

    def recover(self, dead: list[str]) -> None:
        """Take over the pending workflows of dead executors."""
        ...


class Clock:
    """Its jobs have no side effect but queueing; whichever replica's row comes first does the work.

    `heard` answers what this replica has heard of Slack; each beat tells the database.
    """

    def __init__(
        self,
        plant: Plant,
        durable: Carrier,
        rhythm: Rhythm,
        *,
        heard: Callable[[], Heard] = lambda: NOTHING,
        monotonic: Callable[[], float] = time.monotonic,
        scheduler: AsyncIOScheduler | None = None,
    ) -> None:
        self._plant = plant
        self._monotonic = monotonic
        self._durable = durable
        self._rhythm = rhythm
        self._heard = heard
        self._scheduler = scheduler or AsyncIOScheduler(
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}, timezone="UTC"
        )
        self._beaten = self._monotonic()
        self._watch: asyncio.Task[None] | None = None

    async def start(self, silence: timedelta) -> None:
        """Beat and reconcile once, then go on by the clock. Executors silent for so long are dead already now."""
        # The own name first: what is taken over under a name that is in no row, nobody would take over again.
        await self.beat()
        await self._reconcile(silence)
        self._every(self._rhythm.beat, self.beat)
        self._every(self._rhythm.reconcile, lambda: self._reconcile(self._rhythm.silence))
        self._scheduler.start()
        self._watch = asyncio.create_task(self._watch_over_itself())

    async def stop(self) -> None:
        """Stop waking."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    @property
    def still(self) -> float:
        """Seconds since the last beat."""
        return self._monotonic() - self._beaten

    def problem(self) -> str:
        """For readiness: that the clock stands still, or an empty string."""
        late = self._rhythm.late.total_seconds()
        return "" if self.still < late else f"the clock has not beaten for {self.still:.0f} s"

    def _every(self, interval: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        seconds = interval.total_seconds()
        self._scheduler.add_job(  # pyright: ignore[reportUnknownMemberType]
            partial(self._patiently, work), "interval", seconds=seconds
        )

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Unreachable as trouble:
            log.warning("the clock waits", problem=trouble.what)

    async def _watch_over_itself(self) -> None:
        """A scheduler can lose its own wake-up call, and it counts by the machine's clock: when that is set back an
        hour, every job lies an hour ahead. What is late is planned anew.
        """
        while True:
            await self._plant.pause(self._rhythm.late.total_seconds())
            if self.problem():
                log.error("the clock stands still; waking it", problem=self.problem())
                scheduler: Any = self._scheduler  # it has no types
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    async def beat(self) -> None:
        """Say that this replica lives, hand out what is due, and begin what was left behind."""
        async with self._plant.desk.store.begin() as unit:
            await unit.executors.beat(self._plant.executor, self._heard())
        await self._fire()
        await self._start_left_behind()
        self._beaten = self._monotonic()

    async def _fire(self) -> None:
        """Hand out what is due, and be back when the next slot is, if that is before the next beat."""
        desk = self._plant.desk
        await hand_out(desk, self._durable.enqueue)
        async with desk.store.begin() as unit:
            due = await unit.slots.next_due()
        wait = max(due - desk.clock(), _SOONEST) if due is not None else self._rhythm.beat
        if wait < self._rhythm.beat:
            self._scheduler.add_job(  # pyright: ignore[reportUnknownMemberType]
                partial(self._patiently, self._fire),
                "date",
                run_date=datetime.now(UTC) + wait,
                id="wake",
                replace_existing=True,
            )

    async def _reconcile(self, silence: timedelta) -> None:
        await take_over(self._plant.desk, self._plant.executor, self._durable.recover, silence)
        await self._adopt_orphans()

    async def _start_left_behind(self) -> None:
        """Runs approved elsewhere (a terminal, a process that died before it began), and runs of this process
        whose workflow broke off.
        """
        desk, mine = self._plant.desk, self._plant.executor
        async with desk.store.begin() as unit:
            found = await unit.runs.in_state({RunState.APPROVED, RunState.EXECUTING})
        for run in found:
            waits = run.state is RunState.APPROVED and run.approved + ABANDONED < desk.clock()
            broke_off = run.state is RunState.EXECUTING and run.holder == mine
            if (waits or broke_off) and run.id not in self._durable.active:
                await self._durable.carry(run.id)

    async def _adopt_orphans(self) -> None:
        """Runs whose holder is in no row any more and of which no workflow is left for recovery."""
        desk = self._plant.desk
        async with desk.store.begin() as unit:
            found = await unit.runs.in_state({RunState.EXECUTING})
            alive = await unit.executors.living()
        for run in found:
            if run.holder not in alive and not await self._durable.under_way(run.id):
                log.warning("going on with a run that nobody carries", run=run.id)
                await self._durable.carry(run.id)
