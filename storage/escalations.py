"""Escalations and their pings; whoever moves a row first has moved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.escalation import Escalation, EscalationState, Ping
from playbook.people import Person
from storage.sql import Insert, changed, execute, inserting, inserting_new, matching, one, row_of, rows
from storage.tables import escalations, pings


def _sent_after_all(insert: Insert) -> Insert:
    """What failed at first may still leave; what left has no problem any more."""
    new, key = insert.excluded, ("escalation", "number", "way", "to")
    sent = {"at": new.at, "problem": new.problem}
    return insert.on_conflict_do_update(
        index_elements=[pings.c[k] for k in key],
        set_=sent,
        where=(new.problem == "") & (pings.c.problem != ""),
    )


_c = escalations.c
_ADD = inserting_new(escalations)
_GET = select(escalations).where(matching(_c.id))
_OF = select(escalations).where(matching(_c.incident)).order_by(_c.opened, _c.id)
_WAITING = select(escalations).where(_c.state == EscalationState.WAITING).order_by(_c.opened, _c.id)
_SET = update(escalations).where(matching(_c.id))
_MOVE = _SET.where(_c.state == EscalationState.WAITING)
_CLIMB = _MOVE.where(_c.rung == bindparam("rung_")).values(rung=_c.rung + 1)
_ACKNOWLEDGE = _SET.where(_c.state != EscalationState.ACKNOWLEDGED)
_PINGED = inserting(pings, _sent_after_all)
_PINGS = (
    select(pings)
    .join(escalations, _c.id == pings.c.escalation)
    .where(matching(_c.incident))
    .order_by(pings.c.at, pings.c.number, pings.c.way, pings.c.to)
)


@dataclass(frozen=True, slots=True)
class SqlEscalations:
    """`playbook.ports.Escalations` on a connection."""

    connection: AsyncConnection

    async def add(self, escalation: Escalation) -> bool:
        """Store; whether it was new."""
        return await changed(self.connection, _ADD, row_of(escalation)) == 1

    async def get(self, escalation: str) -> Escalation | None:
        """The escalation of that id."""
        row = await one(self.connection, _GET, {"id_": escalation})
        return None if row is None else Escalation(**row)

    async def of(self, incident: str) -> tuple[Escalation, ...]:
        """All of an incident, oldest first."""
        return tuple(Escalation(**row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def waiting(self) -> tuple[Escalation, ...]:
        """All that nobody acknowledged and whose ladder has not ended, oldest first."""
        return tuple(Escalation(**row) for row in await rows(self.connection, _WAITING))

    async def climb(self, escalation: str, rung: int) -> bool:
        """Compare-and-set from that rung to the next while it waits; whether it happened."""
        return await changed(self.connection, _CLIMB, {"id_": escalation, "rung_": rung}) == 1

    async def hand_over(self, escalation: str, person: Person) -> bool:
        """Ping that person from now on, while it waits; whether that happened."""
        moved = {"id_": escalation, "handed_to": person.id}
        return await changed(self.connection, _MOVE, moved) == 1

    async def exhaust(self, escalation: str) -> bool:
        """Its ladder has ended, while it waits; whether that happened."""
        return (
            await changed(self.connection, _MOVE, {"id_": escalation, "state": EscalationState.EXHAUSTED})
            == 1
        )

    async def acknowledge(self, escalation: str, by: Person, at: datetime) -> bool:
        """Somebody has it, also after the ladder's end; whether nobody had before."""
        word = {
            "id_": escalation,
            "state": EscalationState.ACKNOWLEDGED,
            "acknowledged_by": by.id,
            "acknowledged": at,
        }
        return await changed(self.connection, _ACKNOWLEDGE, word) == 1

    async def pinged(self, ping: Ping) -> None:
        """Record an attempt; the same one again changes nothing, but that it left after all."""
        await execute(self.connection, _PINGED, row_of(ping))

    async def pings(self, incident: str) -> tuple[Ping, ...]:
        """All attempts of an incident's escalations, oldest first."""
        return tuple(Ping(**row) for row in await rows(self.connection, _PINGS, {"incident_": incident}))
