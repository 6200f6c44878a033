"""Root causes: one an incident, as somebody last stated it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.people import Person
from playbook.plan import Json
from storage.sql import execute, inserting, matching, one
from storage.tables import root_causes

_SAVE = inserting(
    root_causes,
    lambda insert: insert.on_conflict_do_update(
        index_elements=("incident",), set_={n: insert.excluded[n] for n in ("body", "by", "at")}
    ),
)
_GET = select(root_causes).where(matching(root_causes.c.incident))


@dataclass(frozen=True, slots=True)
class SqlRootCauses:
    """`playbook.ports.RootCauses` on a connection."""

    connection: AsyncConnection

    async def save(self, incident: str, body: Json, by: Person, at: datetime) -> None:
        """Store it in place of what was stated before."""
        row = {"incident": incident, "body": body, "by": by.id, "at": at}
        await execute(self.connection, _SAVE, row)

    async def get(self, incident: str) -> Json | None:
        """What was stated, or None."""
        row = await one(self.connection, _GET, {"incident_": incident})
        return None if row is None else row["body"]
