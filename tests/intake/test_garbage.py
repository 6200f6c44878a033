"""Whatever is sent, the answer is a finding or a refusal in words."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.envelope import unwrap
from intake.guardduty import parse
from intake.routes import Read, Reading
from intake.sigma import SHIPPED, load
from playbook.errors import BadInput
from playbook.finding import Finding, Scope
from tests.intake import payloads
from tests.intake.builders import ACCOUNT, REGION, Json, event, finding, instance_resource, sequence

pytestmark = pytest.mark.slow

LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.datetimes())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
)
WELL_MADE = (
    finding("CryptoCurrency:EC2/BitcoinTool.B"),
    finding("Execution:Runtime/ReverseShell", pascal=True),
    finding("Execution:EC2/MaliciousFile"),
    sequence(instance_resource("i-0aaaaaaaaaaaaaaa1"), pascal=True),
)

GOOD = event(WELL_MADE[0]).encode()


def members_of(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every member within, also of those within members."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(cast("Json", value).items())
    elif isinstance(value, list):
        inner = list(enumerate(cast("list[Any]", value)))
    return [found for name, one in inner for found in ((*path, name), *members_of(one, (*path, name)))]


def spoilt(body: Json, path: tuple[str | int, ...], value: object) -> Json:
    """A copy of the body with another value at that path."""
    copied = copy.deepcopy(body)
    place: Any = copied
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return copied


PLACES = [(body, path) for body in WELL_MADE for path in members_of(body)]


def holds(read: Finding) -> bool:
    """What the rest of the product relies on, whatever was sent."""
    named = bool(read.instances) == (read.scope is Scope.INSTANCE)
    times = all(moment.utcoffset() is not None for moment in (read.first_seen, read.last_seen, read.updated))
    storable = f"{read.key}{read.type}{read.title}{read.description}{read.caller}{read.indicators}".encode()
    return named and times and b"\0" not in storable and 0 <= read.score <= 10 and read.count >= 1


def answered(read: Callable[[], Finding]) -> bool:
    """A finding that holds, or a refusal that says what it means; any other error is the test's to show."""
    try:
        return holds(read())
    except BadInput as refused:
        return bool(refused.what and refused.means)


@given(st.dictionaries(st.text(max_size=9), VALUES, max_size=4))
def test_no_object_at_all_breaks_the_parser(body: Json) -> None:
    assert answered(lambda: parse(body))


@given(st.sampled_from(PLACES), VALUES)
def test_no_member_of_a_finding_breaks_the_parser(
    place: tuple[Json, tuple[str | int, ...]], value: object
) -> None:
    body, path = place
    assert answered(lambda: parse(spoilt(body, path, value)))


@given(st.text() | st.binary() | VALUES.map(lambda value: json.dumps(value, default=str)))
def test_no_text_at_all_breaks_the_envelope(text: str | bytes) -> None:
    assert answered(lambda: parse(unwrap(text).body))


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3))
def test_no_flaw_within_a_good_message_breaks_it(at: int, flaw: bytes) -> None:
    assert answered(lambda: parse(unwrap(GOOD[:at] + flaw + GOOD[at + 1 :]).body))


RECORDS = Reading(rules=load(SHIPPED).rules, account=ACCOUNT, region=REGION)
EVENTS = tuple(
    json.loads(text)
    for text in (
        payloads.api_event(payloads.launch()),
        payloads.api_event(payloads.root_login()),
        payloads.alarm(),
        json.dumps(payloads.alarm_by_sns()),
        payloads.imported(payloads.asff()),
        payloads.imported(payloads.guardduty_asff()),
    )
)
DETECTIONS = (
    payloads.detection(), payloads.falcon(), payloads.defender(), payloads.sentinelone(), payloads.wazuh(),
)  # fmt: skip


def sound(read: Read, body: object) -> bool:
    """Findings that hold, none, or a refusal in words."""
    try:
        return all(holds(found) for found in read(json.dumps(body, default=str)))
    except BadInput as refused:
        return bool(refused.what and refused.means)


@given(st.sampled_from([(body, path) for body in EVENTS for path in members_of(body)]), VALUES)
def test_no_member_of_an_event_breaks_its_parser(
    place: tuple[Json, tuple[str | int, ...]], value: object
) -> None:
    body, path = place
    assert sound(RECORDS.event, spoilt(body, path, value))


@given(st.sampled_from([(body, path) for body in DETECTIONS for path in members_of(body)]), VALUES)
def test_no_member_of_a_detection_breaks_its_parser(
    place: tuple[Json, tuple[str | int, ...]], value: object
) -> None:
    body, path = place
    assert sound(RECORDS.detection, spoilt(body, path, value))


@given(VALUES)
def test_no_value_at_all_breaks_either_door(value: object) -> None:
    assert sound(RECORDS.event, value)
    assert sound(RECORDS.detection, value)


@given(st.sampled_from(EVENTS), VALUES)
def test_no_detail_at_all_breaks_a_parser(event: Json, detail: object) -> None:
    assert sound(RECORDS.event, event | {"detail": detail})


def test_a_record_as_deep_as_json_goes_is_looked_at() -> None:
    depth = 800
    deep = json.loads('{"a":' * depth + "1" + "}" * depth)
    assert sound(RECORDS.event, json.loads(payloads.api_event(payloads.launch(requestParameters=deep))))
