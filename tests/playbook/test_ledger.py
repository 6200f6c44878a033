"""The evidence ledger: whatever is changed, taken out or moved is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.ledger import GENESIS, Evidence, breaks, seal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def chain(length: int) -> list[Evidence]:
    found: list[Evidence] = []
    for seq in range(1, length + 1):
        previous = found[-1].sha256 if found else GENESIS
        found.append(
            seal(
                incident="I1",
                seq=seq,
                at=NOON,
                kind="observed",
                subject=f"call {seq}",
                body={"n": seq},
                previous=previous,
            )
        )
    return found


@given(st.integers(0, 8))
def test_an_untouched_chain_is_whole(length: int) -> None:
    assert breaks(chain(length)) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"incident": "I2"},
        {"seq": 9},
        {"at": NOON + timedelta(microseconds=1)},
        {"kind": "before"},
        {"subject": "other"},
        {"body": {"n": 2, "more": 1}},
        {"previous": GENESIS},
        {"sha256": "0" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_field_is_found(change: dict[str, Any]) -> None:
    entries = chain(3)
    entries[1] = replace(entries[1], **change)
    assert breaks(entries) != ()


def test_a_changed_entry_that_is_sealed_anew_breaks_the_one_behind_it() -> None:
    entries = chain(3)
    second = entries[1]
    entries[1] = seal(
        incident="I1", seq=2, at=NOON, kind=second.kind, subject="forged", body={}, previous=second.previous
    )
    assert breaks(entries) == ("I1: entry 3 does not follow from the entry before it",)


@given(st.data())
def test_a_removed_entry_is_found_unless_it_was_the_last(data: st.DataObject) -> None:
    entries = chain(6)
    del entries[data.draw(st.integers(0, 4))]
    assert any("is missing" in problem for problem in breaks(entries))


@given(st.permutations(range(5)))
def test_another_order_is_found(order: list[int]) -> None:
    entries = chain(5)
    assert (breaks([entries[n] for n in order]) == ()) is (order == sorted(order))


def test_a_repeated_entry_is_found() -> None:
    (only,) = chain(1)
    assert breaks([only, only]) != ()
