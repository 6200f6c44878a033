"""Approve or reject a plan: one compare-and-set, bound to its hash; the last approval needed starts the run."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from actions.catalogue import BY_NAME
from commands.desk import Desk, locked, the_incident
from commands.freshness import require_unchanged
from commands.roles import holders_of, names_of, require_any_role
from commands.telling import show_plan, tell
from playbook.approval import (
    Approval,
    Decision,
    Need,
    check_override,
    check_pending,
    enough,
    judge,
    need,
)
from playbook.environment import strictest
from playbook.errors import BadInput, Refused, TooLate
from playbook.incident import IncidentState
from playbook.people import BOT, Door, Person, Role
from playbook.plan import dump_json
from playbook.ports import Unit
from playbook.proposal import Kind, Proposal
from playbook.run import RunRecord, RunState
from playbook.text import plain
from playbook.timeline import Event

SHORTEST = 4
"""Characters of a hash that are enough to name a plan at the terminal; the plan itself is named by its id."""


def need_of(proposal: Proposal) -> Need:
    """What the proposal needs: its riskiest step decides, in the environment it was made for."""
    return need((BY_NAME[a].risk for a in proposal.actions), proposal.environment)


async def as_it_stands(unit: Unit, proposal: Proposal) -> Proposal:
    """The proposal in the strictest environment seen since it was made: that decides what it needs by now."""
    incident = await the_incident(unit, proposal.target.incident)
    return dataclasses.replace(proposal, environment=strictest([proposal.environment, incident.environment]))


async def approve(
    desk: Desk, proposal: str, plan_hash: str, *, by: Person, door: Door, override: str | None = None
) -> Proposal:
    """Give one approval to that hash; start the run when it was the last one needed.

    `override` is a break-glass reason. Raises TooLate when the plan was decided, expired or is another by now,
    NotAllowed when this person may not, WorldChanged when the account is another by now, Refused for samples,
    Unreachable when roles or the account can't be read.
    """
    reason = check_override(override) if override is not None else ""
    found = await _pending(desk, proposal, plan_hash)
    wanted = need_of(found)
    roles = await desk.directory.roles(by, door)
    judge(
        wanted,
        proposer=found.proposer,
        person=by,
        roles=roles,
        others=await _others(desk, Role.APPROVER if reason else wanted.role, roles, found, by),
        override=bool(reason),
    )
    await require_unchanged(desk, found)
    everybody = await holders_of(desk, Role.APPROVER) if reason else ()
    approval = Approval(person=by, at=desk.clock(), override=reason, door=door)
    async with desk.store.begin() as unit:
        starts = await _record(unit, found, approval, wanted, [p.id for p in everybody])
    if starts:
        await desk.executor.carry(found.id)
    async with desk.store.begin() as unit:
        return await _existing(unit, proposal)


async def _others(
    desk: Desk, wanted: Role, roles: frozenset[Role], proposal: Proposal, by: Person
) -> tuple[str, ...]:
    """Who could approve instead; asked for only when it may be said."""
    proposes = proposal.proposer is not None and proposal.proposer.id == by.id
    return await names_of(desk, wanted, besides=by) if wanted not in roles or proposes else ()


async def _record(
    unit: Unit, proposal: Proposal, approval: Approval, wanted: Need, everybody: list[str]
) -> bool:
    """Write the approval; whether it was the one that starts the run."""
    incident, now, who = proposal.target.incident, approval.at, approval.person
    if (await locked(unit, incident)).state is not IncidentState.OPEN:
        raise Refused("This incident is closed.", means="Nothing was run.", then="Declare a new one.")
    if need_of(await as_it_stands(unit, proposal)) != wanted:
        raise TooLate(
            "The instance was seen in production just now.",
            means="Your click approved nothing.",
            then="Look at the plan again: it needs other people now.",
        )
    if not await unit.proposals.approve(proposal.id, approval):
        again = await _existing(unit, proposal.id)
        if any(a.person.id == who.id for a in again.approvals) and again.decision is Decision.PENDING:
            raise TooLate("You approved this plan already.", then=f"It still needs {wanted.count} in all.")
        check_pending(again.decision, again.expires, now, who=again.decided_by, at=again.decided)
        raise TooLate("Somebody else decided this plan just now.", then="The card shows what stands.")
    given = (await _existing(unit, proposal.id)).approvals
    carries = enough(wanted, given)
    label = f"{'undo' if proposal.kind is Kind.UNDO else 'plan'} {proposal.hash[:4]}"
    glass = f" by break-glass: {approval.override}" if approval.override else ""
    await unit.ledger.add(
        incident, now, "approval", proposal.id, dump_json(approval) | {"hash": proposal.hash}
    )
    await tell(
        unit,
        incident=incident,
        at=now,
        actor=who.id,
        event=Event.OVERRIDE if approval.override else Event.APPROVED,
        words=f"{who} approved {label}{glass}" + ("" if carries else f" ({len(given)} of {wanted.count})"),
        data={"proposal": proposal.id, "hash": proposal.hash, "override": approval.override},
        aloud=f"approved:{proposal.id}:{who.id}",
        ping=everybody,
    )
    if carries:
        await _start(unit, proposal, now, str(who))
    await show_plan(unit, incident, proposal.id, now)
    return carries


async def _start(unit: Unit, proposal: Proposal, now: datetime, who: str) -> None:
    if not await unit.proposals.decide(proposal.id, Decision.APPROVED, who, now):
        raise TooLate("This plan expired or was decided just now.", then="Make a new plan.")
    await unit.runs.start(
        RunRecord(
            id=proposal.id,
            target=proposal.target,
            kind=proposal.kind,
            state=RunState.APPROVED,
            approved=now,
        ),
        proposal.actions,
    )
    before = {s.action: s.body for s in proposal.steps}
    await unit.ledger.add(proposal.target.incident, now, "before", proposal.id, before)


async def reject(desk: Desk, proposal: str, plan_hash: str, why: str, *, by: Person, door: Door) -> None:
    """Reject the plan, with a reason. Anybody with a role may; raises as `approve` does."""
    found = await _pending(desk, proposal, plan_hash)
    await require_any_role(desk, by, door)
    now, reason = desk.clock(), plain(why, 500) or "no reason given"
    async with desk.store.begin() as unit:
        await locked(unit, found.target.incident)
        if not await unit.proposals.decide(found.id, Decision.REJECTED, str(by), now):
            raise TooLate("Somebody else decided this plan just now.", then="The card shows what stands.")
        await tell(
            unit, incident=found.target.incident, at=now, actor=by.id, event=Event.REJECTED,
            words=f"{by} rejected plan {found.hash[:4]}: {reason}", data={"proposal": found.id},
            aloud=f"rejected:{found.id}",
        )  # fmt: skip
        await show_plan(unit, found.target.incident, found.id, now)


async def expire(desk: Desk, proposal: str) -> bool:
    """Mark a plan that nobody decided in time; whether it was still waiting."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        found = await _existing(unit, proposal)
        await locked(unit, found.target.incident)
        if not await unit.proposals.decide(proposal, Decision.EXPIRED, BOT.name, now):
            return False
        await tell(
            unit, incident=found.target.incident, at=now, actor=BOT.id, event=Event.EXPIRED,
            words=f"Plan {found.hash[:4]} expired unapproved", data={"proposal": proposal},
        )  # fmt: skip
        await show_plan(unit, found.target.incident, proposal, now)
        return True


async def _pending(desk: Desk, proposal: str, plan_hash: str) -> Proposal:
    async with desk.store.begin() as unit:
        found = await as_it_stands(unit, await _existing(unit, proposal))
    if found.sample:
        raise Refused(
            "This is a sample finding: its plan can be looked at, never run.", then="Try ec2ir demo instead."
        )
    if len(plan_hash) < SHORTEST or not found.hash.startswith(plan_hash):
        raise TooLate(
            "That was the button of another plan.",
            means="Your click approved nothing.",
            then=f"The plan now is {found.hash[:4]}; look at it first.",
        )
    check_pending(found.decision, found.expires, desk.clock(), who=found.decided_by, at=found.decided)
    return found


async def _existing(unit: Unit, proposal: str) -> Proposal:
    found = await unit.proposals.get(proposal)
    if found is None:
        raise BadInput(
            f"There is no plan “{plain(proposal, 40)}”.", then="ec2ir incident show lists the plans."
        )
    return found
