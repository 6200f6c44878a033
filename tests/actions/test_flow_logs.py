"""What flow-log records prove, as a pure judgement over them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from actions.flow_logs import Record, judge, parsed, record

ENI, OTHER = "eni-1", "eni-2"
OWN = {ENI: frozenset({"10.0.1.20"})}
REJECTED = Record(
    interface=ENI,
    start=datetime(2026, 3, 2, 12, tzinfo=UTC),
    status="OK",
    action="REJECT",
    source="198.51.100.7",
    destination="10.0.1.20",
    port="22",
)
ACCEPTED = replace(REJECTED, action="ACCEPT")
QUIET = replace(REJECTED, status="NODATA", action="-", source="-", destination="-", port="-")
SKIPPED = replace(QUIET, status="SKIPDATA")


def test_rejected_traffic_and_silence_are_proof() -> None:
    assert judge([REJECTED], OWN, "").unseen == ()
    assert judge([QUIET], OWN, "").unseen == ()


def test_skipped_records_and_missing_ones_are_not() -> None:
    assert judge([SKIPPED], OWN, "").unseen == (ENI,)
    assert judge([], OWN, "").unseen == (ENI,)


def test_each_interface_needs_records_of_its_own() -> None:
    assert judge([QUIET], {**OWN, OTHER: frozenset()}, "").unseen == (OTHER,)


def test_accepted_traffic_is_named() -> None:
    assert judge([ACCEPTED, QUIET], OWN, "").passed == ("198.51.100.7 → 10.0.1.20:22 on eni-1",)


def test_traffic_of_other_interfaces_is_none_of_ours() -> None:
    assert judge([replace(ACCEPTED, interface=OTHER), QUIET], OWN, "").passed == ()


@pytest.mark.parametrize("way", ["in", "out"])
def test_the_forensics_range_may_pass_both_ways(way: str) -> None:
    inward = replace(ACCEPTED, source="10.99.0.5")
    outward = replace(ACCEPTED, source="10.0.1.20", destination="10.99.0.5")
    assert judge([inward if way == "in" else outward], OWN, "10.99.0.0/24").passed == ()


def test_an_instance_inside_the_forensics_range_does_not_excuse_its_other_ends() -> None:
    assert judge([ACCEPTED], OWN, "10.0.0.0/8").passed != ()


def test_an_ipv6_end_is_never_in_an_ipv4_range() -> None:
    assert judge([replace(ACCEPTED, source="2001:db8::7")], OWN, "10.99.0.0/24").passed != ()


def test_a_window_that_began_before_the_change_says_nothing_of_it() -> None:
    line = "2 111111111111 {} 10.0.1.20 198.51.100.7 40000 3333 6 9 900 {} 0 ACCEPT OK"
    change = datetime(2026, 3, 2, 12, tzinfo=UTC)
    at = int(change.timestamp())
    lines = [line.format(ENI, at - 30), line.format(ENI, at), line.format(OTHER, at), "- - -", ""]
    assert [r.start for r in parsed("", lines, ENI, change)] == [change]


def test_the_log_s_own_format_is_followed() -> None:
    own = "${interface-id} ${tcp-flags} ${log-status} ${action} ${start}"
    change = datetime(2026, 3, 2, 12, tzinfo=UTC)
    found = parsed(own, [f"{ENI} 2 NODATA - {int(change.timestamp())}"], ENI, change)
    assert [r.status for r in found] == ["NODATA"]


def test_fields_may_come_in_any_order() -> None:
    names = ("log-status", "action", "interface-id", "start", "dstport")
    found = record(names, "OK ACCEPT eni-1 1772452800 443")
    assert found is not None
    assert (found.action, found.port, found.source, found.start) == (
        "ACCEPT",
        "443",
        "-",
        datetime(2026, 3, 2, 12, tzinfo=UTC),
    )


@pytest.mark.parametrize("missing", ["interface-id", "start", "action", "log-status"])
def test_a_format_without_what_proof_needs_proves_nothing(missing: str) -> None:
    values = {"interface-id": "eni-1", "start": "1772452800", "action": "-", "log-status": "NODATA"}
    del values[missing]
    assert record(tuple(values), " ".join(values.values())) is None
