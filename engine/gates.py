"""Gates between the steps of a run: who waits for whose change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
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
