"""When unfinished rows are reminded of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from playbook.reminder import next_reminder, reminder_reached

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVERY = timedelta(hours=8)


def test_the_first_comes_a_full_interval_after_the_containment() -> None:
    assert next_reminder(NOON, EVERY, NOON) == NOON + EVERY
    assert next_reminder(NOON, EVERY, NOON + EVERY) == NOON + 2 * EVERY
    assert next_reminder(NOON, EVERY, NOON - timedelta(hours=30)) == NOON + EVERY
    assert reminder_reached(NOON, EVERY, NOON + timedelta(hours=7)) is None
    assert reminder_reached(NOON, EVERY, NOON + timedelta(hours=23)) == NOON + 2 * EVERY


@given(st.timedeltas(timedelta(0), timedelta(days=30)), st.integers(1, 168))
def test_what_was_reached_is_one_interval_before_what_comes(passed: timedelta, hours: int) -> None:
    every = timedelta(hours=hours)
    reached = reminder_reached(NOON, every, NOON + passed) or NOON
    assert reached <= NOON + passed < next_reminder(NOON, every, NOON + passed) == reached + every
