"""What a run reports while it is carried out: rows, evidence and news, written as they become true."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from actions.catalogue import BY_NAME
from commands import remind
from commands.approve import as_it_stands, need_of
from commands.containment import CUTS_OFF, settle_containment
from commands.desk import Desk, locked
from commands.indicators import learn
from commands.recovery import BRINGS_BACK, settle_recovery
from commands.roles import require_any_role
from commands.telling import LONGEST, show, tell
from commands.watch_course import begin
from playbook.approval import LIFETIME, enough, judge
from playbook.clock import elapsed
from playbook.errors import Ec2irError, NotAllowed, Refused, Superseded, TooLate
from playbook.incident import IncidentState
from playbook.people import BOT, Door, Person
from playbook.plan import Json
from playbook.ports import Unit
from playbook.proof import Proof
from playbook.proposal import Kind, Proposal
from playbook.run import RunRecord, RunState, Step, StepState, state_after, state_of_run
from playbook.slot import Alarm, Slot
from playbook.text import plain
from playbook.timeline import Event

GAP = timedelta(minutes=1)
"""How long after a check that could not be made the next one is tried, at first."""
_TO_DO = frozenset({StepState.WAITING, StepState.RUNNING})


async def admit(desk: Desk, run: str) -> tuple[RunRecord, Proposal]:
    """What is to be carried out, if those who approved it still may.

    Raises NotAllowed when somebody lost the role since, Refused when their approvals are not enough in the
    environment seen by now, Unreachable when nobody can say.
    """
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
        if record is None or proposal is None:
            raise Refused(f"There is no run {run}.")
        proposal = await as_it_stands(unit, proposal)
    if proposal.sample:
        raise NotAllowed("A sample finding's plan can't be run.")
    wanted = need_of(proposal)
    for approval in proposal.approvals:
        roles = await desk.directory.roles(approval.person, approval.door)
        try:
            judge(
                wanted, proposer=proposal.proposer, person=approval.person, roles=roles, others=(),
                override=bool(approval.override),
            )  # fmt: skip
        except NotAllowed as refusal:
            raise NotAllowed(
                f"{approval.person} approved this and may not (any more): {refusal.what}",
                means="It was not started.",
                then="Make a new plan.",
            ) from refusal
    if not enough(wanted, proposal.approvals):
        raise Refused(
            f"By now this plan needs {wanted.words(proposal.proposer)}.",
            means="It was not started.",
            then="Make a new plan.",
        )
    return record, proposal


async def refuse_run(desk: Desk, record: RunRecord, refusal: Ec2irError) -> None:
    """An approved run was not started: every row that was to be carried out says why."""
    now, incident = desk.clock(), record.target.incident
    async with desk.store.begin() as unit:
        await _still_mine(unit, record)
        for step in await unit.runs.steps(record.id):
            if step.state in _TO_DO:
                refused = dataclasses.replace(
                    step, state=StepState.FAILED, problem=f"Not started: {refusal.what}", ended=now
                )
                await unit.runs.set_step(_kept(refused))
        await unit.runs.set_state(record.id, RunState.FAILED, now)
        await tell(
            unit, incident=incident, at=now, actor=BOT.id, event=Event.STEP,
            words=f"The approved plan was not started: {refusal}", data={"run": record.id},
            aloud=f"refused:{record.id}:{record.attempt}",
        )  # fmt: skip


async def began(desk: Desk, record: RunRecord, actions: Sequence[str]) -> None:
    """These steps are being carried out now, by the record's holder."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        await _still_mine(unit, record)
        await unit.runs.begin_steps(record.id, actions, record.attempt, now)
        await tell(
            unit, incident=record.target.incident, at=now, actor=BOT.id, event=Event.STARTED,
            words=("Undoing " if record.kind is Kind.UNDO else "Carrying out ")
            + ", ".join(BY_NAME[a].title for a in actions)
            + (f" (attempt {record.attempt})" if record.attempt > 1 else ""),
            data={"run": record.id, "attempt": record.attempt},
        )  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at one step found, and everything that was observed on the way there."""

    action: str
    proof: Proof
    observed: Json


async def proved(desk: Desk, record: RunRecord, looks: Sequence[Looked]) -> None:
    """Steps of a run were looked at: store what was observed, then their rows; ask for another look if it pays.

    A later look can also show that a step does not hold: then its row says so, and the incident is no longer
    contained. Without effect on a step that was undone meanwhile.
    """
    now = desk.clock()
    async with desk.store.begin() as unit:
        observed = [(f"{record.id}/{look.action}", look.observed) for look in looks]
        steps = await _observed(unit, record, observed, now)
        changed = [
            after for look in looks if (after := await _looked(unit, record, steps[look.action], look, now))
        ]
        if changed:
            await _settle(desk, unit, record, changed, now)


async def _looked(unit: Unit, record: RunRecord, step: Step, look: Looked, now: datetime) -> str:
    """Write one step's row; its action's name, or an empty string where the look has no effect any more."""
    if step.state not in (*_TO_DO, StepState.APPLIED):
        return ""
    proof, state = look.proof, state_after(look.proof)
    after = dataclasses.replace(
        step,
        state=state,
        says=proof.says,
        waits=proof.waits,
        problem="; ".join(proof.says) if state is StepState.FAILED else "",
        ended=step.ended or now,
        checks=step.checks + 1,
    )
    await unit.runs.set_step(_kept(after))
    if proof.indicators:
        source = BY_NAME[step.action].title
        await learn(unit, record.target.incident, proof.indicators, source, now)
    if proof.again is not None and state is StepState.APPLIED:
        await _look_again(unit, record.id, after, now + proof.again)
    if after.state is not step.state:
        await _tell_step(unit, record, after, now)
    else:
        await show(unit, record.target.incident, now)
    return step.action


async def failed(
    desk: Desk, record: RunRecord, action: str, problem: str, observed: Json, *, undoes: str = ""
) -> None:
    """A step could not be carried out; the others are not touched by that.

    A failed undo may have taken back a part: the row of the run that it `undoes` waits for a fresh look.
    """
    now = desk.clock()
    async with desk.store.begin() as unit:
        step = (await _observed(unit, record, [(f"{record.id}/{action}", observed)], now))[action]
        after = dataclasses.replace(step, state=StepState.FAILED, problem=problem, ended=now)
        await unit.runs.set_step(_kept(after))
        await _tell_step(unit, record, after, now)
        if undoes:
            await _doubt(unit, undoes, action, problem, now)
        await _settle(desk, unit, record, [action], now)


async def _doubt(unit: Unit, run: str, action: str, problem: str, now: datetime) -> None:
    step = await _step(unit, run, action)
    if step.state not in (StepState.APPLIED, StepState.PROVED):
        return
    after = dataclasses.replace(
        step,
        state=StepState.APPLIED,
        waits=f"a fresh look, because an undo failed: {problem}",
        checks=step.checks + 1,
    )
    await unit.runs.set_step(_kept(after))
    await _look_again(unit, run, after, now)
    await _resettle(unit, run, now)


async def not_checked(desk: Desk, record: RunRecord, action: str, problem: Ec2irError) -> None:
    """A further look could not be made: that proves nothing, is said, and is tried again, less and less often."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        await _still_mine(unit, record)
        step = await _step(unit, record.id, action)
        if step.state is not StepState.APPLIED:
            return
        after = dataclasses.replace(
            step, waits=f"the last check could not be made: {problem.what}", checks=step.checks + 1
        )
        await unit.runs.set_step(_kept(after))
        await _look_again(unit, record.id, after, now + max(GAP, (now - (step.ended or now)) / 4))
        await show(unit, record.target.incident, now)


