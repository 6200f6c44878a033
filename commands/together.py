"""Contain every instance of an incident at once: one person's one click approves each one's own plan."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from commands.approve import approve
from commands.board import Board, board
from commands.desk import Desk
from playbook.approval import Decision
from playbook.errors import Ec2irError, TooLate
from playbook.people import Door, Person, Role
from playbook.plan import digest
from playbook.ports import Directory
from playbook.proposal import Proposal

_AT_ONCE = 8
"""Approvals that look at AWS side by side before they count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What became of each plan: `refused` has why, by instance."""

    approved: tuple[Proposal, ...]
    refused: tuple[tuple[str, Ec2irError], ...]


def waiting(shown: Board) -> tuple[Proposal, ...]:
    """What ec2ir itself proposes for the instances and nobody decided yet, in the order of the card."""
    plans = [section.recommended for section in shown.sections]
    return tuple(p for p in plans if p is not None and p.decision is Decision.PENDING and not p.sample)


def combined(plans: Sequence[Proposal]) -> str:
    """What one approval of several plans names: SHA-256 over their ids and hashes, whatever their order."""
    return digest(sorted([plan.id, plan.hash] for plan in plans))


async def approve_together(desk: Desk, incident: str, plans_hash: str, *, by: Person, door: Door) -> Together:
    """Approve every plan that ec2ir proposes for the incident's instances, by the rules of each.

    Raises TooLate, and approves nothing, when these are not the plans that `plans_hash` names; the error itself
    when every one is refused.
    """
    async with desk.store.begin() as unit:
        plans = waiting(await board(unit, incident, desk.clock()))
    if not plans or combined(plans) != plans_hash:
        raise TooLate(
            "The plans are not those that you saw: one was decided, replaced or added meanwhile.",
            means="Your click approved nothing.",
            then="The card shows what waits now; click again there.",
        )
    once = replace(desk, directory=_Once(desk.directory))
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(plan: Proposal) -> Proposal | Ec2irError:
        async with turns:
            try:
                return await approve(once, plan.id, plan.hash, by=by, door=door)
            except Ec2irError as refusal:
                return refusal

    answers = await asyncio.gather(*(one(plan) for plan in plans))
    refused = [
        (p.target.instance, a) for p, a in zip(plans, answers, strict=True) if isinstance(a, Ec2irError)
    ]
    if len(refused) == len(plans):
        raise refused[0][1]
    return Together(
        approved=tuple(a for a in answers if not isinstance(a, Ec2irError)), refused=tuple(refused)
    )


@dataclass(slots=True)
class _Once:
    """`playbook.ports.Directory` that asks once for one click: Slack answers 20 such questions a minute."""

    directory: Directory
    _roles: dict[tuple[str, Door], asyncio.Task[frozenset[Role]]] = field(
        default_factory=dict[tuple[str, Door], "asyncio.Task[frozenset[Role]]"]
    )
    _holders: dict[Role, asyncio.Task[tuple[Person, ...]]] = field(
        default_factory=dict[Role, "asyncio.Task[tuple[Person, ...]]"]
    )

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        """As the directory said when it was first asked."""
        if (person.id, door) not in self._roles:
            self._roles[person.id, door] = asyncio.ensure_future(self.directory.roles(person, door))
        return await self._roles[person.id, door]

    async def holders(self, role: Role) -> tuple[Person, ...]:
        """As the directory said when it was first asked."""
        if role not in self._holders:
            self._holders[role] = asyncio.ensure_future(self.directory.holders(role))
        return await self._holders[role]
