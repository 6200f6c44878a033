"""When an incident that is contained and still open is reminded of its unfinished rows."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_reminder(contained: datetime, every: timedelta, after: datetime) -> datetime:
    """The first full multiple of `every` since the containment that is later than `after`."""
    return contained + (max(0, (after - contained) // every) + 1) * every


def reminder_reached(contained: datetime, every: timedelta, now: datetime) -> datetime | None:
    """The last of these moments that has come; None before the first."""
    count = (now - contained) // every
    return contained + count * every if count > 0 else None
