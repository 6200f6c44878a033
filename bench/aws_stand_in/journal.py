"""What was called, when, and what overlapped: the stand-in's side of a measurement."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answered call; times are seconds of the machine's monotonic clock (`time.monotonic`).

    `group` numbers the calls from 1 by observed depth: a call's group is one more than the deepest call that
    had been answered before it arrived. So all calls of a group overlap, and the highest group is the number
    of round trips that were made one after another.
    """

    service: str
    operation: str
    arrived: float
    answered: float
    error: str | None = None
    group: int = 0


def grouped(calls: Sequence[Call]) -> tuple[Call, ...]:
    """The same calls in order of arrival, with their overlap groups found anew: use it after filtering."""
    result: list[Call] = []
    waiting = sorted(calls, key=lambda call: call.answered)
    depth_of: dict[int, int] = {}
    done = depth = 0
    for call in sorted(calls, key=lambda call: call.arrived):
        while done < len(waiting) and waiting[done].answered < call.arrived:
            depth = max(depth, depth_of[id(waiting[done])])
            done += 1
        depth_of[id(call)] = depth + 1
        result.append(replace(call, group=depth + 1))
    return tuple(result)


def observed_depth(calls: Sequence[Call]) -> int:
    """How many round trips were made one after another."""
    return max((call.group for call in grouped(calls)), default=0)


def serial_seconds(calls: Sequence[Call]) -> float:
    """How long the same calls would have waited for AWS if each had waited for the one before."""
    return sum(call.answered - call.arrived for call in calls)


@dataclass(slots=True)
class Journal:
    """The calls since the last reset."""

    calls: list[Call] = field(default_factory=list[Call])
    in_flight: int = 0
    peak: int = 0

    def arrive(self) -> None:
        """Count a request that has come in."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def answer(self, call: Call) -> None:
        """Count a request that has been answered."""
        self.in_flight -= 1
        self.calls.append(call)
