"""Proposals and the approvals given to them; what changes one is a single guarded statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.approval import Approval, Decision
from playbook.people import BOT, Person
from playbook.proposal import LeftOut, Proposal, ProposedStep
from storage.places import flat, target_of
from storage.sql import Row, among, changed, execute, given, inserting, lock, matching, row_of, rows
from storage.tables import approvals, proposals

_c = proposals.c
_NOW = bindparam("now", type_=_c.made.type)
_PENDING = _c.decision == Decision.PENDING
_WAITS = _c.expires > _NOW
_SAME = (_c.account, _c.region, _c.instance, _c.kind, _c.actions)
_APPROVAL = (approvals.c.person, approvals.c.name, approvals.c.at, approvals.c.override, approvals.c.door)

_ADD = insert(proposals)
_SUPERSEDE = (
    update(proposals)
    .where(among(_c.decision, Decision.PENDING), matching(*_SAME))
    .values(decision=Decision.SUPERSEDED)
    .returning(_c.id)
)
_WITH_APPROVALS = (
    select(proposals, *_APPROVAL)
    .outerjoin(approvals, approvals.c.proposal == _c.id)
    .order_by(_c.made, _c.id, approvals.c.seq)
)
_GET = _WITH_APPROVALS.where(matching(_c.id))
_OF = _WITH_APPROVALS.where(matching(_c.incident))
_PENDING_OF = _OF.where(_PENDING)
# The condition spelt out, so that the partial index of what is pending serves.
_OLDEST = (
    select(_c.id)
    .where(among(_c.decision, Decision.PENDING), _WAITS)
    .order_by(_c.made, _c.id)
    .limit(bindparam("most"))
)
_ALL_WAITING = _WITH_APPROVALS.where(_c.id.in_(_OLDEST))
_GIVEN = insert(approvals)
# The proposal stays locked, so that of two approvers one sees the other's approval and decides.
_WAITING = (
    select(_c.id, *(given(column) for column in _APPROVAL))
    .where(matching(_c.id), _PENDING, _WAITS)
    .with_for_update()
)
_APPROVE = inserting(
    approvals,
    lambda insert: insert.from_select([approvals.c.proposal, *_APPROVAL], _WAITING).on_conflict_do_nothing(),
)
_DECIDE = update(proposals).where(matching(_c.id), _PENDING)
_DECIDE_IN_TIME = _DECIDE.where(_WAITS)
_EXPIRE = _DECIDE.where(_c.expires <= _NOW)


@dataclass(frozen=True, slots=True)
class SqlProposals:
    """`playbook.ports.Proposals` on a connection."""

    connection: AsyncConnection

    async def add(self, proposal: Proposal) -> tuple[str, ...]:
        """Store it, supersede older pending ones with the same actions and kind on the instance; their ids."""
        row = _row(proposal)
        same = {f"{column.key}_": row[column.key] for column in _SAME}
        # Two proposals made at the same moment would not see each other.
        await lock(self.connection, "proposal", *map(str, same.values()))
        older = {"decided_by": (proposal.proposer or BOT).id, "decided": proposal.made}
        gone = tuple(await self.connection.scalars(_SUPERSEDE, same | older))
        await execute(self.connection, _ADD, row)
        if proposal.approvals:
            already = [{"proposal": proposal.id, **_approval_row(a)} for a in proposal.approvals]
            await execute(self.connection, _GIVEN, already)
        return gone

    async def get(self, proposal: str) -> Proposal | None:
        """With its approvals, in order."""
        return next(iter(await self._read(_GET, {"id_": proposal})), None)

    async def of(self, incident: str, *, pending: bool = False) -> tuple[Proposal, ...]:
        """Oldest first."""
        return await self._read(_PENDING_OF if pending else _OF, {"incident_": incident})

    async def waiting(self, now: datetime, most: int) -> tuple[Proposal, ...]:
        """Those of every incident that wait for approval and have not expired by `now`, oldest first."""
        return await self._read(_ALL_WAITING, {"now": now, "most": most})

    async def approve(self, proposal: str, approval: Approval) -> bool:
        """Add one person's approval while it is pending and unexpired at `approval.at`; whether that happened.

        The same person's second approval is no new one; breaking the glass is, and so is each reason for it.
        """
        given = {f"{name}_": value for name, value in _approval_row(approval).items()}
        return await changed(self.connection, _APPROVE, {"id_": proposal, "now": approval.at, **given}) == 1

    async def decide(self, proposal: str, decision: Decision, by: str, at: datetime) -> bool:
        """Compare-and-set from pending; APPROVED only before expiry, EXPIRED only after. Whether it happened."""
        values: Row = {"id_": proposal, "decision": decision, "decided_by": by, "decided": at}
        if decision is Decision.APPROVED:
            return await changed(self.connection, _DECIDE_IN_TIME, values | {"now": at}) == 1
        if decision is Decision.EXPIRED:
            return await changed(self.connection, _EXPIRE, values | {"now": at}) == 1
        return await changed(self.connection, _DECIDE, values) == 1

    async def _read(self, wanted: Select[Any], given: Row) -> tuple[Proposal, ...]:
        found = await rows(self.connection, wanted, given)
        return tuple(_proposal(of_one) for _, of_one in groupby(found, key=lambda row: row["id"]))


def _row(proposal: Proposal) -> Row:
    row = row_of(proposal) | flat(proposal.target)
    del row["target"], row["approvals"]
    proposer = proposal.proposer
    return row | {
        "actions": ",".join(proposal.actions),
        "steps": [row_of(step) for step in proposal.steps],
        "left_out": [row_of(left) for left in proposal.left_out],
        "proposer": proposer and proposer.id,
        "proposer_name": proposer.name if proposer else "",
    }


def _proposal(joined: Iterable[Row]) -> Proposal:
    """One proposal, which is there once for each of its approvals, or once without any."""
    each = [(row, {column.key: row.pop(column.key) for column in _APPROVAL}) for row in joined]
    kept = each[0][0]
    del kept["actions"]
    kept["steps"] = tuple(ProposedStep(**step) for step in kept["steps"])
    kept["left_out"] = tuple(LeftOut(**left) for left in kept["left_out"])
    name = kept.pop("proposer_name")
    if kept["proposer"] is not None:
        kept["proposer"] = Person(id=kept["proposer"], name=name)
    given = tuple(_approval(approval) for _, approval in each if approval["person"] is not None)
    return Proposal(target=target_of(kept), approvals=given, **kept)


def _approval_row(approval: Approval) -> Row:
    return row_of(approval) | {"person": approval.person.id, "name": approval.person.name}


def _approval(row: Row) -> Approval:
    person = Person(id=row.pop("person"), name=row.pop("name"))
    return Approval(person=person, **row)
