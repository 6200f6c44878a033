"""What every listener works with, and the outermost door: each act ends in its effect or in a sentence."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot import blocks
from bot.act import Act
from bot.api import SlackTrouble, call
from bot.check import checked
from bot.people import People
from commands.desk import Desk
from playbook.clock import elapsed
from playbook.errors import Ec2irError, Refused, TooLate
from playbook.people import Person
from playbook.plan import Json
from playbook.text import mrkdwn

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.bot")
_DOUBLE_CLICK = timedelta(seconds=10)
_AT_ONCE = 8
_LOOKING = 16
_FORGOTTEN = timedelta(seconds=60)
"""A claim that had no effect after this long belongs to a process that died: the click may be made again."""


class ElsewhereError(Refused):
    """Asked for in the wrong channel; `channels` are the ids of those where it belongs, each with a name."""

    def __init__(self, what: str, *, channels: Sequence[tuple[str, str]]) -> None:
        super().__init__(what, means="Nothing was done.", then="Do it there:" if channels else "")
        self.channels = tuple(channels)


@dataclass(slots=True)
class Work:
    """Listeners that are still at work after they acknowledged.

    Only `_AT_ONCE` work at a time: a burst of clicks must not hold up the acknowledgement of the next one.
    """

    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    eyes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LOOKING))
    """Of their own: a check can take a minute and a half, and must keep nobody from approving meanwhile."""
    took: Callable[[float], None] | None = None
    """Is told of each listener's end, how many seconds it worked."""
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

    def enter(self) -> None:
        """The task that runs now is one."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if (took := self.took) is not None:
                began = time.monotonic()
                task.add_done_callback(lambda _: took(time.monotonic() - began))

    async def idle(self) -> None:
        """Wait until all have ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """`wrote` tells the sender that there is something to send; `work` lets a stop wait for what is under way."""

    desk: Desk
    client: AsyncWebClient
    people: People
    wrote: Callable[[], None]
    work: Work

    async def person(self, act: Act) -> Person:
        """Who acts, with a name for the record."""
        return await self.people.person(act.user)

    async def guard(
        self,
        act: Act,
        name: str,
        effect: Callable[[], Awaitable[None]],
        *,
        changes: bool,
        slow: bool = False,
    ) -> None:
        """Run a listener's work; a refusal or a defect is told to the person alone.

        `changes` says whether the work can change anything, so that the sentence about a defect is true; `slow`
        that it waits for a host or a log.
        """
        self.work.enter()
        try:
            async with self.work.eyes if slow else self.work.hands:
                await effect()
        except Ec2irError as refusal:
            log.info("refused", act=name, user=act.user, team=act.team, channel=act.channel, why=refusal.what)
            await self.tell(act, *refusal_words(refusal))
        except Exception:
            error = secrets.token_hex(4)
            log.exception("a listener failed", error=error, act=name, user=act.user, channel=act.channel)
            means = (
                "Whether your click took effect is not certain: look at the card before you try again."
                if changes
                else "Nothing was approved, run or changed by this."
            )
            await self.tell(act, f"ec2ir met a defect of its own, recorded as error {error}. {means}")
        finally:
            self.wrote()

    async def tell(self, act: Act, text: str, shown: Sequence[Json] = (), *, replace: bool = False) -> None:
        """Show something to the person alone: `shown`, blocks checked already, or else `text`, escaped mrkdwn.

        `replace` puts it in the place of the message that was clicked on, which must be the person's alone.
        """
        body = list(shown) or checked(
            [blocks.section(piece) for piece in blocks.paragraphs(text.split("\n"))]
        )
        if act.respond is not None and await _responded(act.respond, text, body, replace=replace):
            return
        if not act.channel:
            log.warning("an answer has no place to be shown", user=act.user, text=text)
            return
        try:
            await call(
                self.client,
                "chat.postEphemeral",
                channel=act.channel,
                user=act.user,
                text=text[:300],
                blocks=body,
            )
        except SlackTrouble as trouble:
            log.warning("an answer did not reach its person", user=act.user, problem=trouble.what, text=text)

    async def once(self, act: Act, key: str, effect: Callable[[], Awaitable[None]]) -> None:
        """Let one click of a button count. Raises TooLate with who was first.

        The same person again within ten seconds is a double click, or Slack delivering twice: that is passed over.
        """
        now, person = self.desk.clock(), await self.person(act)
        async with self.desk.store.begin() as unit:
            first = await unit.clicks.claim(key, person, now)
        if first is not None and now - first[1] < _FORGOTTEN:
            who, ago = first[0], now - first[1]
            if who.id == person.id and ago < _DOUBLE_CLICK:
                return
            raise TooLate(
                f"{'You' if who.id == person.id else who} asked for this {elapsed(ago)} ago.",
                means="Your click changed nothing.",
                then="The card shows what stands now.",
            )
        done = False
        try:
            await effect()
            done = True
        finally:
            if not done:
                async with self.desk.store.begin() as unit:
                    await unit.clicks.release(key)


async def _responded(respond: AsyncRespond, text: str, body: list[Json], *, replace: bool) -> bool:
    """Whether the response_url took it; it serves five times in thirty minutes."""
    try:
        answer = await respond(
            text=text[:300], blocks=body, response_type="ephemeral", replace_original=replace
        )
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
    return answer.status_code == 200


def refusal_words(refusal: Ec2irError) -> tuple[str, list[Json]]:
    """A refusal as what happened · why · what to do."""
    parts = [mrkdwn(part, 400) for part in (refusal.what, refusal.means, refusal.then) if part]
    if isinstance(refusal, ElsewhereError):
        parts += [f"<#{channel}> {mrkdwn(name, 60)}" for channel, name in refusal.channels]
    text = " ".join(parts)
    return text, checked([blocks.section(piece) for piece in blocks.paragraphs(["✋ " + text])])


def at(act: Act, channel: str) -> Act:
    """The same act, placed in a channel: where a dialog was opened."""
    return replace(act, channel=channel)
