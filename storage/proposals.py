"""Proposals and the approvals given to them; what changes one is a single guarded statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.approval import Approval, Decision
from playbook.people import BOT, Person
from playbook.proposal import LeftOut, Proposal, ProposedStep
from storage.places import PLACE, flat, target_of
from storage.sql import among, changed, insert, lock, one, row_of, rows
from storage.tables import approvals, proposals


@dataclass(frozen=True, slots=True)
class SqlProposals:
    """`playbook.ports.Proposals` on a connection."""

    connection: AsyncConnection

    async def add(self, proposal: Proposal) -> tuple[str, ...]:
        """Store it, supersede older pending ones with the same actions and kind on the instance; their ids."""
        row = _row(proposal)
        same = ("account", "region", "instance", "kind", "actions")
        # Two proposals made at the same moment would not see each other.
        await lock(self.connection, "proposal", *(str(row[name]) for name in same))
        older = (
            update(proposals)
            .where(among(proposals.c.decision, Decision.PENDING), *(proposals.c[n] == row[n] for n in same))
            .values(
                decision=Decision.SUPERSEDED,
                decided_by=(proposal.proposer or BOT).id,
                decided=proposal.made,
            )
            .returning(proposals.c.id)
        )
        gone = tuple(await self.connection.scalars(older))
        await self.connection.execute(insert(self.connection, proposals).values(row))
        for approval in proposal.approvals:
            values = {"proposal": proposal.id, **_approval_row(approval)}
            await self.connection.execute(insert(self.connection, approvals).values(values))
        return gone

    async def get(self, proposal: str) -> Proposal | None:
        """With its approvals, in order."""
        row = await one(self.connection, select(proposals).where(proposals.c.id == proposal))
        return None if row is None else (await self._with_approvals([row]))[0]

    async def of(self, incident: str, *, pending: bool = False) -> tuple[Proposal, ...]:
        """Oldest first."""
        wanted = select(proposals).where(proposals.c.incident == incident)
        if pending:
            wanted = wanted.where(proposals.c.decision == Decision.PENDING)
        found = await rows(self.connection, wanted.order_by(proposals.c.made, proposals.c.id))
        return await self._with_approvals(found)

    async def approve(self, proposal: str, approval: Approval) -> bool:
        """Add one person's approval while it is pending and unexpired at `approval.at`; whether that happened.

        The same person's second approval is no new one; breaking the glass is, and so is each reason for it.
        """
        row = _approval_row(approval)
        columns = [approvals.c[name] for name in row]
        # The proposal stays locked, so that of two approvers one sees the other's approval and decides.
        guarded = (
            select(proposals.c.id, *(literal(row[c.name], c.type) for c in columns))
            .where(proposals.c.id == proposal, _waits_at(approval.at))
            .with_for_update()
        )
        names = [approvals.c.proposal, *columns]
        statement = insert(self.connection, approvals).from_select(names, guarded).on_conflict_do_nothing()
        return await changed(self.connection, statement) == 1

    async def decide(self, proposal: str, decision: Decision, by: str, at: datetime) -> bool:
        """Compare-and-set from pending; APPROVED only before expiry, EXPIRED only after. Whether it happened."""
        guard: ColumnElement[bool] = proposals.c.decision == Decision.PENDING
        if decision is Decision.APPROVED:
            guard = _waits_at(at)
        if decision is Decision.EXPIRED:
            guard = and_(guard, proposals.c.expires <= at)
        statement = (
            update(proposals)
            .where(proposals.c.id == proposal, guard)
            .values(decision=decision, decided_by=by, decided=at)
        )
        return await changed(self.connection, statement) == 1

    async def _with_approvals(self, found: Sequence[RowMapping]) -> tuple[Proposal, ...]:
        wanted = select(approvals).where(approvals.c.proposal.in_([row["id"] for row in found]))
        given: dict[str, list[Approval]] = {}
        for row in await rows(self.connection, wanted.order_by(approvals.c.seq)):
            given.setdefault(row["proposal"], []).append(_approval(row))
        return tuple(_proposal(row, tuple(given.get(row["id"], ()))) for row in found)


def _waits_at(moment: datetime) -> ColumnElement[bool]:
    return and_(proposals.c.decision == Decision.PENDING, proposals.c.expires > moment)


def _row(proposal: Proposal) -> dict[str, Any]:
    row = row_of(proposal) | flat(proposal.target)
    del row["target"], row["approvals"]
    proposer = proposal.proposer
    return row | {
        "actions": ",".join(proposal.actions),
        "steps": [asdict(step) for step in proposal.steps],
        "left_out": [asdict(left) for left in proposal.left_out],
        "proposer": proposer and proposer.id,
        "proposer_name": proposer.name if proposer else "",
    }


def _proposal(row: RowMapping, given: tuple[Approval, ...]) -> Proposal:
    kept = {name: value for name, value in row.items() if name not in {*PLACE, "actions", "proposer_name"}}
    kept["steps"] = tuple(ProposedStep(**step) for step in kept["steps"])
    kept["left_out"] = tuple(LeftOut(**left) for left in kept["left_out"])
    if kept["proposer"] is not None:
        kept["proposer"] = Person(id=kept["proposer"], name=row["proposer_name"])
    return Proposal(target=target_of(row), approvals=given, **kept)


def _approval_row(approval: Approval) -> dict[str, Any]:
    row = row_of(approval)
    return row | {"person": approval.person.id, "name": approval.person.name}


def _approval(row: RowMapping) -> Approval:
    kept = {name: value for name, value in row.items() if name not in {"seq", "proposal", "name"}}
    kept["person"] = Person(id=row["person"], name=row["name"])
    return Approval(**kept)
