"""The clock: APScheduler in memory, on every replica. It wakes the code that asks the rows what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from engine.durable import Durable
from engine.plant import Plant
from engine.timers import hand_out
from engine.watchdog import beat, take_over
from playbook.run import RunState

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

BEAT = 5
RECONCILE = 15
"""Seconds between two beats and two reconciliations."""
ABANDONED = timedelta(seconds=2)
"""A run this long approved and carried by nobody was approved at a terminal, or its replica died just then."""


class Clock:
    """Three jobs, without any side effect but queueing; whichever replica's row comes first does the work."""

    def __init__(self, plant: Plant, durable: Durable) -> None:
        self._plant = plant
        self._durable = durable
        self._scheduler = AsyncIOScheduler(
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}, timezone="UTC"
        )

    async def start(self) -> None:
        """Beat and reconcile once, then go on by the clock."""
        await self._beat()
        await self._reconcile()
        self._every(BEAT, self._beat)
        self._every(RECONCILE, self._reconcile)
        self._scheduler.start()

    def stop(self) -> None:
        """Stop waking."""
        self._scheduler.shutdown(wait=False)

    def _every(self, seconds: int, work: Callable[[], Awaitable[None]]) -> None:
        self._scheduler.add_job(work, "interval", seconds=seconds)  # pyright: ignore[reportUnknownMemberType]

    async def _beat(self) -> None:
        await beat(self._plant.desk, self._plant.executor)
        await hand_out(self._plant.desk, self._durable.enqueue)
        await self._start_left_behind()

    async def _reconcile(self) -> None:
        await take_over(self._plant.desk, self._plant.executor, self._durable.recover)

    async def _start_left_behind(self) -> None:
        """Runs approved elsewhere (a terminal, a process that died before it began), and runs of this process
        whose workflow broke off, as in a database outage.
        """
        desk, mine = self._plant.desk, self._plant.executor
        async with desk.store.begin() as unit:
            found = await unit.runs.in_state({RunState.APPROVED, RunState.EXECUTING})
        for run in found:
            waits = run.state is RunState.APPROVED and run.approved + ABANDONED < desk.clock()
            broke_off = run.state is RunState.EXECUTING and run.holder == mine
            if (waits or broke_off) and run.id not in self._durable.active:
                await self._durable.carry(run.id)
