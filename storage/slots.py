"""Timers: whoever inserts a slot owns it, and whoever moves it first has moved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.slot import Slot, SlotState
from storage.sql import changed, insert_new, row_of, rows
from storage.tables import slots


@dataclass(frozen=True, slots=True)
class SqlSlots:
    """`playbook.ports.Slots` on a connection."""

    connection: AsyncConnection

    async def add(self, slot: Slot) -> bool:
        """Insert; whether it was new."""
        return await insert_new(self.connection, slots, row_of(slot) | {"moved": None})

    async def due(self, now: datetime, most: int = 100) -> tuple[Slot, ...]:
        """Pending ones due by `now`, oldest first."""
        return await self._read(_in(SlotState.PENDING, slots.c.due <= now).order_by(slots.c.due).limit(most))

    async def queued(self, before: datetime) -> tuple[Slot, ...]:
        """Those that were queued before that moment and have not ended."""
        return await self._read(_in(SlotState.QUEUED, slots.c.moved < before).order_by(slots.c.moved))

    async def move(self, key: str, old: SlotState, new: SlotState, at: datetime) -> bool:
        """Compare-and-set; whether it happened."""
        statement = update(slots).where(slots.c.key == key, slots.c.state == old).values(state=new, moved=at)
        return await changed(self.connection, statement) == 1

    async def next_due(self) -> datetime | None:
        """The earliest pending one."""
        return await self.connection.scalar(
            select(func.min(slots.c.due)).where(slots.c.state == SlotState.PENDING)
        )

    async def _read(self, wanted: Select[tuple[object, ...]]) -> tuple[Slot, ...]:
        found = await rows(self.connection, wanted)
        return tuple(Slot(**{name: v for name, v in row.items() if name != "moved"}) for row in found)


def _in(state: SlotState, condition: ColumnElement[bool]) -> Select[tuple[object, ...]]:
    return select(slots).where(slots.c.state == state, condition)
