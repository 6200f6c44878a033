"""What a message may be wrapped in, and what is refused in words."""

from __future__ import annotations

import json

import pytest

from intake.envelope import MOST_BYTES, unwrap
from playbook.errors import BadInput
from tests.intake.builders import event, finding, notification

BODY = finding("Trojan:EC2/DropPoint")
PASCAL = finding("Trojan:EC2/DropPoint", pascal=True)


@pytest.mark.parametrize("body", [BODY, PASCAL], ids=["camelCase", "PascalCase"])
def test_a_finding_is_found_in_each_of_its_wrappings(body: dict[str, object]) -> None:
    bare = json.dumps(body)

    assert unwrap(bare).body == body
    assert unwrap(event(body)).body == body
    assert unwrap(notification(event(body))).body == body
    assert unwrap(notification(bare)).body == body
    assert unwrap(event(body).encode()).body == body


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ('{"type": NaN}', "NaN is not a JSON number"),
        ('{"type": "a", "type": "b"}', "a name occurs twice"),
        ("9" * 5_000, "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        ('{"type": "\ud800"}', "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("[]", "is an array"),
        ('"finding"', "is a string"),
        ("null", "is null"),
        ("7", "is a plain value"),
        ("{}", "no members"),
        ('{"Records": [], "hello": 1}', "an object with Records, hello"),
        ('{"source": "aws.guardduty", "detail-type": "GuardDuty Finding"}', "detail is null or absent"),
        ('{"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": []}', "detail is an array"),
        ('{"Type": "SubscriptionConfirmation", "SubscribeURL": "x"}', "SNS SubscriptionConfirmation"),
        (notification("[]"), "within the SNS notification is an array"),
        (notification("hello"), "not JSON"),
        (notification(notification("{}")), "no alert that ec2ir knows"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_for_what_it_looks_like(text: str | bytes, problem: str) -> None:
    with pytest.raises(BadInput, match=problem) as refused:
        unwrap(text)

    assert "No incident was opened" in refused.value.means
    assert refused.value.then


@pytest.mark.parametrize("text", ["x" * 10_000_000, b"\xff" * 10_000_000])
def test_a_body_beyond_all_bounds_is_refused_unread(text: str | bytes) -> None:
    with pytest.raises(BadInput, match="more than SQS carries"):
        unwrap(text)


def test_the_largest_message_that_sqs_carries_is_read() -> None:
    frame = len(event(BODY | {"description": ""}))
    largest = event(BODY | {"description": "x" * (MOST_BYTES - frame)})

    assert len(largest) == MOST_BYTES
    assert unwrap(largest).body["type"] == BODY["type"]


def test_hostile_names_are_shown_bounded_and_without_tricks() -> None:
    text = json.dumps({"\u202e" + "x" * 10_000: 1, "b": 2})

    with pytest.raises(BadInput) as refused:
        unwrap(text)

    assert len(str(refused.value)) < 400
    assert "\u202e" not in str(refused.value)
