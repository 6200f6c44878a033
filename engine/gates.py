"""Gates between the steps of a run: who waits for whose change, and when it is time to look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

HEAD_START = 0.02
"""Seconds by which steps that others wait for, or that wait for others, are ahead of those that stand alone: calls
that go out together stand in each other's way for about 2 ms of processor time each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepGate:
    """One step's view: the events of those it comes after, its own, and whether another step waits for that.

    `alone` marks a step that no other waits for and that waits for none, where there are such.
    """

    own: asyncio.Event
    before: tuple[asyncio.Event, ...] = ()
    awaited: bool = False
    alone: bool = False

    async def passed(self) -> None:
        """Wait until every step before this one has opened."""
        for event in self.before:
            await event.wait()

    def open(self) -> None:
        """Let those behind go on."""
        self.own.set()


def gates(after: Mapping[str, Iterable[str]], still_to_do: Iterable[str]) -> dict[str, StepGate]:
    """A gate for each step still to do; steps that are not among them hold nobody up."""
    events = {name: asyncio.Event() for name in still_to_do}
    before = {name: tuple(events[a] for a in after[name] if a in events) for name in events}
    awaited = {name for name in events if any(name in after[other] for other in events)}
    linked = awaited | {name for name in events if before[name]}
    return {
        name: StepGate(
            own=own,
            before=before[name],
            awaited=name in awaited,
            alone=bool(linked) and name not in linked,
        )
        for name, own in events.items()
    }


LOOKS_MEANWHILE = 2
"""How many steps are looked at side by side while others still make their changes."""


class Changes:
    """First contain, then look: while changes are being made, looks take turns, so that they delay none."""

    def __init__(self, steps: Iterable[str]) -> None:
        self._outstanding = set(steps)
        self._all = asyncio.Event()
        self._turns = asyncio.Semaphore(LOOKS_MEANWHILE)

    def made(self, step: str) -> None:
        """A step has made its change, or failed to."""
        self._outstanding.discard(step)
        if not self._outstanding:
            self._all.set()

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for a turn to look: one of the few meanwhile, or that all changes are made."""
        mine = asyncio.ensure_future(self._turns.acquire())
        over = asyncio.ensure_future(self._all.wait())
        try:
            await asyncio.wait({mine, over}, return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            over.cancel()
            if not mine.cancel() and not mine.cancelled():
                self._turns.release()