async def put_off(desk: Desk, record: RunRecord, action: str) -> None:
    """Another run changes the instance just now: what would be seen proves nothing, so look later."""
    async with desk.store.begin() as unit:
        await locked(unit, record.target.incident)
        step = await _step(unit, record.id, action)
        if step.state is not StepState.APPLIED:
            return
        after = dataclasses.replace(step, checks=step.checks + 1)
        await unit.runs.set_step(after)
        await _look_again(unit, record.id, after, desk.clock() + GAP)


async def undone(desk: Desk, record: RunRecord, undoes: str, action: str, observed: Json) -> None:
    """A step was taken back, and the instance is seen to be as it was before."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        mine = (await _observed(unit, record, [(f"{record.id}/{action}", observed)], now))[action]
        for step in (mine, await _step(unit, undoes, action)):
            await unit.runs.set_step(
                dataclasses.replace(
                    step, state=StepState.UNDONE, says=("as it was before",), waits="", problem="", ended=now
                )
            )
        await tell(
            unit, incident=record.target.incident, at=now, actor=BOT.id, event=Event.UNDONE,
            words=f"{BY_NAME[action].title} undone: as it was before",
            data={"run": undoes, "action": action}, aloud=f"undone:{record.id}:{action}",
        )  # fmt: skip
        await _settle(desk, unit, record, [action], now)
        await _resettle(unit, undoes, now)
        if action in CUTS_OFF:  # released: it is reachable again, and whoever was in may come back
            await begin(unit, [(record.target, "")], desk.policy.watch, by=BOT, at=now)


async def retry(desk: Desk, run: str, action: str, *, by: Person, door: Door) -> None:
    """Carry out a failed step again, alone, under the approval that it had.

    Raises TooLate when that approval is older than its lifetime, Refused when the step has not failed or the
    incident is closed, NotAllowed without a role.
    """
    await require_any_role(desk, by, door)
    now = desk.clock()
    async with desk.store.begin() as unit:
        record, proposal = await unit.runs.get(run), await unit.proposals.get(run)
        if record is None or proposal is None or action not in proposal.actions:
            raise Refused("There is no such step to retry.", then="The card shows what stands.")
        if (await locked(unit, record.target.incident)).state is not IncidentState.OPEN:
            raise Refused("This incident is closed.", means="The step was not retried.")
        # The run's own time moves with every retry; the approval's does not.
        approved = proposal.decided or record.approved
        if now > approved + LIFETIME:
            raise TooLate(
                f"This plan was approved {elapsed(now - approved)} ago; an approval lasts {elapsed(LIFETIME)}.",
                means="The step was not retried.",
                then="Make a new plan for it.",
            )
        if not await unit.runs.reopen(run, action, now):
            raise Refused("That step has not failed.", then="The card shows what stands.")
        await tell(
            unit, incident=record.target.incident, at=now, actor=by.id, event=Event.STARTED,
            words=f"{by} retries “{BY_NAME[action].title}”", data={"run": run},
        )  # fmt: skip
    await desk.executor.carry(run)


async def _still_mine(unit: Unit, record: RunRecord) -> None:
    """Lock the incident; raise Superseded when the run is carried by another, or on another attempt, than recorded.

    Locked, so that of steps that end at once each sees the one before, and the last one finds the run ended.
    """
    await locked(unit, record.target.incident)
    if not await unit.runs.holds(record.id, record.holder, record.attempt):
        raise Superseded(f"Run {record.id} is carried by another process.", means="This one writes nothing.")


async def _step(unit: Unit, run: str, action: str) -> Step:
    return next(s for s in await unit.runs.steps(run) if s.action == action)


async def _observed(
    unit: Unit, record: RunRecord, observed: Sequence[tuple[str, Json]], now: datetime
) -> dict[str, Step]:
    """Store the evidence, and answer the run's rows as they are now. Raises Superseded."""
    # The ledger first: it is locked until the transaction ends, so that of steps that end at once each sees
    # the one before, and the last one finds the run ended.
    for subject, body in observed:
        await unit.ledger.add(record.target.incident, now, "observed", subject, body)
    await _still_mine(unit, record)
    return {step.action: step for step in await unit.runs.steps(record.id)}


