"""The durable executor: DBOS keeps what was started until it has ended, whoever dies in between.

Runs are started directly, because a responder waits; timers go through a queue. Workflows hold no state of
their own: their bodies go on from our rows, so a recovered one simply calls them again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID

from engine.plant import Plant
from engine.runner import carry_out
from engine.timers import fire, hand_out, held
from playbook.errors import StoreDown, Superseded
from playbook.slot import Slot
from storage.engines import workflow_engine

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

VERSION = "1"
"""Fixed, so that an upgrade resumes what was under way; DBOS's default is a hash of the code."""
TIMERS = "ec2ir-timers"
_BATCHES_AT_ONCE, _POLL = 4, 0.25
"""Batches of slots that one process takes, and seconds between two looks for the next."""
_SLOTS_AT_ONCE = 16
"""Slots that one process fires side by side: some look at AWS, and all want a connection to the database."""
_AGAIN = 1.0
"""Seconds between two attempts while the database is away."""


class Durable:
    """DBOS in this process; there can be one. Implements playbook.ports.Executor."""

    def __init__(self, plant: Plant, database_url: str) -> None:
        self._plant = plant
        self._loop = asyncio.get_running_loop()
        url = system_url(database_url)
        config: DBOSConfig = {
            "name": "ec2ir",
            "system_database_url": url,
            "system_database_engine": workflow_engine(url),
            "executor_id": plant.executor,
            "application_version": VERSION,
            "console_log_level": "ERROR",
            "log_level": "ERROR",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": 1.0,
        }
        DBOS(config=config)
        self._active: set[str] = set()
        self._hands = asyncio.Semaphore(_SLOTS_AT_ONCE)
        self._work: set[asyncio.Task[Any]] = set()

        def run_workflow(run: str) -> None:
            self._run(run)

        def slots_workflow(keys: list[str]) -> None:
            self._slots(keys)

        self._run_workflow = DBOS.workflow(name="run")(run_workflow)
        self._slots_workflow = DBOS.workflow(name="slots")(slots_workflow)

    @property
    def active(self) -> set[str]:
        """Runs that this process carries at this moment."""
        return self._active

    async def start(self) -> None:
        """Make DBOS's tables if they are missing, and begin to work."""
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """Stop at once; what is under way is recovered by whoever lives on, or by the next start."""
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=0)
        # Work that outlived this would find AWS's clients closed, and record its steps as failed.
        under_way = tuple(self._work)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def carry(self, run: str) -> None:
        """Begin or go on with a run, in this process."""
        async with self._plant.desk.store.begin() as unit:
            record = await unit.runs.get(run)
        attempt = record.attempt if record is not None else 0
        await asyncio.to_thread(self._start, f"run:{run}:{attempt}", run)

    async def nudge(self) -> None:
        """Hand out what is due now, without waiting for the clock's next beat."""
        await hand_out(self._plant.desk, self.enqueue)

    async def enqueue(self, batch: Sequence[Slot]) -> None:
        """Hand due slots, in one trip, to whichever executor is free."""
        await asyncio.to_thread(self._enqueue, [slot.key for slot in batch])

    async def under_way(self, run: str) -> bool:
        """Whether a workflow of this run is waiting or at work somewhere, be it under a dead executor's name."""
        return await asyncio.to_thread(self._under_way, run)

    def recover(self, dead: list[str]) -> None:
        """Take over the pending workflows of dead executors. Contract of dbos>=3.4,<4, held by a test."""
        DBOS._recover_pending_workflows(dead)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]

    def _launch(self) -> None:
        # DBOS's own async calls would make its pool the loop's default one, which ends with DBOS.
        DBOS.launch()
        DBOS.register_queue(TIMERS, worker_concurrency=_BATCHES_AT_ONCE, polling_interval_sec=_POLL)

    def _under_way(self, run: str) -> bool:
        found = DBOS.list_workflows(
            workflow_id_prefix=f"run:{run}:", status=["ENQUEUED", "PENDING"], load_input=False, limit=1
        )
        return bool(found)

    def _start(self, workflow: str, run: str) -> None:
        with SetWorkflowID(workflow):
            DBOS.start_workflow(self._run_workflow, run)

    def _enqueue(self, keys: list[str]) -> None:
        # A slot may be handed out more than once in its life, and an id that has ended never runs again.
        with SetWorkflowID(f"slots:{secrets.token_hex(8)}"):
            DBOS.enqueue_workflow(TIMERS, self._slots_workflow, keys)

    def _run(self, run: str) -> None:
        self._active.add(run)
        try:
            self._on_loop(lambda: carry_out(self._plant, run))
        except Superseded:
            log.info("run taken over by another process", run=run)
        finally:
            self._active.discard(run)

    def _slots(self, keys: list[str]) -> None:
        self._on_loop(lambda: self._fire(keys))

    async def _fire(self, keys: list[str]) -> None:
        slots = await held(self._plant.desk, keys)
        ends = await asyncio.gather(*(self._fire_one(slot) for slot in slots), return_exceptions=True)
        for slot, end in zip(slots, ends, strict=True):
            if isinstance(end, StoreDown):
                raise end
            if isinstance(end, Exception):
                # It stays queued, and is handed out again: one that always fails holds up no other.
                log.error("a timer broke", slot=slot.key, exc_info=end)

    async def _fire_one(self, slot: Slot) -> None:
        async with self._hands:
            await fire(self._plant, slot)

    def _on_loop(self, work: Callable[[], Awaitable[None]]) -> None:
        """Workflows run in DBOS's threads; everything else of ours lives on one event loop."""
        asyncio.run_coroutine_threadsafe(self._patiently(work), self._loop).result()

    async def _patiently(self, work: Callable[[], Awaitable[None]]) -> None:
        """Begin anew while the database is away: a workflow that ended with an error never runs again."""
        task = asyncio.current_task()
        if task is not None:
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        while True:
            try:
                return await work()
            except StoreDown as trouble:
                log.warning("waiting for the database", problem=trouble.what)
            await self._plant.pause(_AGAIN)


def system_url(database_url: str) -> str:
    """Where DBOS keeps its own tables: schema `dbos` of the same Postgres, or a file beside the SQLite one.

    Never the same SQLite file: with one, 521 of 1,000 workflows never started.
    """
    if database_url.startswith("sqlite"):
        path = Path(database_url.partition(":///")[2])
        return f"sqlite:///{path.with_name(path.name + '.dbos')}"
    return database_url
