"""A clock that only moves when a test, or a pause, moves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    """Starts at noon; `pause` takes no time and moves the clock on, telling `moved` each time."""

    def __init__(self, start: datetime = NOON, moved: Callable[[], object] | None = None) -> None:
        self._now = start
        self.moved = moved
        self.paused: list[float] = []

    def __call__(self) -> datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        if self.moved is not None:
            self.moved()

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.advance(seconds)
