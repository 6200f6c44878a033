"""Gates between the steps of a run: who waits for whose change, and when it is time to look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepGate:
    """One step's view: the events of those it comes after, its own, and whether another step waits for that."""

    before: tuple[asyncio.Event, ...]
    own: asyncio.Event
    awaited: bool = False

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
    return {
        name: StepGate(
            before=tuple(events[a] for a in after[name] if a in events),
            own=own,
            awaited=any(name in after[other] for other in events),
        )
        for name, own in events.items()
    }


PATIENCE = 2.0
"""Seconds after which a step is looked at although another still works: a memory image takes many minutes."""


class Changes:
    """First contain, then look: proofs wait for the changes of all steps, so that no look delays a change."""

    def __init__(self, steps: Iterable[str]) -> None:
        self._outstanding = set(steps)
        self._all = asyncio.Event()

    def made(self, step: str) -> None:
        """A step has made its change, or failed to."""
        self._outstanding.discard(step)
        if not self._outstanding:
            self._all.set()

    async def all_made(self) -> None:
        """Wait for the others, for `PATIENCE` at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._all.wait()
