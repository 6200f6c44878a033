"""How often a method may be called, and faults to order: both are switched by tests and the demo."""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# Slack's rate limit tiers. Tier 1 is "1 and more": ten connections may be opened one after another.
CALLS_A_MINUTE = {1: 10, 2: 20, 3: 50, 4: 100}
POSTING = 0  # the special tier: about one message a second in each channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the workspace allows. `messages` a second and channel; `tiers` maps a tier to calls a minute."""

    messages: int | None = None
    tiers: Mapping[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def none(cls) -> "Limits":
        """Allow everything: for tests of something else."""
        return cls()

    @classmethod
    def slack(cls) -> "Limits":
        """Allow what Slack allows."""
        return cls(messages=1, tiers=CALLS_A_MINUTE)


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts calls against limits, in sliding windows."""

    limits: Limits = field(default_factory=Limits.none)
    _seen: dict[str, deque[datetime]] = field(default_factory=dict[str, deque[datetime]])

    def retry_after(self, method: str, tier: int, channel: str, now: datetime) -> int | None:
        """Count one call; or return, in seconds, when to come again."""
        if tier == POSTING:
            most, window, key = self.limits.messages, timedelta(seconds=1), f"post {channel}"
        else:
            most, window, key = self.limits.tiers.get(tier), timedelta(minutes=1), method
        if most is None:
            return None
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] + window <= now:
            seen.popleft()
        if len(seen) >= most:
            return max(1, math.ceil((seen[0] + window - now).total_seconds()))
        seen.append(now)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one call. `after` means that Slack did the work and only the answer was lost."""

    status: int = 200
    error: str = ""
    retry_after: int | None = None
    after: bool = False
    lost: str = ""

    @classmethod
    def rate_limited(cls, seconds: int = 1) -> "Fault":
        """Answer 429 with Retry-After."""
        return cls(status=429, error="ratelimited", retry_after=seconds)

    @classmethod
    def server_error(cls, status: int = 500) -> "Fault":
        """Answer 5xx with a body that is no JSON, and do nothing."""
        return cls(status=status)

    @classmethod
    def refused(cls, error: str) -> "Fault":
        """Answer `{"ok": false}` with this error."""
        return cls(error=error)

    @classmethod
    def timeout(cls) -> "Fault":
        """Do the work and never answer: the caller can't know."""
        return cls(after=True, lost="timeout")

    @classmethod
    def dropped(cls) -> "Fault":
        """Do the work and drop the connection."""
        return cls(after=True, lost="dropped")


@dataclass(slots=True, kw_only=True)
class Faults:
    """Faults that wait for their calls, and duplicates that wait for their deliveries."""

    _ordered: dict[str, deque[Fault]] = field(default_factory=dict[str, deque[Fault]])
    duplicates: int = 0
    concurrent: bool = False

    def order(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """Let the next `times` calls of a method meet this fault, after those already ordered."""
        self._ordered.setdefault(method, deque()).extend([fault] * times)

    def take(self, method: str) -> Fault | None:
        """Return the fault that the call now made meets, if any."""
        waiting = self._ordered.get(method)
        return waiting.popleft() if waiting else None

    def duplicate_next(self, times: int = 1, *, concurrent: bool = False) -> None:
        """Deliver the next `times` payloads twice, one after the other or at once."""
        self.duplicates, self.concurrent = times, concurrent
