"""Logs Insights as its user guide describes it: what is asked is evaluated, and nothing else is understood."""

import pytest

from sandbox.aws.insights.expression import Malformed, condition
from sandbox.aws.insights.query import answered, compiled

RECORDS = [
    {"@timestamp": f"2026-03-02 12:00:0{n}.000", "@message": message}
    for n, message in enumerate(
        ("10.0.0.1 443 100 ACCEPT", "10.0.0.2 3333 900 ACCEPT", "10.0.0.1 22 40 REJECT", "NODATA")
    )
]
PARSE = 'parse @message "* * * *" as peer, port, size, verdict'


def ask(query: str) -> list[dict[str, str]]:
    return [dict(row) for row in answered(compiled(query), RECORDS)]


def test_records_come_newest_first_and_fields_are_those_asked_for() -> None:
    assert [r["@message"] for r in ask("fields @message | limit 2")] == ["NODATA", "10.0.0.1 22 40 REJECT"]


def test_parse_filter_and_stats_add_up() -> None:
    asked = 'filter verdict = "ACCEPT" or port = 22 | stats sum(size) as total, count(*) as n by peer'
    rows = ask(f"{PARSE} | {asked} | sort total desc")
    assert rows == [
        {"peer": "10.0.0.2", "total": "900", "n": "1"},
        {"peer": "10.0.0.1", "total": "140", "n": "2"},
    ]


def test_a_line_that_does_not_parse_has_no_such_fields_and_passes_no_filter() -> None:
    assert ask(f"{PARSE} | filter size >= 0 | stats count(*) as n") == [{"n": "3"}]
    assert ask(f"{PARSE} | filter port not in [1] | stats count(*) as n") == [{"n": "3"}]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a > 5", True), ("a in [1, 10]", True), ('a in ["10"]', True), ("a != 10", False), ("not a = 10", False),
        ("b like /^X/i", True), ('b like "xy"', True), ("a > 5 and (b = 'no' or a < 11)", True), ("c = 1", False),
    ],
)  # fmt: skip
def test_conditions(text: str, holds: bool) -> None:
    assert condition(text)({"a": "10", "b": "xyz"}) is holds


@pytest.mark.parametrize(
    "query",
    ["", "dedup peer", "filter a >", "filter a ~ 1", "stats median(size)", "parse @message \"* *\" as one", "limit 0",
     "sort a sideways", "fields a b", "filter a in 1"],
)  # fmt: skip
def test_what_is_not_understood_is_malformed(query: str) -> None:
    with pytest.raises(Malformed):
        compiled(query)
