"""The evidence ledger: one chain an incident, to which two writers append one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.ledger import GENESIS, Evidence, seal
from playbook.plan import Json
from storage.sql import execute, lock, matching, one, row_of, rows
from storage.tables import evidence
from storage.types import storable, utc

_NEWEST = (
    select(evidence.c.seq, evidence.c.sha256)
    .where(matching(evidence.c.incident))
    .order_by(evidence.c.seq.desc())
    .limit(1)
)
_ADD = insert(evidence)
_OF = select(evidence).where(matching(evidence.c.incident)).order_by(evidence.c.seq)
_INCIDENTS = select(evidence.c.incident).distinct().order_by(evidence.c.incident)


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """`playbook.ports.Ledger` on a connection."""

    connection: AsyncConnection

    async def add(self, incident: str, at: datetime, kind: str, subject: str, body: Json) -> Evidence:
        """Seal and append behind the incident's last entry."""
        await lock(self.connection, "ledger", incident)
        last = await one(self.connection, _NEWEST, {"incident_": incident})
        # Sealed as it will be read again, or the hash would not fit what the database answers.
        entry = seal(
            incident=incident,
            seq=last["seq"] + 1 if last else 1,
            at=utc(at),
            kind=kind,
            subject=storable(subject),
            body=body,
            previous=last["sha256"] if last else GENESIS,
        )
        await execute(self.connection, _ADD, row_of(entry))
        return entry

    async def of(self, incident: str) -> tuple[Evidence, ...]:
        """In order."""
        return tuple(Evidence(**row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def incidents(self) -> tuple[str, ...]:
        """Every incident with evidence."""
        return tuple(await self.connection.scalars(_INCIDENTS))
