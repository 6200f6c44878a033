"""Messages that could not be understood, each kept once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.letter import Letter
from storage.sql import changed, inserting_new, row_of, rows
from storage.tables import letters

_KEEP = inserting_new(letters)
_LISTED = select(letters).order_by(letters.c.received.desc(), letters.c.id)


@dataclass(frozen=True, slots=True)
class SqlLetters:
    """`playbook.ports.Letters` on a connection."""

    connection: AsyncConnection

    async def keep(self, letter: Letter) -> bool:
        """Store; whether it was new."""
        return await changed(self.connection, _KEEP, row_of(letter)) == 1

    async def listed(self) -> tuple[Letter, ...]:
        """Newest first."""
        return tuple(Letter(**row) for row in await rows(self.connection, _LISTED))
