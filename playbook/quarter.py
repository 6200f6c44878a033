"""The quarters of the year, in UTC: when the audit of rows H1 and H2 is due (playbook row H6)."""

from __future__ import annotations

from datetime import UTC, datetime

HOUR = 9
"""The hour of the quarter's first day at which it is due."""


def next_quarter(after: datetime) -> datetime:
    """The first moment later than `after` at which a quarter's audit is due."""
    at = after.astimezone(UTC)
    starts = [
        datetime(year, month, 1, HOUR, tzinfo=UTC)
        for year in (at.year, at.year + 1)
        for month in (1, 4, 7, 10)
    ]
    return next(start for start in starts if start > at)


def quarter(at: datetime) -> str:
    """Its name: `2026Q4`."""
    moment = at.astimezone(UTC)
    return f"{moment.year}Q{(moment.month + 2) // 3}"
