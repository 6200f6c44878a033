"""The product inside the demo: it can be ended in the middle of its work, and started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from cli.serve import Running

AWAY_SECONDS = 4.0
"""Long enough to click something and see what Slack says of an app that is not there."""

Start = Callable[[], AbstractAsyncContextManager[Running]]


class Bot:
    """The product, owned by one task, which starts it anew whenever it was told to end."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._now: Running | None = None
        self._up = asyncio.Event()
        self._end = asyncio.Event()
        self._over = False

    @property
    def up(self) -> bool:
        """Whether it runs at this moment."""
        return self._now is not None

    @property
    def product(self) -> Running:
        """The product that runs. Raises RuntimeError while it is away."""
        if self._now is None:
            raise RuntimeError("the bot of the demo is away")
        return self._now

    def restart(self) -> None:
        """Let it end now, whatever it is doing, be away for a while, and start again."""
        self._end.set()

    async def live(self) -> None:
        """Run, again and again, until told that it is over."""
        while not self._over:
            async with self._start() as running:
                self._now = running
                self._up.set()
                await self._end.wait()
                self._now = None
            self._end.clear()
            if not self._over:
                await asyncio.sleep(AWAY_SECONDS)

    async def ready(self) -> None:
        """Wait until it runs for the first time."""
        await self._up.wait()

    def leave(self) -> None:
        """End it for good."""
        self._over = True
        self._end.set()


@asynccontextmanager
async def living(start: Start) -> AsyncGenerator[Bot]:
    """A bot that runs when the block begins and is gone when it ends. Raises what its start raises."""
    bot = Bot(start)
    life, ready = asyncio.create_task(bot.live()), asyncio.create_task(bot.ready())
    try:
        await asyncio.wait({life, ready}, return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            life.result()
        yield bot
    finally:
        ready.cancel()
        bot.leave()
        await life
