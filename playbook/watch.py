"""The watch after recovery (R7): checks on a schedule, each with a mark, and a verdict that a person signs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from playbook.target import Target

_HOUR = timedelta(hours=1)


class WatchState(StrEnum):
    """ENDED: its time is over and it waits for a verdict, or has one. STOPPED: ended by hand before that."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
    STOPPED = "stopped"


class WatchMark(StrEnum):
    """A slot's mark on the strip. MISSED: nobody looked when it was due, and a later one took its place."""

    CLEAR = "clear"
    HIT = "hit"
    GAP = "gap"
    MISSED = "missed"

    @property
    def sign(self) -> str:
        """The mark itself; its word is always shown with it."""
        return _SIGNS[self]


_SIGNS = {WatchMark.CLEAR: "●", WatchMark.HIT: "✕", WatchMark.GAP: "○", WatchMark.MISSED: "–"}
COMING = "…"
"""Stands at a strip's end while looks are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A look at every full multiple of `every` since the watch began, until it is as old as `until`."""

    every: timedelta
    until: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When looks are due: the stages in their order; the last one's end is the watch's, and always a look.

    `again` is after how long a look that could not be made is tried once more, each time after the try before.
    """

    stages: tuple[Stage, ...] = (
        Stage(every=_HOUR, until=6 * _HOUR),
        Stage(every=4 * _HOUR, until=24 * _HOUR),
        Stage(every=8 * _HOUR, until=72 * _HOUR),
    )
    again: tuple[timedelta, ...] = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))

    @property
    def length(self) -> timedelta:
        """How long a watch lasts that nobody pauses or extends."""
        return self.stages[-1].until

    def ages(self, length: timedelta) -> Iterator[timedelta]:
        """How old a watch of that length is at each look; one that was extended goes on as its last stage did."""
        age = timedelta(0)
        while age < length:
            stage = next((s for s in self.stages if age < s.until), None)
            every = (stage or self.stages[-1]).every
            age = min((age // every + 1) * every, stage.until if stage else length, length)
            yield age


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One instance watched for one incident. `paused_at` is set while it is paused; pausing moves `until`.

    `replaces` is the instance of the incident whose clean replacement this one is; empty where it is that instance.
    """

    id: str
    target: Target
    began: datetime
    until: datetime
    state: WatchState = WatchState.RUNNING
    by: str = ""
    paused_at: datetime | None = None
    paused_for: timedelta = timedelta(0)
    verdict: str = ""
    signed_by: str = ""
    signed: datetime | None = None
    replaces: str = ""

    @property
    def live(self) -> bool:
        """Whether looks are still to come, now or after a pause."""
        return self.state in (WatchState.RUNNING, WatchState.PAUSED)

    @property
    def length(self) -> timedelta:
        """How long it lasts, without its pauses."""
        return self.until - self.began - self.paused_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One slot of a watch as it ended: `due` is when it was to be made, `at` when it was."""

    watch: str
    due: datetime
    at: datetime
    mark: WatchMark
    says: tuple[str, ...] = ()
    tries: int = 1


def slots(watch: Watch, schedule: Schedule) -> tuple[datetime, ...]:
    """When its looks are due: the pauses so far move all of them, the last one is at `until` exactly."""
    start = watch.began + watch.paused_for
    return tuple(start + age for age in schedule.ages(watch.length))


def next_slot(watch: Watch, schedule: Schedule, after: datetime) -> datetime | None:
    """The first look that is due later than that, or None when the watch is over."""
    return next((due for due in slots(watch, schedule) if due > after), None)


def overdue(watch: Watch, schedule: Schedule, due: datetime, now: datetime) -> tuple[datetime, ...]:
    """The slots from `due` on that are due by now: the last one is made, those before it were missed.

    A clock that was set back meanwhile makes none of them undue: `due` itself always counts.
    """
    reached = max(due, now if watch.paused_at is None else min(now, watch.paused_at))
    return tuple(slot for slot in slots(watch, schedule) if due <= slot <= reached)


def paused(watch: Watch, at: datetime) -> Watch:
    """The watch, paused."""
    return replace(watch, state=WatchState.PAUSED, paused_at=at)


def resumed(watch: Watch, at: datetime) -> Watch:
    """The watch, gone on: everything that was still to come is later by the pause. A pause is never negative."""
    pause = max(timedelta(0), at - (watch.paused_at or at))
    return replace(
        watch,
        state=WatchState.RUNNING,
        paused_at=None,
        paused_for=watch.paused_for + pause,
        until=watch.until + pause,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A watch by the numbers."""

    clear: int
    hit: int
    gap: int
    missed: int

    @property
    def words(self) -> str:
        """In words: `9 clear, 1 hit`."""
        counted = ((self.clear, "clear"), (self.hit, "hit"), (self.gap, "gap"), (self.missed, "missed"))
        return ", ".join(f"{count} {word}" for count, word in counted if count) or "no look was made yet"


def tally(seen: Iterable[Watched]) -> Tally:
    """Count the marks."""
    count = Counter(one.mark for one in seen)
    return Tally(
        clear=count[WatchMark.CLEAR],
        hit=count[WatchMark.HIT],
        gap=count[WatchMark.GAP],
        missed=count[WatchMark.MISSED],
    )


def strip(watch: Watch, seen: Sequence[Watched]) -> str:
    """Its marks in the order in which they were due: `● ● ○ ✕ …`."""
    return " ".join((*(one.mark.sign for one in seen), *((COMING,) if watch.live else ())))


def proposed_verdict(count: Tally) -> str:
    """What the marks speak for. Only a person decides it: a gap is never taken for clear."""
    if count.hit:
        return f"not clean: {count.hit} of {count.clear + count.hit} looks saw something"
    unseen = count.gap + count.missed
    if not count.clear:
        return "unknown: no look saw anything at all"
    if unseen:
        return f"nothing seen in {count.clear} looks, but {unseen} could not be made"
    return f"clean: nothing seen in {count.clear} looks"
