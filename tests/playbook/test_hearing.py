"""A replica that Slack forgot is told from one that has nothing to hear."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbook.hearing import Ear, Since, deaf, improbable, since


def ear(executor: str, events: int, *, heard: float | None = None, pinned: float | None = None) -> Ear:
    """`heard` and `pinned` are seconds ago."""
    return Ear(
        executor=executor,
        events=events,
        heard_ago=None if heard is None else timedelta(seconds=heard),
        pinned_ago=None if pinned is None else timedelta(seconds=pinned),
    )


FRESH = Since(own=0, others={})


@pytest.mark.parametrize(
    ("missed", "replicas", "expected"),
    [
        (19, 2, False),  # 2^-19 = 1.9e-6
        (20, 2, True),  # 2^-20 = 9.5e-7
        (34, 3, False),  # (2/3)^34 = 1.03e-6
        (35, 3, True),
        (131, 10, False),
        (132, 10, True),
        (1_000_000, 1, False),  # alone: nobody else could have heard it
        (0, 3, False),
    ],
)
def test_how_many_events_one_may_miss_by_chance(missed: int, replicas: int, expected: bool) -> None:
    assert improbable(missed, replicas) is expected


def test_events_count_only_since_one_heard_its_last() -> None:
    before = (ear("a", 5), ear("b", 100), ear("c", 7))
    last = since("a", before, None)
    assert last == Since(own=5, others={"b": 100, "c": 7})
    assert deaf("a", before, last) == ""

    later = (ear("a", 5), ear("b", 130), ear("c", 12))
    assert since("a", later, last) is last
    assert "the others heard 35 events" in deaf("a", later, last)

    heard_again = (ear("a", 6), ear("b", 130), ear("c", 12))
    assert deaf("a", heard_again, since("a", heard_again, last)) == ""


def test_a_replica_that_began_later_counts_from_its_beginning() -> None:
    last = Since(own=3, others={"b": 50})
    assert deaf("a", (ear("a", 3), ear("b", 50), ear("new", 34)), last) == ""
    assert deaf("a", (ear("a", 3), ear("b", 50), ear("new", 35)), last) != ""


def test_a_replica_that_is_gone_takes_its_count_along() -> None:
    assert deaf("a", (ear("a", 3), ear("c", 2)), Since(own=3, others={"b": 5000, "c": 2})) == ""


@pytest.mark.parametrize(
    ("ears", "problem"),
    [
        ((ear("a", 0),), False),  # nothing was pinned
        ((ear("a", 0, pinned=119),), False),  # Slack may still deliver it
        ((ear("a", 0, pinned=121),), True),
        ((ear("a", 1, heard=121.5, pinned=121),), True),  # what was heard is from before
        ((ear("a", 1, heard=120.5, pinned=121),), False),
        ((ear("a", 0, pinned=300), ear("b", 1, heard=299)), False),  # somebody else heard of it
        ((ear("a", 0), ear("b", 1, heard=200, pinned=150)), True),
        ((ear("a", 0, pinned=300), ear("b", 0, pinned=60)), False),  # the newest has its time yet
    ],
)
def test_a_pinned_card_of_which_nobody_heard(ears: tuple[Ear, ...], problem: bool) -> None:
    assert ("no replica heard of the card" in deaf("a", ears, FRESH)) is problem
