"""What a run reports while it is carried out: rows, evidence and news, written as they become true."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta

from actions.catalogue import BY_NAME
from commands.approve import need_of
from commands.desk import Desk
from commands.roles import names_of
from commands.telling import show, tell
from playbook.approval import LIFETIME, judge
from playbook.clock import elapsed
from playbook.errors import Ec2irError, NotAllowed, Refused, TooLate
from playbook.people import BOT, Door, Person
from playbook.plan import Json
from playbook.ports import Unit
from playbook.proof import Proof
from playbook.proposal import Kind, Proposal
from playbook.run import RunRecord, RunState, Step, StepState, state_after, state_of_run
from playbook.slot import Alarm, Slot
from playbook.timeline import Event

CUTS_OFF = frozenset({"isolate", "stop"})
"""Steps that, once their configuration is verified, make an incident contained."""

GAP = timedelta(minutes=1)
"""How long after a check that could not be made the next one is tried."""


async def admit(desk: Desk, run: str) -> tuple[RunRecord, Proposal]:
    """What is to be carried out, if those who approved it still may.

    Raises NotAllowed when somebody lost the role since, Unreachable when nobody can say.
    """
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
    if record is None or proposal is None:
        raise Refused(f"There is no run {run}.")
    if proposal.sample:
        raise NotAllowed("A sample finding's plan can't be run.")
    wanted = need_of(proposal)
    for approval in proposal.approvals:
        roles = await desk.directory.roles(approval.person, approval.door)
        judge(
            wanted, proposer=proposal.proposer, person=approval.person, roles=roles,
            others=() if roles else await names_of(desk, wanted.role), override=bool(approval.override),
        )  # fmt: skip
    return record, proposal


async def refuse_run(desk: Desk, run: str, refusal: Ec2irError) -> None:
    """An approved run was not started: every row says why."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        record = await unit.runs.get(run)
        if record is None:
            return
        for step in await unit.runs.steps(run):
            await unit.runs.set_step(
                dataclasses.replace(step, state=StepState.FAILED, problem=refusal.what, ended=now)
            )
        await unit.runs.set_state(run, RunState.FAILED, now)
        await tell(
            unit, incident=record.target.incident, at=now, actor=BOT.id, event=Event.STEP,
            words=f"The approved plan was not started: {refusal}", aloud=f"refused:{run}",
        )  # fmt: skip


async def began(desk: Desk, record: RunRecord, actions: Sequence[str], *, attempt: int) -> None:
    """These steps are being carried out now."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        for step in await unit.runs.steps(record.id):
            if step.action in actions:
                await unit.runs.set_step(
                    dataclasses.replace(
                        step, state=StepState.RUNNING, attempt=attempt, began=step.began or now, problem=""
                    )
                )
        await tell(
            unit, incident=record.target.incident, at=now, actor=BOT.id, event=Event.STARTED,
            words=("Undoing " if record.kind is Kind.UNDO else "Carrying out ")
            + ", ".join(BY_NAME[a].title for a in actions)
            + (f" (attempt {attempt})" if attempt > 1 else ""),
            data={"run": record.id, "attempt": attempt},
        )  # fmt: skip


async def proved(desk: Desk, record: RunRecord, action: str, proof: Proof, observed: Json) -> StepState:
    """A step of a run was looked at: store what was observed, then its row; ask for another look if it pays."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        step = next(s for s in await unit.runs.steps(record.id) if s.action == action)
        state = state_after(proof)
        says = "; ".join(proof.says)
        after = dataclasses.replace(
            step,
            state=state,
            says=proof.says,
            waits=proof.waits,
            problem=says if state is StepState.FAILED else "",
            ended=step.ended or now,
            checks=step.checks + 1,
        )
        await unit.ledger.add(record.target.incident, now, "observed", f"{record.id}/{action}", observed)
        await unit.runs.set_step(after)
        if proof.again is not None and state is StepState.APPLIED:
            await _look_again(unit, record.id, after, proof.again, desk)
        if after.state is not step.state:
            await _tell_step(unit, record, after, desk)
        if action in CUTS_OFF and proof.holds:
            await _contained(unit, record, desk)
        await _settle(unit, record, desk)
        return state


