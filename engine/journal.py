"""Intents of a run, committed together: whatever is about to go out at the same moment shares one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from playbook.clock import Clock
from playbook.errors import Superseded
from playbook.ports import Store
from playbook.run import Effect


def _no_tasks() -> set[asyncio.Task[None]]:
    return set()


@dataclass(slots=True, kw_only=True)
class RunJournal:
    """The intents and outcomes of one attempt at one run.

    An intent is committed before its call goes out. An outcome rides with the next commit, or with `flush`:
    losing one in a crash only means that the next attempt looks before it acts.
    """

    store: Store
    run: str
    holder: str
    attempt: int
    clock: Clock
    _waiting: list[tuple[Effect, asyncio.Future[bool]]] = field(
        default_factory=list[tuple[Effect, "asyncio.Future[bool]"]]
    )
    _outcomes: list[tuple[Effect, str]] = field(default_factory=list[tuple[Effect, str]])
    _tasks: set[asyncio.Task[None]] = field(default_factory=_no_tasks)

    async def intend(self, action: str, key: str) -> bool:
        """Record the intent; whether an earlier attempt had. Raises Superseded."""
        recorded: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(((action, key), recorded))
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._commit())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await recorded

    def outcome(self, action: str, key: str, words: str) -> None:
        """Note how an effect ended."""
        self._outcomes.append(((action, key), words))

    async def check_holder(self) -> None:
        """Raise Superseded when another process, or a later attempt, carries the run."""
        async with self.store.begin() as unit:
            if not await unit.runs.holds(self.run, self.holder, self.attempt):
                raise _superseded(self.run)

    async def flush(self) -> None:
        """Commit the outcomes noted so far. Raises Superseded."""
        if self._outcomes:
            await self._record([])

    async def _commit(self) -> None:
        # One turn of the loop lets every task that is ready at this level of the graph join.
        await asyncio.sleep(0)
        batch, self._waiting = self._waiting, []
        try:
            known = await self._record([effect for effect, _ in batch])
        except BaseException as error:  # handed to whoever waits for the intent
            for _, recorded in batch:
                if not recorded.done():
                    recorded.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for effect, recorded in batch:
            if not recorded.done():
                recorded.set_result(effect in known)

    async def _record(self, effects: Sequence[Effect]) -> frozenset[Effect]:
        now = self.clock()
        outcomes = tuple(self._outcomes)
        async with self.store.begin() as unit:
            if not await unit.runs.holds(self.run, self.holder, self.attempt):
                raise _superseded(self.run)
            await unit.runs.outcomes(self.run, outcomes, now)
            known = await unit.runs.intend(self.run, effects, self.attempt, now)
        self._outcomes = [noted for noted in self._outcomes if noted not in outcomes]
        return known


def _superseded(run: str) -> Superseded:
    return Superseded(f"Run {run} is carried by another process.", means="This one stops.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepJournal:
    """The journal as one step sees it."""

    journal: RunJournal
    action: str

    async def intend(self, key: str) -> bool:
        """Record the intent of one effect."""
        return await self.journal.intend(self.action, key)

    async def check_holder(self) -> None:
        """Raise Superseded when another process carries the run."""
        await self.journal.check_holder()

    async def outcome(self, key: str, words: str) -> None:
        """Note how the effect ended."""
        self.journal.outcome(self.action, key, words)
