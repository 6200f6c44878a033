"""Legal clocks: one a jurisdiction, started once and ended once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.legal import LegalClock
from playbook.people import Person
from storage.sql import changed, inserting_new, matching, row_of, rows
from storage.tables import legal_clocks

_c = legal_clocks.c
_START = inserting_new(legal_clocks)
_OF = select(legal_clocks).where(matching(_c.incident)).order_by(_c.due, _c.jurisdiction)
_RUNNING = select(legal_clocks).where(_c.notified.is_(None)).order_by(_c.due, _c.incident, _c.jurisdiction)
_END = update(legal_clocks).where(matching(_c.incident, _c.jurisdiction), _c.notified.is_(None))


@dataclass(frozen=True, slots=True)
class SqlLegalClocks:
    """`playbook.ports.LegalClocks` on a connection."""

    connection: AsyncConnection

    async def start(self, clock: LegalClock) -> bool:
        """Store; whether it was not running already."""
        return await changed(self.connection, _START, row_of(clock)) == 1

    async def of(self, incident: str) -> tuple[LegalClock, ...]:
        """All of an incident, the earliest due first."""
        return tuple(LegalClock(**row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def running(self) -> tuple[LegalClock, ...]:
        """Those of every incident that nothing ended yet, the earliest due first."""
        return tuple(LegalClock(**row) for row in await rows(self.connection, _RUNNING))

    async def notified(self, incident: str, jurisdiction: str, sent: str, by: Person, at: datetime) -> bool:
        """The authority was notified; whether that ended the clock."""
        end = {"notified": at, "notified_by": by.id, "sent": sent}
        key = {"incident_": incident, "jurisdiction_": jurisdiction}
        return await changed(self.connection, _END, key | end) == 1
