"""Legal clocks: hours are absolute, days are the authority's own, and reminders come at fixed points."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.errors import BadInput
from playbook.legal import (
    BEFORE,
    POINTS,
    THAILAND,
    Jurisdiction,
    LegalClock,
    check_aware,
    left,
    moment_in,
    next_point,
    point_reached,
    points,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENTS = st.datetimes(
    datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip


def days(count: int, zone: str) -> Jurisdiction:
    return Jurisdiction(name="x", title="X", authority="the authority", days=count, zone=zone)


@given(MOMENTS)
def test_hours_are_absolute_whatever_the_wall_clocks_do(aware: datetime) -> None:
    assert THAILAND.deadline(aware) - aware == timedelta(hours=72)


@pytest.mark.parametrize(
    ("zone", "aware", "due"),
    [
        pytest.param("Asia/Singapore", "2026-03-02T12:00", "2026-03-05T16:00", id="to the end of the third day"),
        pytest.param("Asia/Singapore", "2026-03-02T15:59", "2026-03-05T16:00", id="a minute before midnight"),
        pytest.param("Asia/Singapore", "2026-03-02T16:00", "2026-03-06T16:00", id="the next day has begun there"),
        pytest.param("Europe/Berlin", "2026-03-27T12:00", "2026-03-30T22:00", id="over the loss of an hour"),
        pytest.param("Europe/Berlin", "2026-10-23T12:00", "2026-10-26T23:00", id="over the gain of an hour"),
        pytest.param("America/Sao_Paulo", "2018-10-31T12:00", "2018-11-04T03:00", id="the next midnight is skipped"),
        pytest.param("UTC", "2027-12-30T00:00", "2028-01-03T00:00", id="over the year"),
        pytest.param("UTC", "2028-02-27T09:00", "2028-03-02T00:00", id="over a leap day"),
    ],
)  # fmt: skip
def test_days_end_with_the_last_ones_midnight_where_the_authority_is(zone: str, aware: str, due: str) -> None:
    found = days(3, zone).deadline(datetime.fromisoformat(aware).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("passed", "reached", "coming"),
    [
        (0, None, 48),
        (23.9, None, 48),
        (24, 48, 24),
        (47, 48, 24),
        (48, 24, 12),
        (60, 12, 6),
        (66, 6, 1),
        (71, 1, 0),
        (72, 0, -24),
        (95.9, 0, -24),
        (96, -24, -48),
        (24 * 40, -24 * 37, -24 * 38),
    ],
)
def test_which_reminder_has_come_and_which_comes_next(
    passed: float, reached: int | None, coming: int
) -> None:
    due, now = NOON + timedelta(hours=72), NOON + timedelta(hours=passed)
    found = point_reached(due, now)
    assert (found and found[0]) == reached
    assert next_point(due, now)[0] == coming


@given(st.floats(0, 400), st.floats(0, 400))
def test_no_reminder_is_passed_over_between_two_looks(first: float, second: float) -> None:
    due = NOON + timedelta(hours=72)
    before, after = sorted(NOON + timedelta(hours=h) for h in (first, second))
    hours, at = next_point(due, before)
    reached = point_reached(due, after)
    assert (at <= after) == (reached is not None and reached[1] > before)
    assert at == due - timedelta(hours=hours)


def test_the_points_are_those_of_the_playbook_and_then_daily() -> None:
    assert [hours for hours, _ in islice(points(NOON), 8)] == [*POINTS, -24, -48]


def test_time_left_is_said_and_so_is_time_over() -> None:
    clock = LegalClock(incident="i", jurisdiction="x", aware=NOON, aware_by="U0ANA", due=NOON)
    assert left(clock, NOON - timedelta(hours=53, minutes=2)) == "53 h 2 min left"
    assert left(clock, NOON) == "overdue by 0 s"
    assert left(clock, NOON + timedelta(hours=2)) == "overdue by 2 h 0 min"


@pytest.mark.parametrize(
    "words", ["2026-03-02 12:00 UTC", "2026-03-02 12:00", "2026-03-02T12:00Z", " 2026-03-02 12:00 utc "]
)
def test_a_moment_as_people_write_it(words: str) -> None:
    assert moment_in(words) == NOON


@pytest.mark.parametrize(
    "words", ["", "yesterday", "12:00", "2026-02-30 12:00", "2026-03-02 25:00", "02.03.2026 12:00"]
)
def test_a_moment_that_is_none_is_refused_with_how_to_write_it(words: str) -> None:
    with pytest.raises(BadInput, match="Write it in UTC, such as"):
        moment_in(words)


def test_awareness_is_of_what_was_known() -> None:
    check_aware(NOON, first=NOON, now=NOON)
    check_aware(NOON - BEFORE, first=NOON, now=NOON)
    with pytest.raises(BadInput, match="still to come"):
        check_aware(NOON + timedelta(seconds=1), first=NOON, now=NOON)
    with pytest.raises(BadInput, match="more than 7 days before this incident's first event"):
        check_aware(NOON - BEFORE - timedelta(seconds=1), first=NOON, now=NOON)
