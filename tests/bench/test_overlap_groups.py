"""Overlap groups: what a log of calls says about how many round trips were made in turn."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bench.aws_stand_in.journal import Call, grouped, observed_depth, serial_seconds

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10)), max_size=30)


def calls(*spans: tuple[float, float]) -> list[Call]:
    """Calls that arrive at the first second of a span and are answered at the second."""
    return [Call(service="ec2", operation="X", arrived=start, answered=end) for start, end in spans]


def test_two_calls_at_once_then_one_that_waited_for_them() -> None:
    assert [call.group for call in grouped(calls((0, 5), (1, 6), (7, 12)))] == [1, 1, 2]


def test_a_chain_beside_a_long_call_is_as_deep_as_the_chain() -> None:
    log = calls((0, 100), (0, 5), (6, 11), (12, 17))
    assert observed_depth(log) == 3
    assert serial_seconds(log) == 115


def test_a_call_that_waited_only_for_the_first_level_is_in_the_second() -> None:
    assert [call.group for call in grouped(calls((0, 5), (0, 9), (6, 20), (10, 30)))] == [1, 1, 2, 2]


def test_nothing_called_has_no_depth() -> None:
    assert observed_depth([]) == 0


@given(SPANS)
def test_calls_of_one_group_all_overlap_and_a_later_group_waited_for_the_one_before(
    spans: list[tuple[int, int]],
) -> None:
    result = grouped(calls(*((start, start + length) for start, length in spans)))
    assert len(result) == len(spans)
    for one, other in combinations(result, 2):
        if one.group == other.group:
            assert one.arrived <= other.answered
            assert other.arrived <= one.answered
    for call in result:
        before = [other for other in result if other.group == call.group - 1]
        assert call.group == 1 or any(other.answered < call.arrived for other in before)
