"""Files that incidents yielded, as they were made."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.file import File
from storage.sql import execute, matching, one, row_of, rows
from storage.tables import files

_PUT = insert(files)
_GET = select(files).where(matching(files.c.id))
_OF = select(files).where(matching(files.c.incident)).order_by(files.c.at, files.c.id)


@dataclass(frozen=True, slots=True)
class SqlFiles:
    """`playbook.ports.Files` on a connection."""

    connection: AsyncConnection

    async def put(self, file: File) -> None:
        """Store it."""
        await execute(self.connection, _PUT, row_of(file))

    async def get(self, file: str) -> File | None:
        """The file of that id."""
        row = await one(self.connection, _GET, {"id_": file})
        return None if row is None else File(**row)

    async def of(self, incident: str) -> tuple[File, ...]:
        """All of an incident, oldest first."""
        return tuple(File(**row) for row in await rows(self.connection, _OF, {"incident_": incident}))