async def failed(desk: Desk, record: RunRecord, action: str, problem: str, observed: Json) -> None:
    """A step could not be carried out (or undone); the others are not touched by that."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        step = next(s for s in await unit.runs.steps(record.id) if s.action == action)
        after = dataclasses.replace(step, state=StepState.FAILED, problem=problem, ended=now)
        await unit.ledger.add(record.target.incident, now, "observed", f"{record.id}/{action}", observed)
        await unit.runs.set_step(after)
        await _tell_step(unit, record, after, desk)
        await _settle(unit, record, desk)


async def not_checked(desk: Desk, record: RunRecord, action: str, problem: Ec2irError) -> None:
    """A further look could not be made: that proves nothing, is said, and is tried again."""
    async with desk.store.begin() as unit:
        step = next(s for s in await unit.runs.steps(record.id) if s.action == action)
        after = dataclasses.replace(
            step, waits=f"the last check could not be made: {problem.what}", checks=step.checks + 1
        )
        await unit.runs.set_step(after)
        await _look_again(unit, record.id, after, GAP, desk)
        await show(unit, record.target.incident, desk.clock())


async def undone(desk: Desk, record: RunRecord, undoes: str, action: str, observed: Json) -> None:
    """A step was taken back, and the instance is seen to be as it was before."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        for run in (record.id, undoes):
            step = next(s for s in await unit.runs.steps(run) if s.action == action)
            after = dataclasses.replace(
                step, state=StepState.UNDONE, says=("as it was before",), waits="", problem="", ended=now
            )
            await unit.runs.set_step(after)
        await unit.ledger.add(record.target.incident, now, "observed", f"{record.id}/{action}", observed)
        if action in CUTS_OFF:
            await unit.incidents.unmark_contained(record.target.incident)
        await tell(
            unit, incident=record.target.incident, at=now, actor=BOT.id, event=Event.UNDONE,
            words=f"{BY_NAME[action].title} undone: as it was before",
            data={"run": undoes, "action": action}, aloud=f"undone:{record.id}:{action}",
        )  # fmt: skip
        await _settle(unit, record, desk)


async def retry(desk: Desk, run: str, action: str, *, by: Person, door: Door) -> None:
    """Carry out a failed step again, alone, under the approval that it had.

    Raises TooLate when that approval is older than its lifetime, Refused when the step has not failed.
    """
    roles = await desk.directory.roles(by, door)
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
    if record is None or proposal is None or action not in proposal.actions:
        raise Refused("There is no such step to retry.", then="The card shows what stands.")
    if not roles:
        judge(
            need_of(proposal),
            proposer=None,
            person=by,
            roles=roles,
            others=await names_of(desk, need_of(proposal).role),
        )
    now = desk.clock()
    if now > record.approved + LIFETIME:
        raise TooLate(
            f"This plan was approved {elapsed(now - record.approved)} ago; an approval lasts {elapsed(LIFETIME)}.",
            means="The step was not retried.",
            then="Make a new plan for it.",
        )
    async with desk.store.begin() as unit:
        if not await unit.runs.reopen(run, action, now):
            raise Refused("That step has not failed.", then="The card shows what stands.")
        await tell(
            unit, incident=record.target.incident, at=now, actor=by.id, event=Event.STARTED,
            words=f"{by} retries “{BY_NAME[action].title}”", data={"run": run},
        )  # fmt: skip
    await desk.executor.carry(run)


async def _look_again(unit: Unit, run: str, step: Step, after: timedelta, desk: Desk) -> None:
    await unit.slots.add(
        Slot(
            key=f"proof:{run}/{step.action}:{step.checks}",
            alarm=Alarm.PROOF,
            subject=f"{run}/{step.action}",
            due=desk.clock() + after,
        )
    )


async def _tell_step(unit: Unit, record: RunRecord, step: Step, desk: Desk) -> None:
    title = BY_NAME[step.action].title
    words = {
        StepState.PROVED: f"{title}: proved. {'; '.join(step.says)}",
        StepState.APPLIED: f"{title}: applied. {'; '.join(step.says)}. Waits for: {step.waits}",
    }.get(step.state, f"{title}: failed. {step.problem}")
    news = step.state in (StepState.FAILED, StepState.PROVED)
    await tell(
        unit, incident=record.target.incident, at=desk.clock(), actor=BOT.id, event=Event.STEP, words=words,
        data={"run": record.id, "action": step.action, "state": step.state.value},
        aloud=f"step:{record.id}:{step.action}:{step.state}:{step.attempt}" if news else "",
    )  # fmt: skip


async def _contained(unit: Unit, record: RunRecord, desk: Desk) -> None:
    now, incident = desk.clock(), record.target.incident
    if not await unit.incidents.mark_contained(incident, now):
        return
    found = await unit.incidents.get(incident)
    took = elapsed(now - found.opened) if found is not None else ""
    await tell(
        unit, incident=incident, at=now, actor=BOT.id, event=Event.CONTAINED,
        words=f"{record.target.instance} is contained, {took} after the incident opened",
        data={"run": record.id}, aloud=f"contained:{record.id}",
    )  # fmt: skip


async def _settle(unit: Unit, record: RunRecord, desk: Desk) -> None:
    """Give the run the state that its rows add up to."""
    state = state_of_run(record.kind, await unit.runs.steps(record.id))
    if state is not RunState.EXECUTING:
        await unit.runs.set_state(record.id, state, desk.clock())
    await show(unit, record.target.incident, desk.clock())
