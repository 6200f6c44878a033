"""The timeline as a drawing: where each event stands on an axis of time, and in which lane."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.catalogue import BY_NAME
from actions.checks.catalogue import CHECK_BY_NAME
from commands.report.model import Report
from playbook.people import BOT
from playbook.rows import Phase
from playbook.run import StepState
from playbook.timeline import Entry, Event

ALERTS, DECISIONS = "Alerts", "People decide"
_BEND = 20.0
"""Seconds up to which the axis is about linear; beyond, it is logarithmic: minutes and days stand on one page."""
_TICKS: tuple[tuple[float, str], ...] = (
    (0, "0"), (10, "10 s"), (60, "1 min"), (300, "5 min"), (1800, "30 min"), (7200, "2 h"), (43_200, "12 h"),
    (172_800, "2 d"), (604_800, "7 d"), (2_592_000, "30 d"), (31_536_000, "1 y"),
)  # fmt: skip
_LANES = {
    Event.OPENED: ALERTS,
    Event.FINDING: ALERTS,
    Event.JOINED: ALERTS,
    Event.FACTS: ALERTS,
    Event.INDICATOR: Phase.FORENSICS.heading,
    Event.CONTAINED: Phase.CONTAIN.heading,
    Event.RECOVERED: Phase.RECOVER.heading,
}
_SHAPES = ("machine", "person", "failure")
"""In the order in which they are drawn: a failure is never under anything else."""
_OF_STEP = frozenset({Event.STEP, Event.UNDONE, Event.STARTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One event: `at` is its place on the axis from 0 to 1. `shape` is person, machine or failure."""

    lane: int
    at: float
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the axis with a word: a tick, or a milestone."""

    at: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """`lanes` from the top; `milestones` are few, in the order of time."""

    lanes: tuple[str, ...]
    dots: tuple[Dot, ...]
    ticks: tuple[Mark, ...]
    milestones: tuple[Mark, ...]


def drawing(report: Report) -> Drawing:
    """The events by phase, on an axis that begins when the incident opened and ends with the last event."""
    opened = report.incident.opened
    last = max((e.at for e in report.entries), default=opened)
    whole = max(last - opened, timedelta(seconds=10))
    placed = [(_lane(e), e) for e in report.entries]
    order = [ALERTS, DECISIONS, *(phase.heading for phase in Phase)]
    lanes = tuple(name for name in order if any(lane == name for lane, _ in placed))
    dots = {
        Dot(lane=lanes.index(lane), at=_place(e.at - opened, whole), shape=_shape(e)) for lane, e in placed
    }
    return Drawing(
        lanes=lanes,
        dots=tuple(sorted(dots, key=lambda d: (_SHAPES.index(d.shape), d.lane, d.at))),
        ticks=tuple(
            Mark(at=_place(timedelta(seconds=s), whole), words=words)
            for s, words in _TICKS
            if s <= whole.total_seconds()
        ),
        milestones=tuple(
            Mark(at=_place(at - opened, whole), words=words) for at, words in _milestones(report)
        ),
    )


def _place(since: timedelta, whole: timedelta) -> float:
    """Between 0 and 1, rounded so that every machine draws the same."""
    part = math.log1p(max(since.total_seconds(), 0) / _BEND) / math.log1p(whole.total_seconds() / _BEND)
    return round(min(part, 1.0), 4)


def _lane(entry: Entry) -> str:
    check = CHECK_BY_NAME.get(str(entry.data.get("check", "")))
    if entry.event is Event.CHECKED:
        return (check.phase if check else Phase.INVESTIGATE).heading
    action = BY_NAME.get(str(entry.data.get("action", "")))
    if entry.event in _OF_STEP and entry.actor == BOT.id:
        return (action.phase if action else Phase.CONTAIN).heading
    return _LANES.get(entry.event, DECISIONS)


def _shape(entry: Entry) -> str:
    if entry.data.get("state") == StepState.FAILED.value or entry.event is Event.OVERRIDE:
        return "failure"
    return "machine" if entry.actor == BOT.id else "person"


def _milestones(report: Report) -> Iterator[tuple[datetime, str]]:
    incident, spans = report.incident, report.metrics
    found: Sequence[tuple[datetime | None, str]] = (
        (incident.opened, "opened"),
        (incident.opened + spans.acknowledge if spans.acknowledge is not None else None, "acknowledged"),
        (incident.contained, "contained"),
        (incident.opened + spans.recover if spans.recover is not None else None, "recovered"),
        (incident.closed, "closed"),
    )
    yield from sorted((at, words) for at, words in found if at is not None)
