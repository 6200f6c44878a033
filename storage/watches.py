"""Watches and what they saw; each slot of a watch ends once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.target import Target
from playbook.watch import Watch, Watched, WatchState
from storage.sql import changed, inserting, inserting_new, matching, one, row_of, rows
from storage.tables import watched, watches

_c, _w = watches.c, watched.c
_ADD = inserting_new(watches)
_GET = select(watches).where(matching(_c.id))
_OF = select(watches).where(matching(_c.incident)).order_by(_c.began, _c.id)
_IN_STATE = select(watches).where(_c.state.in_(bindparam("states", expanding=True))).order_by(_c.began, _c.id)
_SAVE = update(watches).where(matching(_c.id, _c.state))
_LATER = inserting(
    watched,
    lambda insert: insert.on_conflict_do_update(
        index_elements=("watch", "due"),
        set_={name: insert.excluded[name] for name in ("at", "mark", "says", "tries")},
        where=_w.mark == "gap",
    ),
)
_SEEN = select(watched).where(matching(_w.watch)).order_by(_w.due)
_SEEN_IN = (
    select(watched).join(watches, _c.id == _w.watch).where(matching(_c.incident)).order_by(_w.watch, _w.due)
)

_IS_UNSIGNED = or_(
    _c.state.in_([WatchState.RUNNING, WatchState.PAUSED]),
    and_(_c.state == WatchState.ENDED, _c.signed.is_(None)),
)
_UNSIGNED = select(watches).where(_IS_UNSIGNED).order_by(_c.began, _c.id)
_SEEN_UNSIGNED = (
    select(watched).join(watches, _c.id == _w.watch).where(_IS_UNSIGNED).order_by(_w.watch, _w.due)
)


@dataclass(frozen=True, slots=True)
class SqlWatches:
    """`playbook.ports.Watches` on a connection."""

    connection: AsyncConnection

    async def add(self, watch: Watch) -> bool:
        """Store; whether it was new."""
        return await changed(self.connection, _ADD, _row(watch)) == 1

    async def get(self, watch: str) -> Watch | None:
        """The watch of that id."""
        row = await one(self.connection, _GET, {"id_": watch})
        return None if row is None else _watch(row)

    async def of(self, incident: str) -> tuple[Watch, ...]:
        """All of an incident, oldest first."""
        return tuple(_watch(row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def in_state(self, states: Collection[WatchState]) -> tuple[Watch, ...]:
        """Those of every incident in these states, oldest first."""
        return tuple(_watch(row) for row in await rows(self.connection, _IN_STATE, {"states": list(states)}))

    async def unsigned(self) -> tuple[Watch, ...]:
        """Those of every incident that go on, or have ended and wait for a verdict, oldest first."""
        return tuple(_watch(row) for row in await rows(self.connection, _UNSIGNED))

    async def seen_unsigned(self) -> tuple[Watched, ...]:
        """Every slot that ended of those, one watch after the other."""
        return tuple(Watched(**row) for row in await rows(self.connection, _SEEN_UNSIGNED))

    async def save(self, watch: Watch, was: WatchState) -> bool:
        """Compare-and-set from that state; whether it happened."""
        row = _row(watch)
        return await changed(self.connection, _SAVE, row | {"id_": row.pop("id"), "state_": was}) == 1

    async def note(self, seen: Watched) -> bool:
        """How a slot ended; a gap may still be filled, any other mark stands. Whether it was written."""
        return await changed(self.connection, _LATER, row_of(seen)) == 1

    async def seen(self, watch: str) -> tuple[Watched, ...]:
        """Every slot that ended, in the order in which they were due."""
        return tuple(Watched(**row) for row in await rows(self.connection, _SEEN, {"watch_": watch}))

    async def seen_in(self, incident: str) -> tuple[Watched, ...]:
        """The same of every watch of an incident, one watch after the other."""
        return tuple(Watched(**row) for row in await rows(self.connection, _SEEN_IN, {"incident_": incident}))


def _row(watch: Watch) -> dict[str, Any]:
    row, target = row_of(watch), watch.target
    del row["target"]
    where = {"incident": target.incident, "account": target.account, "region": target.region}
    return row | where | {"instance": target.instance, "paused_for": watch.paused_for.total_seconds()}


def _watch(row: dict[str, Any]) -> Watch:
    target = Target(**{name: row.pop(name) for name in ("incident", "account", "region", "instance")})
    row["paused_for"] = timedelta(seconds=row["paused_for"])
    return Watch(target=target, **row)
