"""What is kept of an incident: timeline, ledger, answers, ticks, indicators, files, root causes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from playbook.answer import Answered
from playbook.checklist import Tick
from playbook.file import File
from playbook.finding import Indicator
from playbook.indicators import Known
from playbook.ledger import Evidence
from playbook.people import Person
from playbook.plan import Json
from playbook.timeline import Entry


class Timeline(Protocol):
    """Append-only."""

    async def add(self, entry: Entry) -> None:
        """Append."""
        ...

    async def of(self, incident: str) -> tuple[Entry, ...]:
        """In the order of writing."""
        ...


class Ledger(Protocol):
    """The evidence ledger, append-only, one chain an incident."""

    async def add(self, incident: str, at: datetime, kind: str, subject: str, body: Json) -> Evidence:
        """Seal and append behind the incident's last entry."""
        ...

    async def of(self, incident: str) -> tuple[Evidence, ...]:
        """In order."""
        ...

    async def incidents(self) -> tuple[str, ...]:
        """Every incident with evidence."""
        ...


class Answers(Protocol):
    """Answers of checks: the latest of each check on each instance."""

    async def save(self, answered: Answered) -> None:
        """Store it in place of the check's answer before."""
        ...

    async def of(self, incident: str) -> tuple[Answered, ...]:
        """All of an incident, by instance and check."""
        ...

    async def gaps(self, incidents: Collection[str]) -> Mapping[str, int]:
        """How many answers of each of these incidents could not be had; without those that have none."""
        ...


class Ticks(Protocol):
    """What people said about the checklist's rows."""

    async def save(self, tick: Tick) -> None:
        """Store it in place of what was said before."""
        ...

    async def of(self, incident: str) -> tuple[Tick, ...]:
        """All of an incident, by row."""
        ...

    async def assigned(self, person: Person) -> tuple[Tick, ...]:
        """The rows of every incident that are with that person and of which nobody said how they stand."""
        ...


class Indicators(Protocol):
    """Indicators of incidents: each value once."""

    async def add(self, incident: str, indicator: Indicator, source: str, at: datetime) -> bool:
        """Store a normalised indicator, or the further source of a known one; whether the value was new."""
        ...

    async def forget(self, incident: str, indicator: Indicator) -> bool:
        """Take it off the list; whether it was there."""
        ...

    async def of(self, incident: str) -> tuple[Known, ...]:
        """All of an incident, in the order in which they came."""
        ...


class Files(Protocol):
    """Files that incidents yielded."""

    async def put(self, file: File) -> None:
        """Store it."""
        ...

    async def get(self, file: str) -> File | None:
        """The file of that id."""
        ...

    async def of(self, incident: str) -> tuple[File, ...]:
        """All of an incident, oldest first."""
        ...


class RootCauses(Protocol):
    """Root causes, one an incident."""

    async def save(self, incident: str, body: Json, by: Person, at: datetime) -> None:
        """Store it in place of what was stated before."""
        ...

    async def get(self, incident: str) -> Json | None:
        """What was stated, or None."""
        ...
