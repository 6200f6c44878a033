"""The queue: long polling, messages handled side by side, each deleted only once it is stored."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog

from intake.ports import Queue, Received
from intake.receive import Outcome
from playbook.clock import Clock

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.intake")

HIDDEN = 60
"""Seconds for which a message in hand is hidden from other replicas; renewed at half time, `RENEWALS` times."""
RENEWALS = 10
AT_ONCE = 32
"""Messages in hand at once: the most that can be stuck before the queue has to wait."""
LONGEST_PAUSE = 60.0
"""Seconds between attempts while the queue does not answer."""

T = TypeVar("T")
Sleep = Callable[[float], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Pulse:
    """When the queue last answered, be it with nothing: what readiness is told from."""

    answered: datetime | None = None


async def pump(
    queue: Queue,
    receive: Callable[[Received], Awaitable[Outcome]],
    *,
    stop: asyncio.Event,
    clock: Clock,
    pulse: Pulse,
    sleep: Sleep = asyncio.sleep,
    chance: Callable[[], float] = random.random,
) -> None:
    """Take messages to `receive` until `stop` is set, then finish what is in hand and return.

    A message is deleted when `receive` says STORED. After LEFT or an error it stays, and comes again when it is no
    longer hidden, until the queue's redrive policy moves it on. No error ends the loop; while the queue itself
    fails, pauses grow to a minute, with `chance` (0 to 1) spreading replicas out. A poll that is under way at the
    stop is abandoned: what it brings comes again.
    """
    room = asyncio.Semaphore(AT_ONCE)
    failures = 0
    async with asyncio.TaskGroup() as hands:
        while not stop.is_set():
            try:
                messages = await _unless(stop, queue.receive())
            except Exception as problem:  # noqa: BLE001 - the outermost door: an alert may come a second later
                failures += 1
                pause = min(LONGEST_PAUSE, 2.0 ** min(failures, 6)) * (1 + chance()) / 2
                log.warning("queue does not answer", problem=str(problem), failures=failures, pause=pause)
                await _unless(stop, sleep(pause))
                continue
            if messages is None:
                break
            failures, pulse.answered = 0, clock()
            for message in messages:
                await room.acquire()
                hand = hands.create_task(_take(queue, receive, message, sleep))
                hand.add_done_callback(lambda _: room.release())


async def _take(
    queue: Queue, receive: Callable[[Received], Awaitable[Outcome]], message: Received, sleep: Sleep
) -> None:
    try:
        async with _hidden(queue, message, sleep):
            outcome = await receive(message)
        if outcome is Outcome.STORED:
            await queue.delete(message)
    except Exception:
        log.exception("message not handled: it comes again", message=message.id, times=message.times)


@asynccontextmanager
async def _hidden(queue: Queue, message: Received, sleep: Sleep) -> AsyncGenerator[None, None]:
    """Keep the message hidden from other replicas while it is in hand, within reason."""

    async def renew() -> None:
        for _ in range(RENEWALS):
            await sleep(HIDDEN / 2)
            await queue.extend(message)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        (ended,) = await asyncio.gather(renewing, return_exceptions=True)
        if isinstance(ended, Exception):
            # Harmless: at worst it is handed out twice, and stored once.
            log.warning("message not kept hidden", message=message.id, problem=str(ended))


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, or None when `stop` is set first."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
