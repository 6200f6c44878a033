"""Time as the product sees it: aware, UTC, and from one place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Answers the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """A moment in stored words: `2026-03-02 12:05:00 UTC`; the Slack door shows it in the reader's own zone."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def elapsed(span: timedelta) -> str:
    """A span in words: `12 s`, `1 min 22 s`, `3 h 5 min`."""
    seconds = max(0, round(span.total_seconds()))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
