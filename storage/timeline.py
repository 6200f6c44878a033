"""The timeline: rows are appended, and triggers refuse everything else."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.timeline import Entry
from storage.sql import execute, matching, row_of, rows
from storage.tables import timeline

_ADD = insert(timeline)
_OF = select(timeline).where(matching(timeline.c.incident)).order_by(timeline.c.seq)


@dataclass(frozen=True, slots=True)
class SqlTimeline:
    """`playbook.ports.Timeline` on a connection."""

    connection: AsyncConnection

    async def add(self, entry: Entry) -> None:
        """Append; the entry's own `seq` is not looked at."""
        row = row_of(entry)
        del row["seq"]
        await execute(self.connection, _ADD, row)

    async def of(self, incident: str) -> tuple[Entry, ...]:
        """In the order of writing."""
        return tuple(Entry(**row) for row in await rows(self.connection, _OF, {"incident_": incident}))
