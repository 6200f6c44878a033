"""The watch's schedule: by the table, and whatever people and machines do meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.watch import (
    Schedule,
    Stage,
    Watch,
    Watched,
    WatchMark,
    WatchState,
    next_slot,
    overdue,
    paused,
    proposed_verdict,
    resumed,
    slots,
    strip,
    tally,
)
from tests.storage.values import MINUTE, NOON, target

HOUR = timedelta(hours=1)
USUAL = Schedule()
WATCH = Watch(id="w", target=target(), began=NOON, until=NOON + USUAL.length)


def ages(watch: Watch, schedule: Schedule = USUAL) -> list[float]:
    return [(due - watch.began) / HOUR for due in slots(watch, schedule)]


def look(hour: float, mark: WatchMark) -> Watched:
    return Watched(watch="w", due=NOON + hour * HOUR, at=NOON + hour * HOUR, mark=mark)


def test_the_usual_schedule() -> None:
    assert ages(WATCH) == [1, 2, 3, 4, 5, 6, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64, 72]


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([(1, 3)], [1, 2, 3]),
        ([(2, 5)], [2, 4, 5]),
        ([(1, 2), (5, 7)], [1, 2, 5, 7]),
        ([(3, 2), (4, 10)], [2, 4, 8, 10]),
    ],
)
def test_every_stage_ends_with_a_look(stages: list[tuple[int, int]], expected: list[int]) -> None:
    schedule = Schedule(stages=tuple(Stage(every=e * HOUR, until=u * HOUR) for e, u in stages))
    assert ages(replace(WATCH, until=NOON + schedule.length), schedule) == expected


def test_one_that_was_extended_goes_on_as_the_last_stage_did() -> None:
    longer = replace(WATCH, until=NOON + 97 * HOUR)
    assert ages(longer)[-5:] == [72, 80, 88, 96, 97]


@pytest.mark.parametrize(
    ("after", "expected"), [(0, 1), (1, 2), (6, 8), (19.99, 20), (20, 24), (71.9, 72), (72, None), (99, None)]
)
def test_what_is_next(after: float, expected: float | None) -> None:
    found = next_slot(WATCH, USUAL, NOON + after * HOUR)
    assert found == (None if expected is None else NOON + expected * HOUR)


@pytest.mark.parametrize(
    ("due", "now", "expected"),
    [
        (1, 1, [1]),
        (1, 1.9, [1]),
        (1, 4.5, [1, 2, 3, 4]),
        (64, 500, [64, 72]),
        (2, 0.5, [2]),
    ],
)
def test_what_came_due_meanwhile(due: float, now: float, expected: list[float]) -> None:
    found = overdue(WATCH, USUAL, NOON + due * HOUR, NOON + now * HOUR)
    assert [(slot - NOON) / HOUR for slot in found] == expected


def test_nothing_comes_due_in_a_pause() -> None:
    resting = paused(WATCH, NOON + 2.5 * HOUR)
    assert [(s - NOON) / HOUR for s in overdue(resting, USUAL, NOON + HOUR, NOON + 9 * HOUR)] == [1, 2]


@given(
    pauses=st.lists(st.tuples(st.integers(0, 600), st.integers(-60, 2000)), max_size=6),
    extended=st.integers(0, 100),
)
def test_a_watch_looks_for_its_whole_length_whatever_the_pauses(
    pauses: list[tuple[int, int]], extended: int
) -> None:
    watch, at, stood = replace(WATCH, until=WATCH.until + extended * HOUR), NOON, timedelta(0)
    for run, rest in pauses:
        at += run * MINUTE
        resting = paused(watch, at)
        at += rest * MINUTE
        watch = resumed(resting, at)
        stood += max(0, rest) * MINUTE
    assert watch.until == WATCH.until + extended * HOUR + stood
    assert watch.length == USUAL.length + extended * HOUR
    found = slots(watch, USUAL)
    assert found[-1] == watch.until
    assert list(found) == sorted(set(found))
    assert (watch.state, watch.paused_at) == (WatchState.RUNNING, None)


@given(
    stages=st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=1, max_size=4),
    moment=st.integers(0, 3000),
)
def test_each_slot_is_the_next_one_once(stages: list[tuple[int, int]], moment: int) -> None:
    until, made = 0, list[Stage]()
    for every, length in stages:
        until += length
        made.append(Stage(every=every * MINUTE, until=until * MINUTE))
    schedule = Schedule(stages=tuple(made))
    watch = replace(WATCH, until=NOON + schedule.length)
    walked, at = list[datetime](), NOON
    while (due := next_slot(watch, schedule, at)) is not None:
        walked.append(due)
        at = due
    assert tuple(walked) == slots(watch, schedule)
    came = overdue(watch, schedule, walked[0], NOON + moment * MINUTE)
    assert came == tuple(s for s in walked if s <= max(walked[0], NOON + moment * MINUTE))


@pytest.mark.parametrize(
    ("marks", "verdict"),
    [
        ("●●●", "clean: nothing seen in 3 looks"),
        ("●✕○", "not clean: 1 of 2 looks saw something"),
        ("●○–", "nothing seen in 1 looks, but 2 could not be made"),
        ("○○", "unknown: no look saw anything at all"),
        ("", "unknown: no look saw anything at all"),
    ],
)
def test_the_proposed_verdict_never_takes_a_gap_for_clear(marks: str, verdict: str) -> None:
    by_sign = {mark.sign: mark for mark in WatchMark}
    seen = [look(n, by_sign[sign]) for n, sign in enumerate(marks, 1)]
    assert proposed_verdict(tally(seen)) == verdict


def test_the_strip_says_what_was_and_that_more_comes() -> None:
    seen = [
        look(1, WatchMark.CLEAR),
        look(2, WatchMark.GAP),
        look(3, WatchMark.HIT),
        look(4, WatchMark.MISSED),
    ]
    assert strip(WATCH, seen) == "● ○ ✕ – …"
    assert strip(replace(WATCH, state=WatchState.ENDED), seen) == "● ○ ✕ –"
    assert tally(seen).words == "1 clear, 1 hit, 1 gap, 1 missed"
