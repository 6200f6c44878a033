"""The product inside the demo: it can be told to end, whatever it has under way, and be started again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from cli.serve import Running

AWAY_SECONDS = 4.0
"""Long enough to click something and see what Slack says of an app that is not there."""

Start = Callable[[], AbstractAsyncContextManager[Running]]


class Bot:
    """The product, owned by one task, since what begins in a task must end in it."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._now: Running | None = None
        self._life: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

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

    async def begin(self) -> None:
        """Start it, and wait until it runs. Raises what its start raises."""
        ready, self._over = asyncio.Event(), asyncio.Event()
        life = self._life = asyncio.create_task(self._live(ready))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({life, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if life.done():
            await life

    async def end(self) -> None:
        """End it as a deployment does: what it has under way is left to whoever comes next."""
        self._now = None
        self._over.set()
        if self._life is not None:
            await self._life

    async def restart(self) -> None:
        """End it, leave it away for a while, and start it again."""
        await self.end()
        await asyncio.sleep(AWAY_SECONDS)
        await self.begin()

    async def _live(self, ready: asyncio.Event) -> None:
        async with self._start() as running:
            self._now = running
            ready.set()
            await self._over.wait()


@asynccontextmanager
async def living(start: Start) -> AsyncGenerator[Bot]:
    """A bot that runs when the block begins and is gone when it ends. Raises what its start raises."""
    bot = Bot(start)
    await bot.begin()
    try:
        yield bot
    finally:
        await bot.end()
