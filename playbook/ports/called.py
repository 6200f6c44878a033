"""Clocks and people: escalations, legal clocks, watches."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from playbook.escalation import Escalation, Ping
from playbook.legal import LegalClock
from playbook.people import Person
from playbook.watch import Watch, Watched, WatchState


class Escalations(Protocol):
    """Escalations and their pings."""

    async def add(self, escalation: Escalation) -> bool:
        """Store; whether it was new."""
        ...

    async def get(self, escalation: str) -> Escalation | None:
        """The escalation of that id."""
        ...

    async def of(self, incident: str) -> tuple[Escalation, ...]:
        """All of an incident, oldest first."""
        ...

    async def waiting(self) -> tuple[Escalation, ...]:
        """All that nobody acknowledged and whose ladder has not ended, oldest first."""
        ...

    async def climb(self, escalation: str, rung: int) -> bool:
        """Compare-and-set from that rung to the next while it waits; whether it happened."""
        ...

    async def hand_over(self, escalation: str, person: Person) -> bool:
        """Ping that person from now on, while it waits; whether that happened."""
        ...

    async def exhaust(self, escalation: str) -> bool:
        """Its ladder has ended, while it waits; whether that happened."""
        ...

    async def acknowledge(self, escalation: str, by: Person, at: datetime) -> bool:
        """Somebody has it, also after the ladder's end; whether nobody had before."""
        ...

    async def pinged(self, ping: Ping) -> None:
        """Record an attempt; the same one again changes nothing, but that it left after all."""
        ...

    async def pings(self, incident: str) -> tuple[Ping, ...]:
        """All attempts of an incident's escalations, oldest first."""
        ...


class LegalClocks(Protocol):
    """Legal clocks: one a jurisdiction, started once and ended once."""

    async def start(self, clock: LegalClock) -> bool:
        """Store; whether it was not running already."""
        ...

    async def of(self, incident: str) -> tuple[LegalClock, ...]:
        """All of an incident, the earliest due first."""
        ...

    async def running(self) -> tuple[LegalClock, ...]:
        """Those of every incident that nothing ended yet, the earliest due first."""
        ...

    async def notified(self, incident: str, jurisdiction: str, sent: str, by: Person, at: datetime) -> bool:
        """The authority was notified; whether that ended the clock."""
        ...


class Watches(Protocol):
    """Watches and what they saw."""

    async def add(self, watch: Watch) -> bool:
        """Store; whether it was new."""
        ...

    async def get(self, watch: str) -> Watch | None:
        """The watch of that id."""
        ...

    async def of(self, incident: str) -> tuple[Watch, ...]:
        """All of an incident, oldest first."""
        ...

    async def in_state(self, states: Collection[WatchState]) -> tuple[Watch, ...]:
        """Those of every incident in these states, oldest first."""
        ...

    async def unsigned(self) -> tuple[Watch, ...]:
        """Those of every incident that go on, or have ended and wait for a verdict, oldest first."""
        ...

    async def seen_unsigned(self) -> tuple[Watched, ...]:
        """Every slot that ended of those, one watch after the other."""
        ...

    async def save(self, watch: Watch, was: WatchState) -> bool:
        """Compare-and-set from that state; whether it happened."""
        ...

    async def note(self, seen: Watched) -> bool:
        """How a slot ended; a gap may still be filled, any other mark stands. Whether it was written."""
        ...

    async def seen(self, watch: str) -> tuple[Watched, ...]:
        """Every slot that ended, in the order in which they were due."""
        ...

    async def seen_in(self, incident: str) -> tuple[Watched, ...]:
        """The same of every watch of an incident, one watch after the other."""
        ...
