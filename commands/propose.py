"""Propose a step, several, or what the playbook recommends: plan it, store it under its hash, and show it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from actions.catalogue import BY_NAME
from commands.board import board
from commands.brief import brief_of
from commands.desk import Desk, locked, part_of, the_incident
from commands.roles import require_any_role
from commands.seen import saw
from commands.telling import show_plan, tell
from playbook.approval import LIFETIME, Decision
from playbook.checklist import malicious
from playbook.decisions import recommend
from playbook.errors import BadInput, Refused, Unreachable
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.people import BOT, Door, Person
from playbook.ports import Unit
from playbook.proposal import Kind, LeftOut, Proposal, ProposedStep
from playbook.run import StepState
from playbook.slot import Alarm, Slot
from playbook.text import plain
from playbook.timeline import Event

TWIN = timedelta(minutes=1)
"""Two copies of one alert that are planned within this time make one plan."""


async def propose(
    desk: Desk,
    incident: str,
    actions: Sequence[str],
    *,
    by: Person,
    door: Door,
    instance: str = "",
) -> Proposal:
    """Plan these actions on an instance of the incident (its first, unless named) and ask for approval.

    Raises BadInput for an unknown name, NotAllowed without a role, Refused when nothing is left to do or the
    incident is closed, Unreachable when AWS can't be asked.
    """
    _known(actions)
    await require_any_role(desk, by, door)
    return await _propose(desk, incident, actions, proposer=by, instance=instance)


async def propose_recommended(desk: Desk, incident: str, *, instance: str = "") -> tuple[Proposal, ...]:
    """Plan what the playbook recommends for each instance (or the named one); the bot is the proposer.

    Where it recommends nothing, or nothing can be planned, no proposal is made: the card says what is.
    """
    async with desk.store.begin() as unit:
        shown = await board(unit, incident, desk.clock())
    steps = tuple(step for step in shown.recommendation.steps if step in BY_NAME)
    chosen = [s.facts for s in shown.sections if s.facts.instance == instance or not instance]
    if not steps:
        return ()
    made = await asyncio.gather(*(_propose_or_say(desk, incident, steps, i) for i in chosen))
    return tuple(proposal for proposal in made if proposal is not None)


async def propose_missing(desk: Desk, incident: str) -> None:
    """Plan the containment that the playbook recommends for those instances for which ec2ir never planned it.

    Whether a finding opened the incident, joined it, or came again after a crash: harmless to repeat.
    """
    async with desk.store.begin() as unit:
        found = await the_incident(unit, incident)
        findings = await unit.findings.of(incident)
        instances = await unit.incidents.instances(incident)
        planned = await unit.proposals.of(incident)
        ticks = await unit.ticks.of(incident)
    if found.state is not IncidentState.OPEN or found.sample:
        return
    leading = findings[0] if findings else None
    steps = recommend(leading, found.environment, malicious=malicious(ticks)).steps
    known = {
        p.target.instance
        for p in planned
        if p.proposer is None and {*steps} <= {*p.actions, *(left.action for left in p.left_out)}
    }
    missing = [i for i in instances if i.instance not in known]
    if steps:
        await asyncio.gather(*(_propose_or_say(desk, incident, steps, i, once=True) for i in missing))


async def propose_undo(desk: Desk, run: str, action: str, *, by: Person, door: Door) -> Proposal:
    """Ask to take back one step of a run. Raises Refused when it can't be undone or did nothing."""
    _known([action])
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        original, record = await unit.proposals.get(run), await unit.runs.get(run)
        if original is None or record is None or record.kind is Kind.UNDO:
            raise BadInput(
                f"There is no run “{plain(run, 40)}” to undo.", then="The card's rows have Undo buttons."
            )
        found = await _must_be_open(unit, original.target.incident)
        done = {s.action: s for s in await unit.runs.steps(run)}
        bodies = {s.action: s for s in original.steps}
    step = done.get(action)
    if BY_NAME[action].undo is None:
        raise Refused(
            f"“{BY_NAME[action].title}” can't be undone.", then="It is evidence, or has no way back."
        )
    if step is None or step.state in (StepState.WAITING, StepState.RUNNING, StepState.UNDONE):
        raise Refused(f"“{BY_NAME[action].title}” is not in force in this run.", then="Look at the card.")
    proposal = _made(
        desk, found, original.target.account, original.target.region, original.target.instance,
        kind=Kind.UNDO, steps=(bodies[action],), left_out=(), proposer=by, undoes=run,
    )  # fmt: skip
    return await _store(desk, proposal)


async def propose_anew(desk: Desk, run: str, action: str, changed: str) -> None:
    """A step of a run met another world than its plan's: say what changed, and plan that step anew."""
    async with desk.store.begin() as unit:
        original = await unit.proposals.get(run)
    if original is not None and original.kind is Kind.DO:
        await _say_and_propose(desk, original, (action,), changed, key=f"{run}:{action}")


async def propose_in_place(desk: Desk, old: Proposal, changed: str) -> None:
    """The account is no longer what a waiting plan was made from: say what changed, and plan its steps anew.

    Without effect when somebody decided the plan at this moment: a run meets the change by itself.
    """
    now = desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, old.target.incident)
        if not await unit.proposals.decide(old.id, Decision.SUPERSEDED, BOT.name, now):
            return
        await show_plan(unit, old.target.incident, old.id, now)
    await _say_and_propose(desk, old, old.actions, changed, key=old.id)


