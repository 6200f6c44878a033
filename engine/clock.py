"""The clock: APScheduler in memory, on every replica. It wakes the code that asks the rows what is due."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.plant import Plant
from engine.timers import hand_out
from engine.watchdog import SILENCE, beat, living, take_over
from playbook.errors import Unreachable
from playbook.run import RunState
from playbook.slot import Slot

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

ABANDONED = timedelta(seconds=2)
"""A run this long approved and carried by nobody was approved at a terminal, or its replica died just then."""


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

    async def enqueue(self, slot: Slot) -> None:
        """Hand out a due slot."""
        ...

    async def under_way(self, run: str) -> bool:
        """Whether a workflow of this run is waiting or at work somewhere."""
        ...

    def recover(self, dead: list[str]) -> None:
        """Take over the pending workflows of dead executors."""
        ...


class Clock:
    """Its jobs have no side effect but queueing; whichever replica's row comes first does the work."""

    def __init__(
        self,
        plant: Plant,
        durable: Carrier,
        rhythm: Rhythm,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plant = plant
        self._monotonic = monotonic
        self._durable = durable
        self._rhythm = rhythm
        self._scheduler = AsyncIOScheduler(
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}, timezone="UTC"
        )
        self._beaten = self._monotonic()
        self._watch: asyncio.Task[None] | None = None

    async def start(self, silence: timedelta) -> None:
        """Beat and reconcile once, then go on by the clock. Executors silent for so long are dead already now."""
        # The own name first: what is taken over under a name that is in no row, nobody would take over again.
        await self._beat()
        await self._reconcile(silence)
        self._every(self._rhythm.beat, self._beat)
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

    def problem(self) -> str:
        """For readiness: that the clock stands still, or an empty string."""
        still = self._monotonic() - self._beaten
        late = self._rhythm.late.total_seconds()
        return "" if still < late else f"the clock has not beaten for {still:.0f} s"

    def _every(self, interval: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        async def job() -> None:
            try:
                await work()
            except Unreachable as trouble:
                log.warning("the clock waits", problem=trouble.what)

        seconds = interval.total_seconds()
        self._scheduler.add_job(job, "interval", seconds=seconds)  # pyright: ignore[reportUnknownMemberType]

    async def _watch_over_itself(self) -> None:
        """A scheduler can lose its own wake-up call; one that is late is woken."""
        while True:
            await self._plant.pause(self._rhythm.late.total_seconds())
            if self.problem():
                log.error("the clock stands still; waking it", problem=self.problem())
                self._scheduler.wakeup()

    async def _beat(self) -> None:
        await beat(self._plant.desk, self._plant.executor)
        await hand_out(self._plant.desk, self._durable.enqueue)
        await self._start_left_behind()
        self._beaten = self._monotonic()

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
            alive = await living(unit)
        for run in found:
            if run.holder not in alive and not await self._durable.under_way(run.id):
                log.warning("going on with a run that nobody carries", run=run.id)
                await self._durable.carry(run.id)