def _kept(step: Step) -> Step:
    """The row with words that a card can hold."""
    return dataclasses.replace(
        step,
        says=tuple(plain(s, LONGEST) for s in step.says),
        waits=plain(step.waits, LONGEST),
        problem=plain(step.problem, LONGEST),
    )


async def _look_again(unit: Unit, run: str, step: Step, due: datetime) -> None:
    subject = f"{run}/{step.action}"
    await unit.slots.add(
        Slot(key=f"proof:{subject}:{step.checks}", alarm=Alarm.PROOF, subject=subject, due=due)
    )


async def _tell_step(unit: Unit, record: RunRecord, step: Step, now: datetime) -> None:
    title = ("Undo: " if record.kind is Kind.UNDO else "") + BY_NAME[step.action].title
    words = {
        StepState.PROVED: f"{title}: proved · {'; '.join(step.says)}",
        StepState.APPLIED: f"{title}: applied · {'; '.join(step.says)}. Waits for: {step.waits}",
    }.get(step.state, f"{title}: failed · {step.problem}")
    news = step.state in (StepState.FAILED, StepState.PROVED)
    await tell(
        unit, incident=record.target.incident, at=now, actor=BOT.id, event=Event.STEP, words=words,
        data={"run": record.id, "action": step.action, "state": step.state.value},
        aloud=f"step:{record.id}:{step.action}:{step.state.value}:{step.attempt}:{step.checks}" if news else "",
    )  # fmt: skip


async def _settle(desk: Desk, unit: Unit, record: RunRecord, actions: Collection[str], now: datetime) -> None:
    """Give the run the state that its rows add up to, and the incident its containment and recovery."""
    await _resettle(unit, record.id, now)
    if CUTS_OFF.intersection(actions):
        await settle_containment(unit, record.target.incident, now)
        await remind.arrange(unit, record.target.incident, desk.policy.reminders, now)
    if BRINGS_BACK.intersection(actions):
        found = await locked(unit, record.target.incident)
        await settle_recovery(unit, found.id, found.opened, now, desk.policy.watch)


async def _resettle(unit: Unit, run: str, now: datetime) -> None:
    record = await unit.runs.get(run)
    if record is None:
        return
    state = state_of_run(record.kind, await unit.runs.steps(run))
    if state not in (RunState.EXECUTING, record.state):
        await unit.runs.set_state(run, state, now)
