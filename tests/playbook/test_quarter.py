"""When the quarterly audit is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.quarter import next_quarter, quarter

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("after", "due", "name"),
    [
        ("2026-01-01T08:59:59+00:00", "2026-01-01T09:00", "2026Q1"),
        ("2026-01-01T09:00:00+00:00", "2026-04-01T09:00", "2026Q2"),
        ("2026-03-02T12:00:00+00:00", "2026-04-01T09:00", "2026Q2"),
        ("2026-06-30T23:59:00+00:00", "2026-07-01T09:00", "2026Q3"),
        ("2026-11-24T11:00:00+00:00", "2027-01-01T09:00", "2027Q1"),
        ("2026-10-01T15:00:00+07:00", "2026-10-01T09:00", "2026Q4"),
    ],
)
def test_it_is_due_on_the_first_day_at_nine(after: str, due: str, name: str) -> None:
    found = next_quarter(datetime.fromisoformat(after))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert quarter(found) == name


@given(MOMENTS)
def test_quarters_follow_each_other_without_a_hole(after: datetime) -> None:
    due = next_quarter(after)
    assert after < due <= after + timedelta(days=92, hours=24)
    assert timedelta(days=90) <= next_quarter(due) - due <= timedelta(days=92)
    assert next_quarter(after.astimezone(timezone(timedelta(hours=13)))) == due