async def _say_and_propose(
    desk: Desk, old: Proposal, actions: Sequence[str], changed: str, *, key: str
) -> None:
    target = old.target
    async with desk.store.begin() as unit:
        await locked(unit, target.incident)
        await tell(
            unit, incident=target.incident, at=desk.clock(), actor=BOT.id, event=Event.CHANGED,
            words=f"{changed} Here is the new plan.", data={"plan": old.id, "actions": list(actions)},
            aloud=f"changed:{key}",
        )  # fmt: skip
    try:
        await _propose(desk, target.incident, actions, proposer=old.proposer, instance=target.instance)
    except (Refused, Unreachable) as refusal:
        async with desk.store.begin() as unit:
            await locked(unit, target.incident)
            await tell(
                unit, incident=target.incident, at=desk.clock(), actor=BOT.id, event=Event.NOTE, words=str(refusal)
            )  # fmt: skip


async def _propose_or_say(
    desk: Desk, incident: str, steps: Sequence[str], facts: InstanceFacts, *, once: bool = False
) -> Proposal | None:
    try:
        return await _propose(desk, incident, steps, proposer=None, instance=facts.instance, once=once)
    except (Refused, Unreachable) as refusal:
        async with desk.store.begin() as unit:
            await locked(unit, incident)
            await tell(
                unit, incident=incident, at=desk.clock(), actor=BOT.id, event=Event.NOTE,
                words=f"No plan for {facts.instance}: {refusal}",
            )  # fmt: skip
        return None


async def _propose(
    desk: Desk,
    incident: str,
    actions: Sequence[str],
    *,
    proposer: Person | None,
    instance: str,
    once: bool = False,
) -> Proposal:
    async with desk.store.begin() as unit:
        found = await _must_be_open(unit, incident)
        facts = part_of(await unit.incidents.instances(incident), instance)
        brief = await brief_of(unit, facts.target(incident))
    fresh, (steps, left_out) = await asyncio.gather(
        desk.cloud.facts(facts.account, facts.region, facts.instance),
        desk.cloud.plan(facts.target(incident), tuple(actions), brief),
    )
    async with desk.store.begin() as unit:
        found = await saw(unit, incident, [fresh], found.severity, desk.clock())
    if not steps:
        why = "; ".join(f"{BY_NAME[s.action].title}: {plain(s.why, 300)}" for s in left_out)
        raise Refused(f"There is nothing to do. {why}", means="Nothing was planned.")
    proposal = _made(
        desk, found, facts.account, facts.region, facts.instance,
        kind=Kind.DO, steps=steps, left_out=left_out, proposer=proposer,
    )  # fmt: skip
    return await _store(desk, proposal, once=once)


def _made(
    desk: Desk,
    incident: Incident,
    account: str,
    region: str,
    instance: str,
    *,
    kind: Kind,
    steps: tuple[ProposedStep, ...],
    left_out: tuple[LeftOut, ...],
    proposer: Person | None,
    undoes: str = "",
) -> Proposal:
    now = desk.clock()
    facts = InstanceFacts(account=account, region=region, instance=instance)
    return Proposal(
        id=desk.new_id(),
        target=facts.target(incident.id),
        kind=kind,
        steps=steps,
        left_out=left_out,
        proposer=proposer,
        environment=incident.environment,
        sample=incident.sample,
        made=now,
        expires=now + LIFETIME,
        undoes=undoes,
    )


async def _store(desk: Desk, proposal: Proposal, *, once: bool = False) -> Proposal:
    """Store and show it; the plan that waits in the end, which with `once` may be an equal one of just now."""
    now, incident = desk.clock(), proposal.target.incident
    titles = ", ".join(BY_NAME[a].title for a in proposal.actions)
    verb = "Undo" if proposal.kind is Kind.UNDO else "Plan"
    async with desk.store.begin() as unit:
        await _must_be_open(unit, incident)
        for twin in await unit.proposals.of(incident, pending=True) if once else ():
            if twin.proposer is None and twin.hash == proposal.hash and now - twin.made < TWIN:
                return twin
        for older in await unit.proposals.add(proposal):
            await show_plan(unit, incident, older, now)
        await unit.slots.add(
            Slot(key=f"expire:{proposal.id}", alarm=Alarm.EXPIRY, subject=proposal.id, due=proposal.expires)
        )
        await tell(
            unit, incident=incident, at=now, actor=(proposal.proposer or BOT).id, event=Event.PROPOSED,
            words=f"{verb} {proposal.hash[:4]} on {proposal.target.instance}: {titles}",
            data={"proposal": proposal.id, "hash": proposal.hash, "actions": list(proposal.actions)},
        )  # fmt: skip
        await show_plan(unit, incident, proposal.id, now)
    return proposal


def _known(actions: Sequence[str]) -> None:
    unknown = [a for a in actions if a not in BY_NAME]
    if unknown or not actions:
        raise BadInput(
            f"There is no step “{plain(', '.join(unknown), 60)}”.", then=f"There are: {', '.join(BY_NAME)}."
        )


async def _must_be_open(unit: Unit, incident: str) -> Incident:
    found = await locked(unit, incident)
    if found.state is not IncidentState.OPEN:
        raise Refused("This incident is closed.", means="Nothing was planned.", then="Declare a new one.")
    return found
