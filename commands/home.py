"""Home: what waits for one person, and how everything stands, folded from the store in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from commands.approve import need_of
from commands.desk import Desk
from commands.roles import require_any_role
from playbook.approval import judge
from playbook.checklist import Tick
from playbook.environment import strictest
from playbook.errors import NotAllowed
from playbook.escalation import Escalation
from playbook.incident import Incident
from playbook.legal import LegalClock
from playbook.people import Door, Person, Role
from playbook.policy import Policy
from playbook.proposal import Proposal
from playbook.watch import Watch, Watched

PLANS = 50
"""Waiting plans that are looked through for one person, the oldest first."""
INCIDENTS = 100
"""Open incidents that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A watch that goes on, or waits for its verdict, with the marks so far."""

    watch: Watch
    seen: tuple[Watched, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a person sees of all incidents. `incidents` are open ones, most severe and oldest first.

    `plans` are those that this person may approve, `pings` and `rows` those that are with this person; `others`
    counts further escalations that nobody acknowledged. `gaps` counts the answers that could not be had, by incident.
    """

    person: Person
    now: datetime
    plans: tuple[Proposal, ...] = ()
    pings: tuple[Escalation, ...] = ()
    rows: tuple[Tick, ...] = ()
    others: int = 0
    incidents: tuple[Incident, ...] = ()
    clocks: tuple[LegalClock, ...] = ()
    watches: tuple[Strip, ...] = ()
    gaps: Mapping[str, int]

    @property
    def waits(self) -> int:
        """How much waits for this person."""
        return len(self.plans) + len(self.pings) + len(self.rows)

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to show at all."""
        return not (self.waits or self.others or self.incidents or self.clocks or self.watches)

    def incident(self, id: str) -> Incident | None:  # noqa: A002
        """The open incident of that id."""
        return next((i for i in self.incidents if i.id == id), None)


async def home(desk: Desk, *, by: Person, door: Door) -> Home:
    """This person's Home as of now. Raises NotAllowed without a role, Unreachable when nobody can say which."""
    roles = await require_any_role(desk, by, door)
    now = desk.clock()
    async with desk.store.begin() as unit:
        incidents = await unit.incidents.listed(most=INCIDENTS)
        plans = await unit.proposals.waiting(now, PLANS)
        escalations = await unit.escalations.waiting()
        rows = await unit.ticks.assigned(by)
        clocks = await unit.legal_clocks.running()
        watches, seen = await unit.watches.unsigned(), await unit.watches.seen_unsigned()
        gaps = await unit.answers.gaps([i.id for i in incidents])
    by_id = {incident.id: incident for incident in incidents}
    mine = tuple(e for e in escalations if _concerns(e, by, desk.policy))
    return Home(
        person=by,
        now=now,
        plans=tuple(p for p in _as_they_stand(plans, by_id) if may_approve(p, by, roles)),
        pings=mine,
        rows=tuple(tick for tick in rows if tick.incident in by_id),
        others=len(escalations) - len(mine),
        incidents=incidents,
        clocks=clocks,
        watches=tuple(Strip(watch=w, seen=tuple(s for s in seen if s.watch == w.id)) for w in watches),
        gaps=gaps,
    )


def _as_they_stand(plans: Sequence[Proposal], incidents: Mapping[str, Incident]) -> list[Proposal]:
    """In the strictest environment seen since they were made; those of samples can't be approved at all."""
    known = [(plan, incidents.get(plan.target.incident)) for plan in plans]
    return [
        replace(plan, environment=strictest([plan.environment, incident.environment]))
        for plan, incident in known
        if incident is not None and not incident.sample
    ]


def may_approve(plan: Proposal, person: Person, roles: Collection[Role]) -> bool:
    """Whether this person's click would count; one who approved already waits for the others."""
    if any(approval.person.id == person.id for approval in plan.approvals):
        return False
    try:
        judge(need_of(plan), proposer=plan.proposer, person=person, roles=roles, others=())
    except NotAllowed:
        return False
    return True


def _concerns(escalation: Escalation, person: Person, policy: Policy) -> bool:
    """Whether an escalation is with this person: handed over to them, or theirs by the settings."""
    if escalation.handed_to:
        return escalation.handed_to == person.id
    contact = policy.escalation.targets.get(escalation.target)
    return contact is not None and contact.person == person.id
