"""The sender: the only one who writes to Slack on the product's behalf, from the outbox, until Slack has it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.web.async_client import AsyncWebClient

from bot.api import SlackTrouble
from bot.check import LimitError
from bot.deliver import Office, deliver
from bot.heard import Hearing
from bot.pace import GAP, Pace, Sleep
from bot.poster import Poster
from bot.summon import POSTS, TRIES, NotNow, Ways, give_up
from playbook.clock import Clock
from playbook.errors import BadInput, Unreachable
from playbook.outbox import Post, Sending
from playbook.ports import Directory, Store, Unit

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.bot")
LEASE = timedelta(seconds=60)
"""After this long a row whose sender died is handed out again."""
PATIENCE = 20.0
"""Seconds for one row. Less than the silence after which a replica counts as dead, and its rows are others': one
that stood still meanwhile breaks off when it wakes, rather than send what somebody else has sent.
"""
_TRIES = 60
"""How often, a second apart, the end of a row is stored; then its lease runs out anyway."""
_LONGEST_WAIT = timedelta(minutes=1)
_WORKERS = 4
_POLL, _LONG_POLL = 0.25, 5.0
"""Seconds between looks into the outbox while nobody says that something was written: by one, and by the others."""
_ENOUGH = 3
_GIVE_UP = 10
"""Attempts at a row that fails for a reason nobody foresaw; it must not hold up its incident for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Takes rows and delivers them. `written` is set by whoever wrote something; a short poll makes up for the rest."""

    office: Office
    holder: str
    written: asyncio.Event = field(default_factory=asyncio.Event)
    in_hand: set[int] = field(default_factory=set[int])
    patience: float = PATIENCE

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set; a row under way is finished first."""
        async with asyncio.TaskGroup() as group:
            for number in range(_WORKERS):
                group.create_task(self._work(stop, _POLL if number == 0 else _LONG_POLL))
            await stop.wait()
            self.written.set()

    async def drain(self) -> int:
        """Send what is due now, one after the other; answers how many rows were taken."""
        count = 0
        while await self.step():
            count += 1
        return count

    async def step(self) -> bool:
        """Take one row and deliver it; whether there was one. Raises Unreachable when the database is away."""
        store, clock = self.office.store, self.office.clock
        async with store.begin() as unit:
            sending = await unit.outbox.take(self.holder, clock(), LEASE)
        if sending is None:
            return False
        if sending.seq in self.in_hand:
            # The clock was set forward, or the machine slept: the lease ran out under our own hands, and the first
            # attempt still goes on. Looking would not find what it has not posted yet.
            return True
        self.in_hand.add(sending.seq)
        try:
            await self._deliver(sending)
        finally:
            self.in_hand.discard(sending.seq)
        return True

    async def _deliver(self, sending: Sending) -> None:
        try:
            async with asyncio.timeout(self.patience):
                ts = await deliver(self.office, sending)
        except SlackTrouble as trouble:
            final = trouble.final or (bool(trouble.code) and _spared(sending))
            await self._not_sent(sending, trouble.what, final=final, wait=trouble.wait)
        except NotNow as trouble:
            await self._not_sent(sending, trouble.what, final=False, wait=trouble.wait)
        except (LimitError, SlackObjectFormationError, BadInput) as problem:
            await self._not_sent(sending, str(problem), final=True)
        except (Unreachable, TimeoutError) as trouble:
            await self._not_sent(sending, str(trouble) or "it took too long", final=False)
        except Exception as error:
            log.exception("a row could not be drawn", key=sending.message.key)
            await self._not_sent(sending, repr(error), final=sending.attempts >= _GIVE_UP)
        else:
            await self._record(lambda unit: unit.outbox.sent(sending, ts, self.office.clock()))

    async def _record(self, write: Callable[[Unit], Awaitable[None]]) -> None:
        """Store what became of a row, also when the database is away just then.

        Otherwise the row, and every later one of its incident, would wait for the lease to run out.
        """
        for _ in range(_TRIES - 1):
            with contextlib.suppress(Unreachable):
                async with self.office.store.begin() as unit:
                    await write(unit)
                    return
            await self.office.poster.pace.sleep(1.0)
        async with self.office.store.begin() as unit:
            await write(unit)

    async def _not_sent(
        self, sending: Sending, problem: str, *, final: bool, wait: timedelta | None = None
    ) -> None:
        said = {"key": sending.message.key, "incident": sending.message.incident, "problem": problem}
        final = final or (sending.message.post in (Post.MAIL, Post.PAGER) and sending.attempts >= TRIES)
        now = self.office.clock()

        async def write(unit: Unit) -> None:
            if final or sending.attempts == TRIES:
                await give_up(unit, self.office.ways, sending, problem, now)
            if final:
                await unit.outbox.refuse(sending, problem[:500])
            else:
                due = now + (wait or _backoff(sending.attempts))
                await unit.outbox.put_back(sending, due, problem[:500])

        await self._record(write)
        if final:
            log.error("this message will never be taken", **said)
        else:
            log.warning("not sent yet", attempts=sending.attempts, **said)

    async def _work(self, stop: asyncio.Event, poll: float) -> None:
        while not stop.is_set():
            try:
                busy = await self.step()
            except Unreachable as trouble:
                log.warning("the sender waits for the database", problem=trouble.what)
                busy = False
            except Exception:
                log.exception("the sender met a defect")
                busy = False
            if busy:
                self.written.set()  # where one row was, there may be more: the others may help
            elif not stop.is_set():
                await self._rest(poll)

    async def _rest(self, poll: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(poll):
                await self.written.wait()
        self.written.clear()


def _spared(sending: Sending) -> bool:
    """Whether Slack said no often enough to a row that must not hold up its incident's others."""
    spared = (Post.ANNOUNCE, Post.TOPIC, Post.FILE, *POSTS)
    return sending.message.post in spared and sending.attempts >= _ENOUGH


def _backoff(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 6)), _LONGEST_WAIT)


def make_sender(
    store: Store,
    client: AsyncWebClient,
    directory: Directory,
    *,
    announce: str,
    holder: str,
    clock: Clock,
    sleep: Sleep = asyncio.sleep,
    gap: timedelta = GAP,
    ways: Ways | None = None,
    patience: float = PATIENCE,
    hearing: Hearing | None = None,
) -> Sender:
    """A sender. `announce` is EC2IR_SLACK_CHANNEL, an id or a name; `holder` names this process in the outbox;
    `gap` is the time between two messages in a channel; `ways` are those by which escalations leave; `patience` is
    how many seconds one row may take; `hearing` is told of each card that is pinned.
    """
    poster = Poster(client=client, pace=Pace(clock=clock, sleep=sleep, gap=gap))
    office = Office(
        store=store,
        poster=poster,
        directory=directory,
        clock=clock,
        announce=announce,
        ways=ways or Ways(),
        hearing=hearing or Hearing(),
    )
    return Sender(office=office, holder=holder, patience=patience)
