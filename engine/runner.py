"""Carrying out a run: every step at once, each behind its gate, each with its own end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Sequence
from datetime import datetime

import structlog

from actions.action import AnyAction, Look
from actions.polling import settled
from actions.run import Run
from aws.account import Account
from aws.record import Call, recorded
from commands import progress
from commands.brief import brief_of
from commands.containment import CUTS_OFF
from commands.propose import propose_anew
from engine.gates import HEAD_START, Changes, StepGate, gates
from engine.journal import RunJournal, StepJournal
from engine.plant import Plant
from engine.reports import Reports
from playbook.brief import Brief
from playbook.errors import (
    DoesNotApply,
    Drift,
    Ec2irError,
    Refused,
    StepFailed,
    StoreDown,
    Superseded,
    Unreachable,
)
from playbook.gathering import gather
from playbook.plan import Json, Plan, fingerprint
from playbook.proof import Proof
from playbook.proposal import Kind, Proposal
from playbook.run import ACTIVE, RunRecord, RunState, Step, StepState

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

_LOOKS = (0.5, 1.0, 2.0)
"""Seconds between the looks of one verification: AWS shows a change a moment after it made it."""
_TO_DO = frozenset({StepState.WAITING, StepState.RUNNING})


async def carry_out(plant: Plant, run: str) -> None:
    """Carry a run on from wherever it stands. Harmless to call again, from any process, at any time.

    A containment that nobody began yet waits for its turn first. Raises Superseded when another process took the run
    meanwhile, StoreDown when nothing can be recorded: the run then stays as it is, for whoever goes on with it.
    """
    async with plant.desk.store.begin() as unit:
        found, proposal = await unit.runs.get(run), await unit.proposals.get(run)
    # What is taken over is under way already, and may have left an interface open: it waits for nobody. Neither
    # does what cuts nothing off, such as an analysis: it takes minutes, and containment must not wait behind it.
    new = found is not None and found.state is RunState.APPROVED
    cuts = proposal is not None and bool(CUTS_OFF.intersection(proposal.actions))
    async with plant.turns if new and cuts else contextlib.nullcontext():
        await _carry_out(plant, run)


async def _carry_out(plant: Plant, run: str) -> None:
    desk = plant.desk
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
        if record is None or proposal is None or record.state not in ACTIVE:
            return
        attempt = await unit.runs.take(run, plant.executor, desk.clock())
        steps = {s.action: s for s in await unit.runs.steps(run)}
    mine = dataclasses.replace(record, state=RunState.EXECUTING, holder=plant.executor, attempt=attempt)
    journal = RunJournal(store=desk.store, run=run, holder=plant.executor, attempt=attempt, clock=desk.clock)
    reports = Reports(desk=desk, record=mine)
    work = _Work(plant=plant, record=mine, proposal=proposal, journal=journal, reports=reports)
    to_do = [a for a in proposal.actions if steps[a].state in _TO_DO]
    # An interface left open to the world comes before everything else, even before asking who may.
    if record.attempt:
        await gather(*(work.rescue(a) for a in to_do))
    if not any(steps[a].state is StepState.RUNNING for a in to_do):
        try:
            await progress.admit(desk, run)
        except StoreDown:
            raise
        except (Refused, Unreachable) as refusal:
            await progress.refuse_run(desk, mine, refusal)
            return
    await work.steps(to_do)
    await journal.flush()


async def check(plant: Plant, run: str, action: str) -> None:
    """Look again at a step whose proof was incomplete; later, while its instance is being changed."""
    desk = plant.desk
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
        if record is None or proposal is None:
            return
        step = next((s for s in await unit.runs.steps(run) if s.action == action), None)
        others = [r for r in await unit.runs.of(record.target.incident) if r.id != run and r.state in ACTIVE]
    if step is None or step.state is not StepState.APPLIED:
        return
    if any(other.target.instance == record.target.instance for other in others):
        await progress.put_off(desk, record, action)
        return
    try:
        await _look_again(plant, record, proposal, step)
    except Superseded:  # another step of this run was retried during the look
        await progress.put_off(desk, record, action)


async def _look_again(plant: Plant, record: RunRecord, proposal: Proposal, step: Step) -> None:
    desk, action = plant.desk, plant.actions[step.action]
    look = Look(aws=plant.account(record.target), now=desk.clock(), applied=step.ended)
    with recorded() as calls:
        try:
            proof = await action.verify(_plan_of(proposal, action), look)
        except Ec2irError as problem:
            await progress.not_checked(desk, record, action.name, problem)
            return
        except Exception as problem:
            log.exception("check broke", run=record.id, action=action.name)
            await progress.not_checked(desk, record, action.name, _unforeseen(problem))
            return
    await progress.proved(desk, record, [_looked(action.name, proof, calls)])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One attempt at a run: `record` names this process and attempt as its holder."""

    plant: Plant
    record: RunRecord
    proposal: Proposal
    journal: RunJournal
    reports: Reports

    @property
    def aws(self) -> Account:
        """The account of the run's target."""
        return self.plant.account(self.record.target)

    async def steps(self, to_do: Sequence[str]) -> None:
        """Carry these out at once, each behind its gate."""
        actions, changes = self.plant.actions, Changes(to_do)
        at = gates({a: actions[a].after for a in to_do}, to_do)
        await gather(
            progress.began(self.plant.desk, self.record, to_do),
            *(self._step(actions[a], at[a], changes) for a in to_do),
        )

    async def rescue(self, action: str) -> str:
        """Do what must not wait. Why it could not be done, or an empty string: the step then shows it too."""
        known = self.plant.actions[action]
        if known.rescue is None:
            return ""
        try:
            await known.rescue(
                _plan_of(self.proposal, known), self._run(known, StepGate(own=asyncio.Event()))
            )
        except (Superseded, StoreDown):
            raise
        except Ec2irError as problem:
            return str(problem)
        except Exception as problem:
            log.exception("rescue broke", run=self.record.id, action=action)
            return str(_unforeseen(problem))
        return ""

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

    async def _step(self, action: AnyAction, gate: StepGate, changes: Changes) -> None:
        with recorded() as calls:
            try:
                if gate.alone:
                    await self.plant.pause(HEAD_START)
                await self._change(action, gate)
                applied = self.plant.desk.clock()
                gate.open()
                changes.made(action.name)
                async with changes.turn():
                    await self._prove(action, calls, applied)
            except (Superseded, StoreDown):
                # Not this step's failure: whoever carries the run next goes on from its rows.
                raise
            except Ec2irError as problem:
                await self._failed(action, problem, calls)
            except Exception as problem:
                log.exception("step broke", run=self.record.id, action=action.name)
                await self._failed(action, _unforeseen(problem), calls)
            finally:
                # A failure opens the gate too, once it is recorded: isolation must not wait for ever.
                gate.open()
                changes.made(action.name)

    async def _change(self, action: AnyAction, gate: StepGate) -> None:
        plan, run = _plan_of(self.proposal, action), self._run(action, gate)
        if self.record.kind is Kind.DO:
            await action.execute(plan, run)
        elif action.undo is not None:
            await action.undo(plan, run)

    async def _failed(self, action: AnyAction, problem: Ec2irError, calls: list[Call]) -> None:
        left = await self.rescue(action.name)
        await self.journal.flush()
        words = f"{problem} {left}".strip()
        await progress.failed(
            self.plant.desk,
            self.record,
            action.name,
            words,
            {"problem": words, "calls": _calls(calls)},
            undoes=self.proposal.undoes,
        )
        if isinstance(problem, Drift) and self.record.kind is Kind.DO:
            await propose_anew(self.plant.desk, self.record.id, action.name, problem.what)

    async def _prove(self, action: AnyAction, calls: list[Call], applied: datetime) -> None:
        desk, plan = self.plant.desk, _plan_of(self.proposal, action)
        if self.record.kind is Kind.UNDO:
            await self._prove_undone(action, plan, calls)
            return
        proof = await settled(
            lambda: action.verify(plan, Look(aws=self.aws, now=desk.clock(), applied=applied)),
            lambda proof: proof.holds,
            self.plant.pause,
            _LOOKS,
        )
        await self.reports.add(_looked(action.name, proof, calls))

    async def _prove_undone(self, action: AnyAction, plan: Plan, calls: list[Call]) -> None:
        async def as_before() -> bool:
            try:
                again = await action.plan(
                    self.record.target, self.aws.knowing(await self._brief(action, plan))
                )
            except DoesNotApply:
                return False
            return fingerprint(again) == fingerprint(plan)

        if not await settled(as_before, bool, self.plant.pause, _LOOKS):
            raise StepFailed(
                "The undo ran, but the instance is not as it was before.",
                then="Look at it: a new plan shows the difference.",
            )
        observed: Json = {"restored": True, "calls": _calls(calls)}
        await progress.undone(self.plant.desk, self.record, self.proposal.undoes, action.name, observed)

    async def _brief(self, action: AnyAction, plan: Plan) -> Brief:
        if action.knew is not None:
            return action.knew(plan)
        async with self.plant.desk.store.begin() as unit:
            return await brief_of(unit, self.record.target)


def _plan_of(proposal: Proposal, action: AnyAction) -> Plan:
    step = next(s for s in proposal.steps if s.action == action.name)
    return action.load(step.body)


def _looked(action: str, proof: Proof, calls: Sequence[Call]) -> progress.Looked:
    seen = {"rung": proof.rung.name, "says": list(proof.says), "waits": proof.waits, "calls": _calls(calls)}
    if proof.made:
        seen["made"] = list(proof.made)
    return progress.Looked(action=action, proof=proof, observed=seen)


def _calls(calls: Sequence[Call]) -> list[Json]:
    return [dataclasses.asdict(call) for call in calls]


def _unforeseen(problem: Exception) -> Ec2irError:
    return Ec2irError(
        f"ec2ir did not foresee this: {type(problem).__name__}.",
        means="The step may be half done; the log has the details.",
        then="Retry it: it looks before it acts.",
    )
