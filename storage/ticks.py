"""What people said about the checklist's rows: the last word on each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.checklist import Said, Tick
from playbook.people import Person
from storage.sql import execute, inserting, matching, row_of, rows
from storage.tables import ticks

_SAID = ("said", "by", "at", "assignee", "comment")
_SAVE = inserting(
    ticks,
    lambda insert: insert.on_conflict_do_update(
        index_elements=("incident", "row"), set_={name: insert.excluded[name] for name in _SAID}
    ),
)
_OF = select(ticks).where(matching(ticks.c.incident)).order_by(ticks.c.row)

_ASSIGNED = (
    select(ticks)
    .where(matching(ticks.c.assignee), ticks.c.said == Said.OPEN)
    .order_by(ticks.c.at, ticks.c.incident, ticks.c.row)
)


@dataclass(frozen=True, slots=True)
class SqlTicks:
    """`playbook.ports.Ticks` on a connection."""

    connection: AsyncConnection

    async def save(self, tick: Tick) -> None:
        """Store it in place of what was said before."""
        await execute(self.connection, _SAVE, row_of(tick))

    async def of(self, incident: str) -> tuple[Tick, ...]:
        """All of an incident, by row."""
        return tuple(Tick(**row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def assigned(self, person: Person) -> tuple[Tick, ...]:
        """The rows of every incident that are with that person and of which nobody said how they stand."""
        found = await rows(self.connection, _ASSIGNED, {"assignee_": person.id})
        return tuple(Tick(**row) for row in found)
