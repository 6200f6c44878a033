"""Who carries runs and timers: each replica's beats and what it heard, by the database's own clock.

Replicas' clocks may differ; a living one must not look dead because of that, nor a dead one alive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, Float, Select, bindparam, delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.hearing import Ear, Heard
from storage.sql import EachDialect, execute, matching
from storage.tables import executors
from storage.types import Moment

_c = executors.c


def _ago_on_sqlite(name: str) -> ColumnElement[Any]:
    """The moment so many seconds ago, written as SQLAlchemy writes moments; NULL for NULL."""
    seconds = func.round(bindparam(name, type_=Float), 3)
    back = literal("-").op("||")(seconds).op("||")(" seconds")
    return func.strftime("%Y-%m-%d %H:%M:%f000", "now", back, type_=Moment())


def _ago_on_postgres(name: str) -> ColumnElement[Any]:
    seconds = bindparam(name, type_=Float)
    return func.clock_timestamp(type_=Moment()) - func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def _beat(insert: sqlite.Insert | postgresql.Insert, now: Any, heard: Any, pinned: Any) -> Any:
    new = insert.excluded
    written = insert.values(seen=now, heard_last=heard, pinned=pinned)
    kept = {name: new[name] for name in ("seen", "heard", "heard_last", "pinned")}
    return written.on_conflict_do_update(index_elements=[_c.id], set_=kept)


def _silent(before: Any) -> Select[Any]:
    return select(_c.id).where(_c.seen <= before).order_by(_c.seen)


def _ears(now: Any) -> Executable:
    return select(_c.id, _c.heard, _c.heard_last, _c.pinned, now.label("now")).order_by(_c.id)


_MOMENTS = ("now", "heard_ago", "pinned_ago")
_BEAT = EachDialect(
    sqlite=_beat(sqlite.insert(executors), *map(_ago_on_sqlite, _MOMENTS)),
    postgresql=_beat(postgresql.insert(executors), *map(_ago_on_postgres, _MOMENTS)),
)
_SILENT = EachDialect(
    sqlite=_silent(_ago_on_sqlite("silence")), postgresql=_silent(_ago_on_postgres("silence"))
)
_EARS = EachDialect(sqlite=_ears(_ago_on_sqlite("now")), postgresql=_ears(_ago_on_postgres("now")))
_LIVING = select(_c.id)
_BURY = delete(executors).where(matching(_c.id))


@dataclass(frozen=True, slots=True)
class SqlExecutors:
    """`playbook.ports.Executors` on a connection."""

    connection: AsyncConnection

    async def beat(self, executor: str, heard: Heard) -> None:
        """It lives, and so much has it heard of Slack."""
        told = {"heard": heard.events, "heard_ago": heard.heard_ago, "pinned_ago": heard.pinned_ago}
        await execute(self.connection, _BEAT, {"id": executor, "now": 0.0, **told})

    async def silent(self, silence: timedelta) -> tuple[str, ...]:
        """Those whose last beat is that old."""
        found = await execute(self.connection, _SILENT, {"silence": silence.total_seconds()})
        return tuple(found.scalars())

    async def living(self) -> frozenset[str]:
        """Every one that has a row: it beats, or nobody has taken over from it yet."""
        return frozenset(await self.connection.scalars(_LIVING))

    async def ears(self) -> tuple[Ear, ...]:
        """What each of them has heard."""
        found = await execute(self.connection, _EARS, {"now": 0.0})
        return tuple(
            Ear(
                executor=row.id,
                events=row.heard,
                heard_ago=None if row.heard_last is None else row.now - row.heard_last,
                pinned_ago=None if row.pinned is None else row.now - row.pinned,
            )
            for row in found
        )

    async def bury(self, executor: str) -> None:
        """Forget it."""
        await execute(self.connection, _BURY, {"id_": executor})
