"""Legal clocks: how long until an authority must be notified, from a moment that a person declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import chain, count
from zoneinfo import ZoneInfo

from playbook.clock import elapsed
from playbook.errors import BadInput
from playbook.text import plain

POINTS = (48, 24, 12, 6, 1, 0)
"""Hours left at which people are reminded; after the deadline they are reminded every day."""
BEFORE = timedelta(days=7)
"""Awareness may be declared this long before the first event that ec2ir knows of, and no longer."""
_DAY = 24
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?: ?(?:UTC|Z))?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """Whom a law gives how long. `name` is what people type.

    `hours` are absolute time. Where the law counts days instead, the deadline is the end of the last of the `days`
    after the day of awareness, in `zone` (IANA). `ping` are ids of Slack people or user groups to mention.
    """

    name: str
    title: str
    authority: str
    hours: int = 0
    days: int = 0
    zone: str = "UTC"
    note: str = ""
    ping: tuple[str, ...] = ()

    def deadline(self, aware: datetime) -> datetime:
        """When the authority must have been notified, in UTC."""
        if self.hours:
            return aware.astimezone(UTC) + timedelta(hours=self.hours)
        zone = ZoneInfo(self.zone)
        last = aware.astimezone(zone).date() + timedelta(days=self.days)
        # The first moment of the day after, by the wall clock: a day with a clock change has 23 or 25 hours.
        return datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)

    @property
    def limit(self) -> str:
        """How long it gives, in words."""
        if self.hours:
            return f"{self.hours} h"
        return f"{self.days} calendar day{'s' if self.days > 1 else ''} ({self.zone})"


THAILAND = Jurisdiction(
    name="th-pdpa",
    title="Thailand PDPA",
    authority="Office of the Personal Data Protection Committee",
    hours=72,
    note="section 37(4): within 72 hours after having become aware, unless there is no risk to people's rights",
)
"""The shipped default. Source: Personal Data Protection Act B.E. 2562 (2019), section 37(4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalClock:
    """One jurisdiction's clock of one incident. It starts when somebody declares awareness, and nothing pauses it.

    `notified` ends it, with `sent`: what was sent to whom, in words.
    """

    incident: str
    jurisdiction: str
    aware: datetime
    aware_by: str
    due: datetime
    notified: datetime | None = None
    notified_by: str = ""
    sent: str = ""


def left(clock: LegalClock, now: datetime) -> str:
    """The time left in words: `53 h 2 min left`, or `overdue by 2 h 0 min`."""
    if now < clock.due:
        return f"{elapsed(clock.due - now)} left"
    return f"overdue by {elapsed(now - clock.due)}"


def points(due: datetime) -> Iterator[tuple[int, datetime]]:
    """Every reminder, for ever: hours left (negative once overdue), and its moment."""
    for hours in chain(POINTS, (-_DAY * day for day in count(1))):
        yield hours, due - timedelta(hours=hours)


def next_point(due: datetime, now: datetime) -> tuple[int, datetime]:
    """The first reminder after `now`."""
    return next((hours, at) for hours, at in points(due) if at > now)


def point_reached(due: datetime, now: datetime) -> tuple[int, datetime] | None:
    """The last reminder whose moment has come: those before it are of no use any more. None before the first."""
    reached = None
    for hours, at in points(due):
        if at > now:
            break
        reached = hours, at
    return reached


def moment_in(words: str) -> datetime:
    """A moment that a person typed, `2026-03-02 12:05 UTC`. Raises BadInput for anything else."""
    found = _MOMENT.fullmatch(words.strip())
    try:
        if found is not None:
            return datetime.strptime(f"{found[1]} {found[2]}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise BadInput(
        f"“{plain(words, 40)}” is no moment.",
        means="No clock was started.",
        then="Write it in UTC, such as 2026-03-02 12:05 UTC; or nothing, for now.",
    )


def check_aware(aware: datetime, *, first: datetime, now: datetime) -> None:
    """Raise BadInput when nobody can have become aware then; `first` is the incident's first event."""
    if aware > now:
        raise BadInput(
            f"{aware:%Y-%m-%d %H:%M} UTC is still to come.",
            means="No clock was started: awareness is declared of what is known already.",
            then=f"It is {now:%Y-%m-%d %H:%M} UTC now.",
        )
    if aware < first - BEFORE:
        raise BadInput(
            f"{aware:%Y-%m-%d %H:%M} UTC is more than {BEFORE.days} days before this incident's first event.",
            means="No clock was started.",
            then=f"The first event known was at {first:%Y-%m-%d %H:%M} UTC: look at the date.",
        )
