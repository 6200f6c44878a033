"""Single-use ids of consequential clicks: the primary key decides who was first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.people import Person
from storage.sql import changed, execute, inserting_new, matching, one
from storage.tables import clicks

_CLAIM = inserting_new(clicks)
_FIRST = select(clicks).where(matching(clicks.c.key))
_RELEASE = delete(clicks).where(matching(clicks.c.key))


@dataclass(frozen=True, slots=True)
class SqlClicks:
    """`playbook.ports.Clicks` on a connection."""

    connection: AsyncConnection

    async def claim(self, key: str, person: Person, at: datetime) -> tuple[Person, datetime] | None:
        """None when the claim is now `person`'s; otherwise who had it before, and since when."""
        row = {"key": key, "person": person.id, "name": person.name, "at": at}
        while not await changed(self.connection, _CLAIM, row):
            first = await one(self.connection, _FIRST, {"key_": key})
            if first is not None:  # else it was given back between the two
                return Person(id=first["person"], name=first["name"]), first["at"]
        return None

    async def release(self, key: str) -> None:
        """Give the claim back: what was asked for was refused, and may be asked for again."""
        await execute(self.connection, _RELEASE, {"key_": key})
