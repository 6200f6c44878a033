"""The watch after recovery (R7): checks on a schedule, each with a mark, and a verdict that a person signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from playbook.target import Target


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One instance watched for one incident. `paused_at` is set while it is paused; pausing moves `until`."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One slot of a watch as it ended: `due` is when it was to be made, `at` when it was."""

    watch: str
    due: datetime
    at: datetime
    mark: WatchMark
    says: tuple[str, ...] = ()
    tries: int = 1
