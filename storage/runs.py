"""Runs, their steps and intents, and who carries them; one run at a time is active on an instance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Update, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.errors import TooLate
from playbook.run import ACTIVE, Effect, RunRecord, RunState, Step, StepState
from playbook.target import Target
from storage.places import PLACE, flat, target_of
from storage.sql import among, changed, insert, insert_new, one, row_of, rows
from storage.tables import executors, intents, runs, steps

_ENDS = frozenset({RunState.PROVED, RunState.FAILED, RunState.UNDONE})


@dataclass(frozen=True, slots=True)
class SqlRuns:
    """`playbook.ports.Runs` on a connection."""

    connection: AsyncConnection

    async def start(self, run: RunRecord, actions: Sequence[str]) -> None:
        """Insert run and steps. Raises TooLate when a run is active on the instance, or of this id exists."""
        row = row_of(run) | flat(run.target)
        del row["target"]
        if not await insert_new(self.connection, runs, row):
            known = await self.get(run.id)
            raise _other(await self._active_on(run.target)) if known is None else _known(known)
        fresh = [Step(run=run.id, action=action) for action in actions]
        if fresh:
            numbered = [row_of(step) | {"position": n} for n, step in enumerate(fresh)]
            await self.connection.execute(insert(self.connection, steps).values(numbered))

    async def get(self, run: str) -> RunRecord | None:
        """The run of that id."""
        row = await one(self.connection, select(runs).where(runs.c.id == run))
        return None if row is None else _run(row)

    async def of(self, incident: str) -> tuple[RunRecord, ...]:
        """Oldest first."""
        return await self._all(runs.c.incident == incident)

    async def in_state(self, states: Collection[RunState]) -> tuple[RunRecord, ...]:
        """Oldest first."""
        return await self._all(runs.c.state.in_(states))

    async def take(self, run: str, holder: str, at: datetime) -> int:
        """Make `holder` the one who carries it, state EXECUTING; answers the new attempt's number.

        Raises TooLate when another run is active on the instance, LookupError when there is no such run.
        """
        statement = (
            _at(run)
            .values(
                holder=holder,
                state=RunState.EXECUTING,
                attempt=runs.c.attempt + 1,
                began=func.coalesce(runs.c.began, at),
                ended=None,
            )
            .returning(runs.c.attempt)
        )
        attempt = await self._exclusively(run, statement)
        if attempt is None:
            raise LookupError(f"there is no run {run}")
        return attempt

    async def holds(self, run: str, holder: str, attempt: int) -> bool:
        """Whether that holder and attempt still carry the run."""
        mine = (runs.c.id == run, runs.c.holder == holder, runs.c.attempt == attempt)
        return await one(self.connection, select(runs.c.id).where(*mine)) is not None

    async def reopen(self, run: str, action: str, at: datetime) -> bool:
        """Put a FAILED step back to WAITING and its run to APPROVED, to be carried again; whether it was failed.

        False also while the run is still active. Nobody holds it then, so that whoever carried it stops.
        Raises TooLate when another run is active on the instance.
        """
        idle = select(runs.c.id).where(runs.c.id == run, runs.c.state.not_in(ACTIVE)).with_for_update()
        again = (
            update(steps)
            .where(steps.c.run.in_(idle), steps.c.action == action, steps.c.state == StepState.FAILED)
            .values(state=StepState.WAITING, problem="", waits="", ended=None)
        )
        async with self.connection.begin_nested():
            if not await changed(self.connection, again):
                return False
            approved = _at(run).values(state=RunState.APPROVED, holder="", approved=at, ended=None)
            await self._exclusively(run, approved.returning(runs.c.attempt))
        return True

    async def set_state(self, run: str, state: RunState, at: datetime) -> None:
        """Change the run's state; ends are stamped. Raises TooLate as `take` does."""
        values: dict[str, Any] = {"state": state, "ended": at if state in _ENDS else None}
        await self._exclusively(run, _at(run).values(values).returning(runs.c.attempt))

    async def steps(self, run: str) -> tuple[Step, ...]:
        """In the order in which they were proposed."""
        found = await rows(
            self.connection, select(steps).where(steps.c.run == run).order_by(steps.c.position)
        )
        return tuple(_step(row) for row in found)

    async def steps_of(self, incident: str) -> tuple[Step, ...]:
        """The steps of all runs of an incident, by run (oldest first) and order."""
        wanted = select(steps).join(runs, runs.c.id == steps.c.run).where(runs.c.incident == incident)
        found = await rows(self.connection, wanted.order_by(runs.c.approved, runs.c.id, steps.c.position))
        return tuple(_step(row) for row in found)

    async def set_step(self, step: Step) -> None:
        """Replace a step's row. Raises LookupError when the run has no such step."""
        which = (steps.c.run == step.run, steps.c.action == step.action)
        if not await changed(self.connection, update(steps).where(*which).values(row_of(step))):
            raise LookupError(f"run {step.run} has no step {step.action}")

    async def begin_steps(self, run: str, actions: Collection[str], attempt: int, at: datetime) -> None:
        """Mark these steps as running in that attempt; their first beginning is kept."""
        # A step that ended meanwhile has not begun: its end stands.
        open_ = steps.c.state.in_([StepState.WAITING, StepState.RUNNING])
        which = (steps.c.run == run, steps.c.action.in_(list(actions)), open_)
        began = func.coalesce(steps.c.began, bindparam("now", at, steps.c.began.type))
        values = {"state": StepState.RUNNING.value, "attempt": attempt, "began": began, "problem": ""}
        await self.connection.execute(update(steps).where(*which).values(values))

    async def intend(
        self, run: str, effects: Collection[Effect], attempt: int, at: datetime
    ) -> frozenset[Effect]:
        """Record intents, each by its action and key; answers those that had been recorded before."""
        wanted = frozenset(effects)
        if not wanted:
            return frozenset()
        same = {"run": run, "attempt": attempt, "at": at, "outcome": "", "ended": None}
        # A list of rows, not a statement with many values: the latter is compiled anew for each number of them.
        rows = [same | {"action": action, "key": key} for action, key in sorted(wanted)]
        statement = insert(self.connection, intents).on_conflict_do_nothing()
        new = await self.connection.execute(statement.returning(intents.c.action, intents.c.key), rows)
        return wanted - {(row.action, row.key) for row in new}

    async def outcomes(self, run: str, ended: Sequence[tuple[Effect, str]], at: datetime) -> None:
        """Record how effects ended."""
        if not ended:
            return
        which = (
            intents.c.run == bindparam("of_run"),
            intents.c.action == bindparam("of_action"),
            intents.c.key == bindparam("of_key"),
        )
        statement = update(intents).where(*which).values(outcome=bindparam("words"), ended=at)
        rows = [
            {"of_run": run, "of_action": action, "of_key": key, "words": words}
            for (action, key), words in ended
        ]
        await self.connection.execute(statement, rows)

    async def beat(self, executor: str, at: datetime) -> None:
        """An executor lives."""
        statement = insert(self.connection, executors).values(id=executor, seen=at)
        await self.connection.execute(
            statement.on_conflict_do_update(index_elements=["id"], set_={"seen": at})
        )

    async def silent(self, before: datetime) -> tuple[str, ...]:
        """Executors whose last beat is older."""
        wanted = select(executors.c.id).where(executors.c.seen < before).order_by(executors.c.seen)
        return tuple(await self.connection.scalars(wanted))

    async def bury(self, executor: str) -> None:
        """Forget an executor."""
        await self.connection.execute(delete(executors).where(executors.c.id == executor))

    async def _all(self, which: ColumnElement[bool]) -> tuple[RunRecord, ...]:
        found = await rows(self.connection, select(runs).where(which).order_by(runs.c.approved, runs.c.id))
        return tuple(_run(row) for row in found)

    async def _exclusively(self, run: str, statement: Any) -> int | None:
        try:
            async with self.connection.begin_nested():
                return await self.connection.scalar(statement)
        except IntegrityError as error:
            raise await self._occupied(run) from error

    async def _occupied(self, run: str) -> TooLate:
        known = await self.get(run)
        return _other(None if known is None else await self._active_on(known.target))

    async def _active_on(self, target: Target) -> RunRecord | None:
        c = runs.c
        place = (c.account == target.account, c.region == target.region, c.instance == target.instance)
        row = await one(
            self.connection, select(runs).where(*place, among(c.state, RunState.APPROVED, RunState.EXECUTING))
        )
        return None if row is None else _run(row)


def _known(run: RunRecord) -> TooLate:
    return TooLate(
        f"This plan was started already, at {run.approved:%H:%M:%S} UTC; its run is {run.state.value}.",
        means="It was not started twice.",
        then="The card shows how far it is.",
    )


def _other(run: RunRecord | None) -> TooLate:
    if run is None:  # it ended between the refusal and this look
        what, then = "Another run was active on this instance a moment ago.", "Try again."
    else:
        what = f"Run {run.id} ({run.kind.value}) is {run.state.value} on {run.target.instance}"
        what += f", since {run.began or run.approved:%H:%M:%S} UTC."
        then = "Try again when that run has ended."
    return TooLate(what, means="One run at a time may touch an instance, so nothing was started.", then=then)


def _at(run: str) -> Update:
    return update(runs).where(runs.c.id == run)


def _run(row: RowMapping) -> RunRecord:
    kept = {name: value for name, value in row.items() if name not in PLACE}
    return RunRecord(target=target_of(row), **kept)


def _step(row: RowMapping) -> Step:
    kept = dict(row)
    del kept["position"]
    return Step(**kept)
