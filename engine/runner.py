"""Carrying out a run: every step at once, each behind its gate, each with its own end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

import structlog

from actions.action import AnyAction, Look
from actions.catalogue import BY_NAME
from actions.polling import settled
from actions.run import Run
from aws.account import Account
from aws.record import Call, recorded
from commands import progress
from commands.propose import propose_anew
from engine.gates import StepGate, gates
from engine.journal import RunJournal, StepJournal
from engine.plant import Plant
from playbook.errors import DoesNotApply, Drift, Ec2irError, Refused, StepFailed, Superseded, Unreachable
from playbook.plan import Json, Plan, fingerprint
from playbook.proof import Proof
from playbook.proposal import Kind, Proposal
from playbook.run import RunRecord, RunState, StepState

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

_LOOKS = (0.5, 1.0, 2.0)
"""Seconds between the looks of one verification: AWS shows a change a moment after it made it."""
_TO_DO = frozenset({StepState.WAITING, StepState.RUNNING})


async def carry_out(plant: Plant, run: str) -> None:
    """Carry a run on from wherever it stands. Harmless to call again, from any process, at any time.

    Raises Superseded when another process took the run meanwhile.
    """
    desk = plant.desk
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
        if record is None or proposal is None or record.state not in (RunState.APPROVED, RunState.EXECUTING):
            return
        resumed = record.state is RunState.EXECUTING
        attempt = await unit.runs.take(run, plant.executor, desk.clock())
        steps = {s.action: s for s in await unit.runs.steps(run)}
    journal = RunJournal(store=desk.store, run=run, holder=plant.executor, attempt=attempt, clock=desk.clock)
    work = _Work(plant=plant, record=record, proposal=proposal, journal=journal)
    to_do = [a for a in proposal.actions if steps[a].state in _TO_DO]
    if resumed:
        # An interface left open to the world comes before everything else, even before asking who may.
        await asyncio.gather(*(work.rescue(a) for a in to_do))
    else:
        try:
            await progress.admit(desk, run)
        except (Refused, Unreachable) as refusal:
            await progress.refuse_run(desk, run, refusal)
            return
    await work.steps(to_do, attempt)


async def check(plant: Plant, run: str, action: str) -> None:
    """Look again at a step whose proof was incomplete."""
    desk = plant.desk
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
        steps = {s.action: s for s in await unit.runs.steps(run)}
    if record is None or proposal is None or steps[action].state is not StepState.APPLIED:
        return
    plan = _plan_of(proposal, action)
    look = Look(aws=plant.account(record.target), now=desk.clock(), applied=steps[action].ended)
    with recorded() as calls:
        try:
            proof = await BY_NAME[action].verify(plan, look)
        except (StepFailed, Unreachable) as problem:
            await progress.not_checked(desk, record, action, problem)
            return
    await progress.proved(desk, record, action, proof, _observed(proof, calls))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    plant: Plant
    record: RunRecord
    proposal: Proposal
    journal: RunJournal

    @property
    def aws(self) -> Account:
        """The account of the run's target."""
        return self.plant.account(self.record.target)

    async def steps(self, to_do: Sequence[str], attempt: int) -> None:
        desk = self.plant.desk
        await progress.began(desk, self.record, to_do, attempt=attempt)
        at = gates({a: BY_NAME[a].after for a in to_do}, to_do)
        ends = await asyncio.gather(*(self._step(BY_NAME[a], at[a]) for a in to_do), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def rescue(self, action: str) -> None:
        rescue = BY_NAME[action].rescue
        if rescue is not None:
            await rescue(
                _plan_of(self.proposal, action),
                self._run(BY_NAME[action], StepGate(before=(), own=asyncio.Event())),
            )

    def _run(self, action: AnyAction, gate: StepGate) -> Run:
        return Run(
            id=self.record.id,
            incident=self.record.target.incident,
            aws=self.aws,
            clock=self.plant.desk.clock,
            journal=StepJournal(journal=self.journal, action=action.name),
            gate=gate,
            pause=self.plant.pause,
            awaited=gate.awaited,
        )

    async def _step(self, action: AnyAction, gate: StepGate) -> None:
        plan, run = _plan_of(self.proposal, action.name), self._run(action, gate)
        with recorded() as calls:
            try:
                if self.record.kind is Kind.DO:
                    await action.execute(plan, run)
                elif action.undo is not None:
                    await action.undo(plan, run)
            except Superseded:
                raise
            except Ec2irError as problem:
                await self._failed(action.name, problem, calls)
                return
            except Exception as problem:
                log.exception("step broke", run=self.record.id, action=action.name)
                await self._failed(action.name, _unforeseen(problem), calls)
                return
            finally:
                gate.open()
            await self.journal.flush()
            await self._prove(action, plan, calls)

    async def _failed(self, action: str, problem: Ec2irError, calls: list[Call]) -> None:
        await self.journal.flush()
        await progress.failed(
            self.plant.desk,
            self.record,
            action,
            str(problem),
            {"problem": str(problem), "calls": _calls(calls)},
        )
        if isinstance(problem, Drift) and self.record.kind is Kind.DO:
            await propose_anew(self.plant.desk, self.record.id, action, problem.what)

    async def _prove(self, action: AnyAction, plan: Plan, calls: list[Call]) -> None:
        desk, applied = self.plant.desk, self.plant.desk.clock()
        try:
            if self.record.kind is Kind.UNDO:
                await self._prove_undone(action, plan, calls)
                return
            proof = await settled(
                lambda: action.verify(plan, Look(aws=self.aws, now=desk.clock(), applied=applied)),
                lambda proof: proof.holds,
                self.plant.pause,
                _LOOKS,
            )
        except Ec2irError as problem:
            await self._failed(action.name, problem, calls)
            return
        await progress.proved(desk, self.record, action.name, proof, _observed(proof, calls))

    async def _prove_undone(self, action: AnyAction, plan: Plan, calls: list[Call]) -> None:
        async def as_before() -> bool:
            try:
                again = await action.plan(self.record.target, self.aws)
            except DoesNotApply:
                return False
            return fingerprint(again) == fingerprint(plan)

        restored = await settled(as_before, bool, self.plant.pause, _LOOKS)
        observed: Json = {"restored": restored, "calls": _calls(calls)}
        if restored:
            await progress.undone(self.plant.desk, self.record, self.proposal.undoes, action.name, observed)
            return
        words = "The undo ran, but the instance is not as it was before. Look at it; a new plan shows the difference."
        await progress.failed(self.plant.desk, self.record, action.name, words, observed)


def _plan_of(proposal: Proposal, action: str) -> Plan:
    step = next(s for s in proposal.steps if s.action == action)
    return BY_NAME[action].load(step.body)


def _observed(proof: Proof, calls: Sequence[Call]) -> Json:
    return {"rung": proof.rung.name, "says": list(proof.says), "waits": proof.waits, "calls": _calls(calls)}


def _calls(calls: Sequence[Call]) -> list[Json]:
    return [dataclasses.asdict(call) for call in calls]


def _unforeseen(problem: Exception) -> Ec2irError:
    return Ec2irError(
        f"ec2ir did not foresee this: {type(problem).__name__}.",
        means="The step may be half done; the log has the details.",
        then="Retry it: it looks before it acts.",
    )
