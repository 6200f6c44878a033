from __future__ import annotations

from aws.limits import Pace


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_two_leave_at_once_and_the_next_two_a_second_later() -> None:
    pace = Pace(Ticks())
    assert [pace.wait("here", 2) for _ in range(5)] == [0, 0, 1, 1, 2]


def test_a_pause_gives_the_moments_back() -> None:
    clock = Ticks()
    pace = Pace(clock)
    assert [pace.wait("here", 2) for _ in range(2)] == [0, 0]
    clock.now = 1.5
    assert [pace.wait("here", 2) for _ in range(3)] == [0, 0, 1]


def test_regions_do_not_wait_for_each_other() -> None:
    pace = Pace(Ticks())
    assert [pace.wait(where, 2) for where in ("a", "a", "b", "b")] == [0, 0, 0, 0]
