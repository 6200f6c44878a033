"""Timers: whoever inserts a slot owns it, and whoever moves it first has moved it.

During an upgrade, replicas of two versions share this table: each reads and claims only alarms that it knows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, any_, bindparam, func, not_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.slot import Alarm, Slot, SlotState
from storage.sql import EachDialect, Row, changed, execute, inserting_new, matching, row_of, rows
from storage.tables import slots

_c = slots.c
_ADD = inserting_new(slots)
_PENDING, _QUEUED = _c.state == SlotState.PENDING, _c.state == SlotState.QUEUED
_KNOWN = _c.alarm.in_(list(Alarm))
_THESE = _c.key.in_(bindparam("keys", expanding=True))
_NOW = bindparam("now", type_=_c.due.type)


def _claim(wanted: ColumnElement[bool], oldest: ColumnElement[Any]) -> EachDialect:
    """Queue the first of those, leaving to others what is in their hands at this moment.

    By key alone: asked for the state too, SQLite reads every pending row (50 ms with 100,000 of them). Postgres looks
    at the condition again once it has a row's lock; as an array the choice is made once, whatever the plan.
    """
    mine = (
        select(_c.key)
        .where(wanted, _KNOWN)
        .order_by(oldest)
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    queue = update(slots).values(state=SlotState.QUEUED, moved=_NOW).returning(slots)
    return EachDialect(
        sqlite=queue.where(_c.key.in_(mine)),
        postgresql=queue.where(_c.key == any_(func.array(mine.scalar_subquery()))),
    )


_CLAIM = _claim(_PENDING & (_c.due <= _NOW), _c.due)
_RECLAIM = _claim(_QUEUED & (_c.moved < bindparam("before", type_=_c.due.type)), _c.moved)
_THESE_QUEUED = select(slots).where(_THESE, _QUEUED, _KNOWN)
_GIVE_BACK = update(slots).where(_THESE, _QUEUED, not_(_KNOWN)).values(state=SlotState.PENDING)
_MOVE = update(slots).where(matching(_c.key, _c.state))
_DUE = select(slots).where(_PENDING, _KNOWN, _c.due <= _NOW).order_by(_c.due).limit(bindparam("most"))
_NEXT_DUE = select(_c.due).where(_PENDING, _KNOWN).order_by(_c.due).limit(1)
_OVERDUE = select(func.count()).select_from(slots).where(_PENDING, _c.due <= _NOW)


@dataclass(frozen=True, slots=True)
class SqlSlots:
    """`playbook.ports.Slots` on a connection."""

    connection: AsyncConnection

    async def add(self, slot: Slot) -> bool:
        """Insert; whether it was new."""
        return await changed(self.connection, _ADD, row_of(slot) | {"moved": None}) == 1

    async def due(self, now: datetime, most: int = 100) -> tuple[Slot, ...]:
        """Pending ones due by `now`, oldest first; to be looked at."""
        return tuple(_slot(row) for row in await rows(self.connection, _DUE, {"now": now, "most": most}))

    async def claim(self, now: datetime, most: int) -> tuple[Slot, ...]:
        """Queue pending ones due by `now`, oldest first; each is answered to one caller alone."""
        return await self._claimed(_CLAIM, {"now": now, "most": most})

    async def reclaim(self, before: datetime, now: datetime, most: int) -> tuple[Slot, ...]:
        """Queue again those that were queued before that moment and have not ended; to one caller alone."""
        return await self._claimed(_RECLAIM, {"before": before, "now": now, "most": most})

    async def held(self, keys: Collection[str]) -> tuple[Slot, ...]:
        """Those of the keys that are queued, as far as this version knows their alarms."""
        found = await rows(self.connection, _THESE_QUEUED, {"keys": list(keys)})
        return tuple(_slot(row) for row in found)

    async def give_back(self, keys: Collection[str]) -> int:
        """Make those pending again that are queued with an alarm which this version does not know; how many."""
        return await changed(self.connection, _GIVE_BACK, {"keys": list(keys)})

    async def move(self, key: str, old: SlotState, new: SlotState, at: datetime) -> bool:
        """Compare-and-set; whether it happened."""
        move = {"key_": key, "state_": old, "state": new, "moved": at}
        return await changed(self.connection, _MOVE, move) == 1

    async def next_due(self) -> datetime | None:
        """The earliest pending one."""
        return await self.connection.scalar(_NEXT_DUE)

    async def overdue(self, now: datetime) -> int:
        """How many are due by `now` and not queued yet."""
        return await self.connection.scalar(_OVERDUE, {"now": now}) or 0

    async def _claimed(self, claim: EachDialect, given: Row) -> tuple[Slot, ...]:
        answer = await execute(self.connection, claim, given)
        names = tuple(answer.keys())
        claimed = [_slot(dict(zip(names, row, strict=True))) for row in answer]
        return tuple(sorted(claimed, key=lambda slot: (slot.due, slot.key)))


def _slot(row: Row) -> Slot:
    del row["moved"]
    return Slot(**row)
