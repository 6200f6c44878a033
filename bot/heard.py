"""What this replica hears of Slack, kept in memory; each beat of the clock tells the database (`playbook.hearing`)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from slack_bolt.response import BoltResponse

from playbook.hearing import Heard, Since, deaf, since
from playbook.ports import Store


@dataclass(slots=True, kw_only=True)
class Hearing:
    """Counts what Slack delivers here, be it a click, a command or an event."""

    monotonic: Callable[[], float] = time.monotonic
    events: int = 0
    _last: float | None = None
    _pinned: float | None = None
    _since: Since | None = None

    async def middleware(self, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:  # noqa: A002 - Bolt's name
        """Bolt's, before all others."""
        self.hear()
        return await next()

    def hear(self) -> None:
        """Something was delivered."""
        self.events += 1
        self._last = self.monotonic()

    def pinned(self, at: float) -> None:
        """A card was pinned; `at` is from before the call, for its event may come before its answer."""
        self._pinned = at

    def heard(self) -> Heard:
        """For the next beat."""
        now = self.monotonic()
        return Heard(
            events=self.events,
            heard_ago=None if self._last is None else now - self._last,
            pinned_ago=None if self._pinned is None else now - self._pinned,
        )

    async def problem(self, store: Store, executor: str) -> str:
        """For readiness: why this replica must be taken for deaf, or an empty string. Raises Unreachable."""
        async with store.begin() as unit:
            ears = await unit.executors.ears()
        self._since = since(executor, ears, self._since)
        return deaf(executor, ears, self._since)
