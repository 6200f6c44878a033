"""Timers: whoever inserts a slot owns it, and whoever moves it first has moved it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.slot import Slot, SlotState
from storage.sql import changed, given, inserting_new, matching, row_of, rows
from storage.tables import slots

_c = slots.c
_ADD = inserting_new(slots)
_PENDING = _c.state == SlotState.PENDING
_DUE = select(slots).where(_PENDING, _c.due <= given(_c.due)).order_by(_c.due).limit(bindparam("most"))
_QUEUED = select(slots).where(_c.state == SlotState.QUEUED, _c.moved < given(_c.moved)).order_by(_c.moved)
_MOVE = update(slots).where(matching(_c.key, _c.state))
_NEXT_DUE = select(func.min(_c.due)).where(_PENDING)


@dataclass(frozen=True, slots=True)
class SqlSlots:
    """`playbook.ports.Slots` on a connection."""

    connection: AsyncConnection

    async def add(self, slot: Slot) -> bool:
        """Insert; whether it was new."""
        return await changed(self.connection, _ADD, row_of(slot) | {"moved": None}) == 1

    async def due(self, now: datetime, most: int = 100) -> tuple[Slot, ...]:
        """Pending ones due by `now`, oldest first."""
        return await self._read(_DUE, {"due_": now, "most": most})

    async def queued(self, before: datetime) -> tuple[Slot, ...]:
        """Those that were queued before that moment and have not ended."""
        return await self._read(_QUEUED, {"moved_": before})

    async def move(self, key: str, old: SlotState, new: SlotState, at: datetime) -> bool:
        """Compare-and-set; whether it happened."""
        move = {"key_": key, "state_": old, "state": new, "moved": at}
        return await changed(self.connection, _MOVE, move) == 1

    async def next_due(self) -> datetime | None:
        """The earliest pending one."""
        return await self.connection.scalar(_NEXT_DUE)

    async def _read(self, wanted: Select[Any], given: dict[str, Any]) -> tuple[Slot, ...]:
        return tuple(_slot(row) for row in await rows(self.connection, wanted, given))


def _slot(row: dict[str, Any]) -> Slot:
    del row["moved"]
    return Slot(**row)
