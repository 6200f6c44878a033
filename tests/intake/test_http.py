"""Alerts over HTTP: who may post, and what becomes of it."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from structlog.testing import capture_logs

from intake.envelope import MOST_BYTES
from intake.signature import AUTHORIZATION, SIGNATURE, TIMESTAMP, sign
from tests.intake.builders import WEB, event, finding
from tests.intake.doors import (
    CERTIFICATE,
    NOON,
    SECRET,
    SUBSCRIBE,
    TOPIC,
    Amazon,
    key,
    notified,
    porch,
    subscription,
)
from tests.intake.payloads import Json, alarm, alarm_by_sns, detection

pytestmark = pytest.mark.process

BEARER = {AUTHORIZATION: f"Bearer {SECRET}"}
EDR = json.dumps(detection()).encode()


def signed(body: bytes, *, seconds: float = 0, secret: str = SECRET) -> dict[str, str]:
    timestamp = f"{NOON.timestamp() + seconds:.0f}"
    return {TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, body)}


def test_a_signature_is_the_one_that_is_documented() -> None:
    expected = hmac.new(b"key", b'1772366400.{"a":1}', hashlib.sha256).hexdigest()
    assert sign("key", "1772366400", b'{"a":1}') == f"v1={expected}"


@pytest.mark.parametrize("seconds", [0, -299, 299])
async def test_a_signed_detection_is_stored(seconds: int) -> None:
    async with porch() as door:
        assert await door.post("edr", EDR, signed(EDR, seconds=seconds)) == (202, "It is stored.")
        ((found, raw),) = door.sink.findings
    assert (found.source, found.instances, raw) == ("edr", (WEB,), EDR.decode())


@pytest.mark.parametrize(
    "text", [event(finding("Trojan:EC2/DropPoint")), alarm()], ids=["GuardDuty", "CloudWatch"]
)
async def test_an_api_destination_sends_events_with_the_secret(text: str) -> None:
    async with porch() as door:
        assert (await door.post("eventbridge", text.encode(), BEARER))[0] == 202
        assert len(door.sink.findings) == 1


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "neither"),
        (signed(EDR, seconds=-301), "more than 5 minutes"),
        (signed(EDR, seconds=301), "more than 5 minutes"),
        (signed(EDR + b" "), "does not fit"),
        (signed(EDR, secret="another secret"), "does not fit"),
        (signed(EDR) | {TIMESTAMP: f"{NOON.timestamp() + 1:.0f}"}, "does not fit"),
        (signed(EDR) | {TIMESTAMP: "noon"}, "no number"),
        (signed(EDR) | {SIGNATURE: "v1="} | BEARER, "does not fit"),
        ({AUTHORIZATION: "Bearer "}, "neither"),
        ({AUTHORIZATION: f"Bearer {SECRET}x"}, "another one"),
        ({AUTHORIZATION: SECRET}, "neither"),
        ({AUTHORIZATION: "Bearer \u00e9"}, "another one"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("source", ["edr", "eventbridge"])
async def test_nobody_else_comes_in(source: str, headers: dict[str, str], why: str) -> None:
    async with porch() as door:
        status, said = await door.post(source, EDR, headers)
        assert not door.sink.findings + door.sink.letters
    assert (status, SECRET in said) == (401, False)
    assert why in said


async def test_without_a_secret_and_topics_the_door_is_shut_and_the_log_says_so() -> None:
    with capture_logs() as lines:
        async with porch(secret="", topics=frozenset()) as door:
            for source in ("edr", "eventbridge", "sns"):
                status, said = await door.post(source, EDR, {AUTHORIZATION: "Bearer "})
                assert status == 404
                assert "shut" in said
            assert not door.sink.findings + door.sink.letters
    assert [line["log_level"] for line in lines if "shut" in line["event"]] == ["info", "info"]


async def test_the_door_tells_which_parts_of_it_are_open() -> None:
    for secret, topics, sources in (
        (SECRET, frozenset({TOPIC}), ("eventbridge", "edr", "sns")),
        (SECRET, frozenset[str](), ("eventbridge", "edr")),
        ("", frozenset({TOPIC}), ("sns",)),
        ("", frozenset[str](), ()),
    ):
        async with porch(secret=secret, topics=topics) as front:
            assert front.door.open == sources


async def test_an_unknown_source_is_not_found() -> None:
    async with porch() as door:
        assert (await door.post("anything", EDR, BEARER))[0] == 404


async def test_what_is_not_understood_is_kept_and_said() -> None:
    async with porch() as door:
        status, said = await door.post("edr", b'{"hello": 1}', BEARER)
        (letter,) = door.sink.letters
    assert (status, letter.body) == (400, '{"hello": 1}')
    assert "It is kept" in said


async def test_what_could_not_be_stored_has_to_come_again() -> None:
    async with porch() as door:
        door.sink.broken = True
        assert (await door.post("edr", EDR, BEARER))[0] == 503


async def test_a_body_beyond_bounds_is_refused() -> None:
    async with porch() as door:
        assert (await door.post("edr", b" " * (MOST_BYTES + 1), BEARER))[0] == 413
        assert not door.sink.letters


@pytest.mark.parametrize("version", ["1", "2"])
async def test_what_sns_signed_is_stored_and_its_certificate_fetched_once(version: str) -> None:
    async with porch() as door:
        for text in (alarm(), json.dumps(alarm_by_sns())):
            message = door.amazon.signed(notified(text), version)
            assert (await door.post("sns", json.dumps(message).encode()))[0] == 202
        assert [found.source for found, _ in door.sink.findings] == ["cpu", "cpu"]
        assert door.amazon.fetched == [CERTIFICATE]


async def test_a_message_without_a_subject_is_signed_without_one() -> None:
    async with porch() as door:
        message = notified(alarm())
        del message["Subject"]
        assert (await door.post("sns", json.dumps(door.amazon.signed(message)).encode()))[0] == 202


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"Message": "{}"}, "not Amazon's"),
        ({"Subject": "other"}, "not Amazon's"),
        ({"Signature": "AAAA"}, "not Amazon's"),
        ({"Signature": "?"}, "not Amazon's"),
        ({"SignatureVersion": "3"}, "in a way"),
        ({"SignatureVersion": "1"}, "not Amazon's"),
        ({"Type": "Invitation"}, "no type"),
        ({"TopicArn": "arn:aws:sns:eu-west-1:222222222222:alarms"}, "not one that ec2ir listens to"),
        ({"TopicArn": None}, "not one that ec2ir listens to"),
        ({"SigningCertURL": CERTIFICATE.replace("https", "http")}, "not at an address of SNS"),
        ({"SigningCertURL": "https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem"},
         "not at an address of SNS"),
        ({"SigningCertURL": "https://evil.example/#sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem"},
         "not at an address of SNS"),
        ({"SigningCertURL": "https://a@sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem"},
         "not at an address of SNS"),
        ({"SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem?x"},
         "not at an address of SNS"),
    ],
)  # fmt: skip
async def test_what_sns_did_not_sign_is_refused(changed: Json, why: str) -> None:
    async with porch() as door:
        message = door.amazon.signed(notified(alarm())) | changed
        status, said = await door.post("sns", json.dumps(message).encode())
        assert not door.sink.findings + door.sink.letters
        assert set(door.amazon.fetched) <= {CERTIFICATE}
    assert status == 403
    assert why in said


async def test_somebody_elses_key_is_refused() -> None:
    async with porch() as door:
        message = Amazon(key=key("somebody else")).signed(notified(alarm()))
        assert (await door.post("sns", json.dumps(message).encode()))[0] == 403


async def test_a_certificate_that_ran_out_is_refused() -> None:
    async with porch() as door:
        door.amazon.valid_for = -door.amazon.valid_for / 365
        message = door.amazon.signed(notified(alarm()))
        status, said = await door.post("sns", json.dumps(message).encode())
    assert (status, "not valid now" in said) == (403, True)


async def test_a_certificate_that_can_not_be_fetched_is_a_reason_to_try_again() -> None:
    async with porch() as door:
        door.amazon.unreachable = True
        message = json.dumps(door.amazon.signed(notified(alarm()))).encode()
        assert (await door.post("sns", message))[0] == 503
        door.amazon.unreachable = False
        assert (await door.post("sns", message))[0] == 202


async def test_a_subscription_of_our_topic_is_confirmed_at_sns() -> None:
    async with porch() as door:
        message = door.amazon.signed(subscription())
        assert (await door.post("sns", json.dumps(message).encode()))[0] == 202
        assert door.amazon.fetched == [CERTIFICATE, SUBSCRIBE]
        assert not door.sink.findings + door.sink.letters


@pytest.mark.parametrize(
    "members",
    [
        {"SubscribeURL": "https://evil.example/?Action=ConfirmSubscription"},
        {"SubscribeURL": "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription"},
        {"TopicArn": "arn:aws:sns:eu-central-1:222222222222:alarms"},
    ],
)
async def test_no_other_subscription_is(members: dict[str, str]) -> None:
    async with porch() as door:
        message = door.amazon.signed(subscription(**members))
        assert (await door.post("sns", json.dumps(message).encode()))[0] == 403
        assert set(door.amazon.fetched) <= {CERTIFICATE}


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"Type": "Notification"}', b'{"TopicArn": {}}'])
async def test_garbage_before_the_door_of_sns(body: bytes) -> None:
    async with porch() as door:
        assert (await door.post("sns", body))[0] in (400, 403)
        assert not door.sink.findings + door.sink.letters
