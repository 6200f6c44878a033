"""Runs, their steps and intents, and who carries them; one run at a time is active on an instance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, Select, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.errors import TooLate
from playbook.run import ACTIVE, Effect, RunRecord, RunState, Step, StepState
from playbook.target import Target
from storage.places import flat, target_of
from storage.sql import (
    Row,
    among,
    changed,
    execute,
    given,
    inserting,
    inserting_new,
    matching,
    one,
    row_of,
    rows,
)
from storage.tables import intents, runs, steps

_ENDS = frozenset({RunState.PROVED, RunState.FAILED, RunState.UNDONE})

_r = runs.c
_OLDEST_FIRST = select(runs).order_by(_r.approved, _r.id)
_START = inserting_new(runs)
_GET = select(runs).where(matching(_r.id))
_OF = _OLDEST_FIRST.where(matching(_r.incident))
_IN_STATE = _OLDEST_FIRST.where(_r.state.in_(bindparam("states", expanding=True)))
_ACTIVE_ON = select(runs).where(
    matching(_r.account, _r.region, _r.instance), among(_r.state, RunState.APPROVED, RunState.EXECUTING)
)
_SET = update(runs).where(matching(_r.id)).returning(_r.attempt)
_TAKE = _SET.values(attempt=_r.attempt + 1, began=func.coalesce(_r.began, given(_r.began)))
_HOLDS = select(_r.id).where(matching(_r.id, _r.holder, _r.attempt))

_s = steps.c
_IDLE = select(_r.id).where(matching(_r.id), _r.state.not_in(ACTIVE)).with_for_update()
_ADD_STEPS = insert(steps)
_STEPS = select(steps).where(matching(_s.run)).order_by(_s.position)
_STEPS_OF = (
    select(steps)
    .join(runs, _r.id == _s.run)
    .where(matching(_r.incident))
    .order_by(_r.approved, _r.id, _s.position)
)
_SET_STEP = update(steps).where(matching(_s.run, _s.action))
_REOPEN_STEP = update(steps).where(_s.run.in_(_IDLE), matching(_s.action), _s.state == StepState.FAILED)
_BEGIN_STEPS = (
    update(steps)
    .where(
        matching(_s.run),
        _s.action.in_(bindparam("actions", expanding=True)),
        # A step that ended meanwhile has not begun: its end stands.
        _s.state.in_([StepState.WAITING, StepState.RUNNING]),
    )
    .values(began=func.coalesce(_s.began, given(_s.began)))
)

_e = intents.c
_INTEND = inserting(intents, lambda insert: insert.on_conflict_do_nothing().returning(_e.action, _e.key))
_END = update(intents).where(matching(_e.run, _e.action, _e.key))


@dataclass(frozen=True, slots=True)
class SqlRuns:
    """`playbook.ports.Runs` on a connection."""

    connection: AsyncConnection

    async def start(self, run: RunRecord, actions: Sequence[str]) -> None:
        """Insert run and steps. Raises TooLate when a run is active on the instance, or of this id exists."""
        row = row_of(run) | flat(run.target)
        del row["target"]
        if not await changed(self.connection, _START, row):
            known = await self.get(run.id)
            raise _other(await self._active_on(run.target)) if known is None else _known(known)
        fresh = [Step(run=run.id, action=action) for action in actions]
        if fresh:
            numbered = [row_of(step) | {"position": n} for n, step in enumerate(fresh)]
            await execute(self.connection, _ADD_STEPS, numbered)

    async def get(self, run: str) -> RunRecord | None:
        """The run of that id."""
        row = await one(self.connection, _GET, {"id_": run})
        return None if row is None else _run(row)

    async def of(self, incident: str) -> tuple[RunRecord, ...]:
        """Oldest first."""
        return await self._all(_OF, {"incident_": incident})

    async def in_state(self, states: Collection[RunState]) -> tuple[RunRecord, ...]:
        """Oldest first."""
        return await self._all(_IN_STATE, {"states": list(states)})

    async def take(self, run: str, holder: str, at: datetime) -> int:
        """Make `holder` the one who carries it, state EXECUTING; answers the new attempt's number.

        Raises TooLate when another run is active on the instance, LookupError when there is no such run.
        """
        taken = {"holder": holder, "state": RunState.EXECUTING, "began_": at, "ended": None}
        attempt = await self._exclusively(run, _TAKE, taken)
        if attempt is None:
            raise LookupError(f"there is no run {run}")
        return attempt

    async def holds(self, run: str, holder: str, attempt: int) -> bool:
        """Whether that holder and attempt still carry the run."""
        mine = {"id_": run, "holder_": holder, "attempt_": attempt}
        return await one(self.connection, _HOLDS, mine) is not None

    async def reopen(self, run: str, action: str, at: datetime) -> bool:
        """Put a FAILED step back to WAITING and its run to APPROVED, to be carried again; whether it was failed.

        False also while the run is still active. Nobody holds it then, so that whoever carried it stops.
        Raises TooLate when another run is active on the instance.
        """
        again = {"state": StepState.WAITING, "problem": "", "waits": "", "ended": None}
        async with self.connection.begin_nested():
            if not await changed(self.connection, _REOPEN_STEP, {"id_": run, "action_": action, **again}):
                return False
            approved = {"state": RunState.APPROVED, "holder": "", "approved": at, "ended": None}
            await self._exclusively(run, _SET, approved)
        return True

    async def set_state(self, run: str, state: RunState, at: datetime) -> None:
        """Change the run's state; ends are stamped. Raises TooLate as `take` does."""
        await self._exclusively(run, _SET, {"state": state, "ended": at if state in _ENDS else None})

    async def steps(self, run: str) -> tuple[Step, ...]:
        """In the order in which they were proposed."""
        return tuple(_step(row) for row in await rows(self.connection, _STEPS, {"run_": run}))

    async def steps_of(self, incident: str) -> tuple[Step, ...]:
        """The steps of all runs of an incident, by run (oldest first) and order."""
        return tuple(_step(row) for row in await rows(self.connection, _STEPS_OF, {"incident_": incident}))

    async def set_step(self, step: Step) -> None:
        """Replace a step's row. Raises LookupError when the run has no such step."""
        which = {"run_": step.run, "action_": step.action}
        if not await changed(self.connection, _SET_STEP, row_of(step) | which):
            raise LookupError(f"run {step.run} has no step {step.action}")

    async def begin_steps(self, run: str, actions: Collection[str], attempt: int, at: datetime) -> None:
        """Mark these steps as running in that attempt; their first beginning is kept."""
        which = {"run_": run, "actions": list(actions)}
        values = {"state": StepState.RUNNING, "attempt": attempt, "began_": at, "problem": ""}
        await execute(self.connection, _BEGIN_STEPS, which | values)

    async def intend(
        self, run: str, effects: Collection[Effect], attempt: int, at: datetime
    ) -> frozenset[Effect]:
        """Record intents, each by its action and key; answers those that had been recorded before."""
        wanted = frozenset(effects)
        if not wanted:
            return frozenset()
        same = {"run": run, "attempt": attempt, "at": at, "outcome": "", "ended": None}
        each = [same | {"action": action, "key": key} for action, key in sorted(wanted)]
        new = await execute(self.connection, _INTEND, each)
        return wanted - {(row.action, row.key) for row in new}

    async def outcomes(self, run: str, ended: Sequence[tuple[Effect, str]], at: datetime) -> None:
        """Record how effects ended."""
        each = [
            {"run_": run, "action_": action, "key_": key, "outcome": words, "ended": at}
            for (action, key), words in ended
        ]
        if each:
            await execute(self.connection, _END, each)

    async def _all(self, wanted: Select[Any], given: Row) -> tuple[RunRecord, ...]:
        return tuple(_run(row) for row in await rows(self.connection, wanted, given))

    async def _exclusively(self, run: str, change: Executable, values: Row) -> int | None:
        try:
            async with self.connection.begin_nested():
                return await self.connection.scalar(change, {"id_": run, **values})
        except IntegrityError as error:
            raise await self._occupied(run) from error

    async def _occupied(self, run: str) -> TooLate:
        known = await self.get(run)
        return _other(None if known is None else await self._active_on(known.target))

    async def _active_on(self, target: Target) -> RunRecord | None:
        place = {"account_": target.account, "region_": target.region, "instance_": target.instance}
        row = await one(self.connection, _ACTIVE_ON, place)
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


def _run(row: Row) -> RunRecord:
    return RunRecord(target=target_of(row), **row)


def _step(row: Row) -> Step:
    del row["position"]
    return Step(**row)
