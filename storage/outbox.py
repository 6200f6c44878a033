"""The outbox: rows that wait for the sender, in order within an incident, in one pair of hands at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, RowMapping, and_, case, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.outbox import Message, Post, Sending, SendState, Urgency
from storage.sql import among, insert_into, one, row_of
from storage.tables import outbox

_UNSENT = (SendState.WAITING, SendState.SENDING)
_BEHIND_ALL = select(func.coalesce(func.max(outbox.c.place), 0) + 1).scalar_subquery()


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """`playbook.ports.Outbox` on a connection."""

    connection: AsyncConnection

    async def put(self, message: Message) -> None:
        """Store; a key that is there already is left alone, except live posts, which are armed again."""
        fresh = {"state": SendState.WAITING, "due": message.at, "attempts": 0, "version": 1}
        empty = {"holder": "", "leased_until": None, "ts": "", "problem": "", "sent": None}
        statement = (
            _arm(self.connection.dialect.name) if message.post.live else _add(self.connection.dialect.name)
        )
        await self.connection.execute(statement, row_of(message) | fresh | empty)

    async def take(self, holder: str, at: datetime, lease: timedelta) -> Sending | None:
        """The next row: by urgency, then age, never one whose incident has an older row unsent or in other hands.

        A row whose holder's lease ran out is handed out again. `again` is true whenever the row was tried
        since it was last sent; `attempts` counts this attempt, too.
        """
        older = outbox.alias("older")
        blocked = select(older.c.seq).where(
            older.c.incident == outbox.c.incident,
            older.c.seq != outbox.c.seq,
            among(older.c.state, *_UNSENT),
            or_(
                _turn(older) < _turn(outbox),
                and_(older.c.state == SendState.SENDING, older.c.leased_until > at),
            ),
        )
        next_row = (
            select(outbox.c.seq)
            .where(among(outbox.c.state, *_UNSENT), _free(at), ~blocked.exists())
            .order_by(outbox.c.urgency, outbox.c.place, outbox.c.seq)
            .limit(1)
            .with_for_update(skip_locked=True, of=outbox)
        )
        taken = {
            "state": SendState.SENDING,
            "holder": holder,
            "leased_until": at + lease,
            "attempts": outbox.c.attempts + 1,
        }
        statement = (
            update(outbox).where(outbox.c.seq == next_row.scalar_subquery()).values(taken).returning(outbox)
        )
        row = await one(self.connection, statement)
        return None if row is None else _sending(row)

    async def sent(self, sending: Sending, ts: str, at: datetime) -> None:
        """Slack has it; `ts` is the message's own, or empty. A row armed again meanwhile waits for its next turn."""
        current = outbox.c.version == sending.version
        values: dict[str, Any] = {
            "state": case((current, SendState.SENT), else_=SendState.WAITING),
            "place": case((current, outbox.c.place), else_=_BEHIND_ALL),
            "attempts": 0,
            "sent": at,
            "due": at,
            "problem": "",
            "leased_until": None,
        }
        if ts:
            values["ts"] = ts
        which = (outbox.c.seq == sending.seq, among(outbox.c.state, *_UNSENT))
        await self.connection.execute(update(outbox).where(*which).values(values))

    async def put_back(self, sending: Sending, due: datetime, problem: str) -> None:
        """Try again at `due`; without effect when the row is in other hands by now."""
        await self._let_go(sending, state=SendState.WAITING, due=due, problem=problem)

    async def refuse(self, sending: Sending, problem: str) -> None:
        """Slack will never take it; without effect when the row is in other hands by now."""
        await self._let_go(sending, state=SendState.REFUSED, problem=problem)

    async def release(self, holder: str) -> None:
        """That holder is dead: what it was sending waits again, and counts as tried."""
        which = (outbox.c.holder == holder, outbox.c.state == SendState.SENDING)
        values = {"state": SendState.WAITING, "leased_until": None}
        await self.connection.execute(update(outbox).where(*which).values(values))

    async def ts_of(self, key: str) -> str:
        """The ts of what was sent under that key, or an empty string."""
        return (await self.connection.scalar(select(outbox.c.ts).where(outbox.c.key == key))) or ""

    async def waiting(self) -> int:
        """How many rows are not sent yet."""
        wanted = select(func.count()).select_from(outbox).where(among(outbox.c.state, *_UNSENT))
        return (await self.connection.scalar(wanted)) or 0

    async def _let_go(self, sending: Sending, **values: Any) -> None:
        mine = (
            outbox.c.seq == sending.seq,
            outbox.c.state == SendState.SENDING,
            outbox.c.attempts == sending.attempts,
        )
        await self.connection.execute(update(outbox).where(*mine).values(values | {"leased_until": None}))


# Made once: a card is put with every change of an incident, and making this statement costs more than running it.
@cache
def _add(dialect: str) -> postgresql.Insert | sqlite.Insert:
    return _insert(dialect).on_conflict_do_nothing()


@cache
def _arm(dialect: str) -> postgresql.Insert | sqlite.Insert:
    statement = _insert(dialect)
    new, ended = statement.excluded, outbox.c.state.not_in(_UNSENT)
    again = {
        "version": outbox.c.version + 1,
        "at": new.at,
        "body": new.body,
        "urgency": new.urgency,
        # What waits or is being sent keeps its turn, or a storm of changes would put it off for ever.
        "state": case((ended, SendState.WAITING), else_=outbox.c.state),
        "place": case((ended, new.place), else_=outbox.c.place),
        "due": case((ended, new.due), else_=outbox.c.due),
    }
    return statement.on_conflict_do_update(index_elements=["key"], set_=again)


def _insert(dialect: str) -> postgresql.Insert | sqlite.Insert:
    return insert_into(dialect, outbox).values(place=_BEHIND_ALL)


def _turn(table: FromClause) -> Any:
    return tuple_(table.c.place, table.c.seq)


def _free(at: datetime) -> ColumnElement[bool]:
    waiting = and_(outbox.c.state == SendState.WAITING, outbox.c.due <= at)
    return or_(waiting, and_(outbox.c.state == SendState.SENDING, outbox.c.leased_until <= at))


def _sending(row: RowMapping) -> Sending:
    message = Message(
        key=row["key"],
        incident=row["incident"],
        post=Post(row["post"]),
        at=row["at"],
        body=row["body"],
        urgency=Urgency(row["urgency"]),
    )
    return Sending(
        seq=row["seq"],
        message=message,
        again=row["attempts"] > 1,
        attempts=row["attempts"],
        version=row["version"],
    )
