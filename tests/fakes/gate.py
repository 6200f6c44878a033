"""Gates: one that is always open, and one that a test opens."""

from __future__ import annotations

import asyncio


class OpenGate:
    """Lets everything pass; remembers whether the step opened it for those after it."""

    def __init__(self) -> None:
        self.opened = False

    async def passed(self) -> None:
        return

    def open(self) -> None:
        self.opened = True


class HeldGate:
    """Holds every change until `release`; `reached` is set when somebody waits."""

    def __init__(self) -> None:
        self.opened = False
        self.reached = asyncio.Event()
        self._released = asyncio.Event()

    def release(self) -> None:
        self._released.set()

    async def passed(self) -> None:
        self.reached.set()
        await self._released.wait()

    def open(self) -> None:
        self.opened = True
