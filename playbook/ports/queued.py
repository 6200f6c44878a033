"""What waits to be done, and by whom: executors, outbox, slots, clicks, letters."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from playbook.hearing import Ear, Heard
from playbook.letter import Letter
from playbook.outbox import Message, Sending
from playbook.people import Person
from playbook.slot import Slot, SlotState


class Executors(Protocol):
    """The replicas: who lives, and what each has heard of Slack, by the database's clock."""

    async def beat(self, executor: str, heard: Heard) -> None:
        """It lives, and so much has it heard."""
        ...

    async def silent(self, silence: timedelta) -> tuple[str, ...]:
        """Those whose last beat is that old."""
        ...

    async def living(self) -> frozenset[str]:
        """Every one that has a row: it beats, or nobody has taken over from it yet."""
        ...

    async def ears(self) -> tuple[Ear, ...]:
        """What each of them has heard."""
        ...

    async def bury(self, executor: str) -> None:
        """Forget it."""
        ...


class Outbox(Protocol):
    """Rows for the sender."""

    async def put(self, message: Message) -> None:
        """Store; a key that is there already is left alone, except live posts, which are armed again."""
        ...

    async def take(self, holder: str, at: datetime, lease: timedelta) -> Sending | None:
        """The next row: by urgency, then age, never one whose incident has an older row unsent or in other hands."""
        ...

    async def sent(self, sending: Sending, ts: str, at: datetime) -> None:
        """Slack has it; `ts` is the message's own, or empty."""
        ...

    async def put_back(self, sending: Sending, due: datetime, problem: str) -> None:
        """Try again at `due`."""
        ...

    async def refuse(self, sending: Sending, problem: str) -> None:
        """Slack will never take it."""
        ...

    async def release(self, holder: str) -> None:
        """That holder is dead: what it was sending waits again, and counts as tried."""
        ...

    async def ts_of(self, key: str) -> str:
        """The ts of what was sent under that key, or an empty string."""
        ...

    async def waiting(self) -> int:
        """How many rows are not sent yet."""
        ...


class Slots(Protocol):
    """Timers."""

    async def add(self, slot: Slot) -> bool:
        """Insert; whether it was new."""
        ...

    async def due(self, now: datetime, most: int = 100) -> tuple[Slot, ...]:
        """Pending ones due by `now`, oldest first; to be looked at."""
        ...

    async def claim(self, now: datetime, most: int) -> tuple[Slot, ...]:
        """Queue pending ones due by `now`, oldest first; each is answered to one caller alone."""
        ...

    async def reclaim(self, before: datetime, now: datetime, most: int) -> tuple[Slot, ...]:
        """Queue again those that were queued before that moment and have not ended; to one caller alone."""
        ...

    async def held(self, keys: Collection[str]) -> tuple[Slot, ...]:
        """Those of the keys that are queued, as far as this version knows their alarms."""
        ...

    async def give_back(self, keys: Collection[str]) -> int:
        """Make those pending again that are queued with an alarm which this version does not know; how many."""
        ...

    async def move(self, key: str, old: SlotState, new: SlotState, at: datetime) -> bool:
        """Compare-and-set; whether it happened."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest pending one."""
        ...

    async def overdue(self, now: datetime) -> int:
        """How many are due by `now` and not queued yet."""
        ...


class Clicks(Protocol):
    """Single-use ids of consequential clicks."""

    async def claim(self, key: str, person: Person, at: datetime) -> tuple[Person, datetime] | None:
        """None when the claim is now `person`'s; otherwise who had it before, and since when."""
        ...

    async def release(self, key: str) -> None:
        """Give the claim back: what was asked for was refused, and may be asked for again."""
        ...


class Letters(Protocol):
    """Messages that could not be understood."""

    async def keep(self, letter: Letter) -> bool:
        """Store; whether it was new."""
        ...

    async def listed(self) -> tuple[Letter, ...]:
        """Newest first."""
        ...
