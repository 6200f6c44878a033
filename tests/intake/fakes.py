"""Seams of the alert door, in memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from intake.ports import Received
from playbook.errors import Unreachable
from playbook.finding import Finding
from playbook.letter import Letter


class MemorySink:
    """Remembers what it was given; `broken` makes it refuse everything, as a database that is down."""

    def __init__(self) -> None:
        self.findings: list[tuple[Finding, str]] = []
        self.letters: list[Letter] = []
        self.broken = False

    async def finding(self, finding: Finding, raw: str) -> None:
        self._must_work()
        self.findings.append((finding, raw))

    async def letter(self, letter: Letter) -> None:
        self._must_work()
        self.letters.append(letter)

    def _must_work(self) -> None:
        if self.broken:
            raise Unreachable("The database does not answer.")


class MemoryQueue:
    """Hands out what waits in it, ten at a time; what was handed out and not deleted can come again."""

    def __init__(self, *bodies: str) -> None:
        self.waiting = deque(Received(id=body, body=body, receipt=f"{body}/1") for body in bodies)
        self.out: dict[str, Received] = {}
        self.batches: list[int] = []
        self.deleted: list[str] = []
        self.extended: list[str] = []
        self.failures = 0
        self.undeletable = False
        self.unextendable = False
        self.idle = asyncio.Event()
        self._more = asyncio.Event()

    async def receive(self) -> Sequence[Received]:
        if self.failures:
            self.failures -= 1
            raise Unreachable("The queue does not answer.")
        if not self.waiting:
            self.idle.set()
            self._more.clear()
            await self._more.wait()
        batch = [self.waiting.popleft() for _ in range(min(10, len(self.waiting)))]
        self.out |= {message.id: message for message in batch}
        self.batches.append(len(batch))
        return batch

    async def delete(self, message: Received) -> None:
        if self.undeletable:
            raise Unreachable("The queue does not answer.")
        self.deleted.append(message.id)
        del self.out[message.id]

    async def extend(self, message: Received) -> None:
        if self.unextendable:
            raise Unreachable("The queue does not answer.")
        self.extended.append(message.id)

    def hand_out_again(self) -> None:
        """The visibility timeout of everything that was handed out has passed."""
        again = [
            Received(id=m.id, body=m.body, receipt=f"{m.id}/{m.times + 1}", times=m.times + 1)
            for m in self.out.values()
        ]
        self.out.clear()
        self.waiting.extend(again)
        self.answer()

    async def quiet(self) -> None:
        """The queue is empty, and whatever can be done about what it handed out has been done."""
        await self.idle.wait()
        for _ in range(20):
            await asyncio.sleep(0)

    def answer(self) -> None:
        """End the poll that is under way, with nothing if nothing waits."""
        self.idle.clear()
        self._more.set()


class Naps:
    """Sleep that takes no time, or lasts until it is ended."""

    def __init__(self, *, endless: bool = False) -> None:
        self.taken: list[float] = []
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        if not endless:
            self.ended.set()

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.begun.set()
        await self.ended.wait()
