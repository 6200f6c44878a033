"""About one message a second in a channel, which is what Slack allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from playbook.clock import Clock

GAP = timedelta(seconds=1.05)
"""Slack's limit for posting is about one message a second in each channel (Slack, “rate limits”)."""

_FAR = timedelta(minutes=5)
"""No wait is this long (Slack asks for a minute at most): a turn further ahead is from before a clock was set back."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Pace:
    """When each channel may be written to again."""

    clock: Clock
    sleep: Sleep
    gap: timedelta = GAP
    held: int = 0
    """How often Slack asked to stay away."""
    _free: dict[str, datetime] = field(default_factory=dict[str, datetime])

    async def turn(self, channel: str) -> None:
        """Wait until the channel may be written to, and take that place."""
        now = self.clock()
        self._free = {c: at for c, at in self._free.items() if now < at < now + _FAR}
        mine = self._free.get(channel, now)
        self._free[channel] = mine + self.gap
        if mine > now:
            await self.sleep((mine - now).total_seconds())

    def hold(self, channel: str, wait: timedelta) -> None:
        """Slack asked to stay away for so long."""
        self.held += 1
        self._free[channel] = max(self._free.get(channel, self.clock()), self.clock() + wait)
