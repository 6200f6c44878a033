"""The evidence ledger: one chain an incident, to which two writers append one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.ledger import GENESIS, Evidence, seal
from playbook.plan import Json
from storage.sql import insert, lock, one, row_of, rows
from storage.tables import evidence
from storage.types import storable, utc


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """`playbook.ports.Ledger` on a connection."""

    connection: AsyncConnection

    async def add(self, incident: str, at: datetime, kind: str, subject: str, body: Json) -> Evidence:
        """Seal and append behind the incident's last entry."""
        await lock(self.connection, "ledger", incident)
        newest = select(evidence).where(evidence.c.incident == incident).order_by(evidence.c.seq.desc())
        last = await one(self.connection, newest.limit(1))
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
        await self.connection.execute(insert(self.connection, evidence).values(row_of(entry)))
        return entry

    async def of(self, incident: str) -> tuple[Evidence, ...]:
        """In order."""
        wanted = select(evidence).where(evidence.c.incident == incident).order_by(evidence.c.seq)
        return tuple(Evidence(**row) for row in await rows(self.connection, wanted))

    async def incidents(self) -> tuple[str, ...]:
        """Every incident with evidence."""
        wanted = select(evidence.c.incident).distinct().order_by(evidence.c.incident)
        return tuple(await self.connection.scalars(wanted))
