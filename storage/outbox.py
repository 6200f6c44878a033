"""The outbox: rows that wait for the sender, in order within an incident, in one pair of hands at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import FromClause, Update, and_, bindparam, case, func, not_, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.outbox import Message, Post, Sending, SendState, Urgency
from storage.sql import Insert, Row, among, execute, inserting, matching, one, row_of
from storage.tables import outbox

_c = outbox.c
_SENDING = _c.state == SendState.SENDING
_ELSEWHERE = (Post.MAIL, Post.PAGER)
"""A mail server that is down must not hold up an incident's channel, nor the channel a pager."""
_UNSENT = among(_c.state, SendState.WAITING, SendState.SENDING)
_BEHIND_ALL = select(func.coalesce(func.max(_c.place), 0) + 1).scalar_subquery()
_FRESH = {
    "state": SendState.WAITING,
    "attempts": 0,
    "version": 1,
    "holder": "",
    "leased_until": None,
    "ts": "",
    "problem": "",
    "sent": None,
}


def _armed_again(insert: Insert) -> Insert:
    new, ended = insert.excluded, not_(_UNSENT)
    again = {
        "version": _c.version + 1,
        "at": new.at,
        "body": new.body,
        "urgency": new.urgency,
        # What waits or is being sent keeps its turn, or a storm of changes would put it off for ever.
        "state": case((ended, SendState.WAITING), else_=_c.state),
        "place": case((ended, new.place), else_=_c.place),
        "due": case((ended, new.due), else_=_c.due),
    }
    return insert.values(place=_BEHIND_ALL).on_conflict_do_update(index_elements=[_c.key], set_=again)


def _take() -> Update:
    older, now = outbox.alias("older"), bindparam("now", type_=_c.at.type)
    blocked = select(older.c.seq).where(
        older.c.incident == _c.incident,
        older.c.seq != _c.seq,
        not_(among(older.c.post, *_ELSEWHERE)),
        not_(among(_c.post, *_ELSEWHERE)),
        among(older.c.state, SendState.WAITING, SendState.SENDING),
        or_(
            _turn(older) < _turn(outbox),
            and_(older.c.state == SendState.SENDING, older.c.leased_until > now),
        ),
    )
    free = or_(
        and_(_c.state == SendState.WAITING, _c.due <= now),
        and_(_SENDING, _c.leased_until <= now),
    )
    next_row = (
        select(_c.seq)
        .where(_UNSENT, free, ~blocked.exists())
        .order_by(_c.urgency, _c.place, _c.seq)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    )
    return (
        update(outbox)
        .where(_c.seq == next_row.scalar_subquery())
        .values(state=SendState.SENDING, attempts=_c.attempts + 1)
    )


def _turn(table: FromClause) -> Any:
    return tuple_(table.c.place, table.c.seq)


_CURRENT = matching(_c.version)
_ADD = inserting(outbox, lambda insert: insert.values(place=_BEHIND_ALL).on_conflict_do_nothing())
_ARM = inserting(outbox, _armed_again)
_TAKE = _take().returning(outbox)
_SENT = (
    update(outbox)
    .where(matching(_c.seq), _UNSENT)
    .values(
        state=case((_CURRENT, SendState.SENT), else_=SendState.WAITING),
        place=case((_CURRENT, _c.place), else_=_BEHIND_ALL),
    )
)
_LET_GO = update(outbox).where(matching(_c.seq, _c.attempts), _SENDING)
_RELEASE = update(outbox).where(matching(_c.holder), _SENDING)
_TS = select(_c.ts).where(matching(_c.key))
_WAITING = select(func.count()).select_from(outbox).where(_UNSENT)


@dataclass(frozen=True, slots=True)
class SqlOutbox:
    """`playbook.ports.Outbox` on a connection."""

    connection: AsyncConnection

    async def put(self, message: Message) -> None:
        """Store; a key that is there already is left alone, except live posts, which are armed again."""
        row = {**row_of(message), **_FRESH, "due": message.at}
        await execute(self.connection, _ARM if message.post.live else _ADD, row)

    async def take(self, holder: str, at: datetime, lease: timedelta) -> Sending | None:
        """The next row: by urgency, then age, never one whose incident has an older row unsent or in other hands.

        A row whose holder's lease ran out is handed out again. `again` is true whenever the row was tried
        since it was last sent; `attempts` counts this attempt, too.
        """
        taken = {"now": at, "holder": holder, "leased_until": at + lease}
        row = await one(self.connection, _TAKE, taken)
        return None if row is None else _sending(row)

    async def sent(self, sending: Sending, ts: str, at: datetime) -> None:
        """Slack has it; `ts` is the message's own, or empty. A row armed again meanwhile waits for its next turn."""
        told: Row = {"attempts": 0, "sent": at, "due": at, "problem": "", "leased_until": None}
        if ts:
            told["ts"] = ts
        await execute(self.connection, _SENT, {"seq_": sending.seq, "version_": sending.version, **told})

    async def put_back(self, sending: Sending, due: datetime, problem: str) -> None:
        """Try again at `due`; without effect when the row is in other hands by now."""
        await self._let_go(sending, state=SendState.WAITING, due=due, problem=problem)

    async def refuse(self, sending: Sending, problem: str) -> None:
        """Slack will never take it; without effect when the row is in other hands by now."""
        await self._let_go(sending, state=SendState.REFUSED, problem=problem)

    async def release(self, holder: str) -> None:
        """That holder is dead: what it was sending waits again, and counts as tried."""
        again = {"state": SendState.WAITING, "leased_until": None}
        await execute(self.connection, _RELEASE, {"holder_": holder, **again})

    async def ts_of(self, key: str) -> str:
        """The ts of what was sent under that key, or an empty string."""
        return (await self.connection.scalar(_TS, {"key_": key})) or ""

    async def waiting(self) -> int:
        """How many rows are not sent yet."""
        return (await self.connection.scalar(_WAITING)) or 0

    async def _let_go(self, sending: Sending, **values: Any) -> None:
        mine = {"seq_": sending.seq, "attempts_": sending.attempts}
        await execute(self.connection, _LET_GO, {**mine, **values, "leased_until": None})


def _sending(row: Row) -> Sending:
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
