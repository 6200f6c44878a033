"""Detections of EDRs (T3): our own shape, and the common products' mapped to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from intake.routes import Reading
from playbook.errors import BadInput
from playbook.finding import Finding, FindingKey, Indicator, Scope, Severity
from tests.intake.builders import ACCOUNT, REGION, WEB
from tests.intake.payloads import Json, defender, detection, falcon, sentinelone, wazuh

READING = Reading(account=ACCOUNT, region=REGION)
AWAY = Reading()


def read(body: Json, reading: Reading = AWAY) -> Finding:
    (found,) = reading.detection(json.dumps(body))
    return found


@pytest.mark.row("T3")
def test_our_own_shape() -> None:
    found = read(detection())

    assert found.key == FindingKey(account=ACCOUNT, region=REGION, id="edr/sensor/d-4711")
    assert (found.source, found.type.full) == ("edr", "EDR:EC2/Miner started")
    assert (found.scope, found.instances, found.severity) == (Scope.INSTANCE, (WEB,), Severity.HIGH)
    assert found.updated == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert found.techniques == ("T1496",)
    assert found.indicators == (
        Indicator(kind="process", value="/tmp/kdevtmpfsi", about="Miner started"),
        Indicator(kind="hash", value="a" * 64, about="/tmp/kdevtmpfsi"),
        Indicator(kind="domain", value="pool.example"),
    )


def test_the_least_that_has_to_be_said() -> None:
    least = {"id": "1", "title": "t", "severity": 5, "at": "2026-03-01T12:00:00Z", "host": {"instance": WEB}}
    found = read(least, READING)
    assert found.key == FindingKey(account=ACCOUNT, region=REGION, id="edr/edr/1")
    assert (found.count, found.archived) == (1, False)


@pytest.mark.row("T3")
@pytest.mark.parametrize(
    ("body", "product", "severity", "techniques"),
    [
        (falcon(), "falcon", Severity.HIGH, ("T1496",)),
        (defender(), "defender", Severity.MEDIUM, ("T1059.004", "T1105")),
        (sentinelone(), "sentinelone", Severity.HIGH, ()),
        (wazuh(), "wazuh", Severity.HIGH, ("T1496",)),
    ],
    ids=["CrowdStrike Falcon", "Microsoft Defender", "SentinelOne", "Wazuh"],
)
def test_the_shapes_of_products(
    body: Json, product: str, severity: Severity, techniques: tuple[str, ...]
) -> None:
    found = read(body, READING)

    assert found.key.id.startswith(f"edr/{product}/")
    assert (found.key.account, found.key.region, found.instances) == (ACCOUNT, REGION, (WEB,))
    assert found.severity is severity
    assert found.techniques == techniques
    assert found.updated.replace(microsecond=0) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert not found.archived


def test_an_evidence_of_defender_gives_the_attacker_away() -> None:
    seen = {(i.kind, i.value) for i in read(defender(), READING).indicators}
    assert seen >= {("ip", "198.51.100.9"), ("hash", "c" * 64), ("process", "/tmp/x.sh")}


@pytest.mark.parametrize(
    ("severity", "band"),
    [
        (10, Severity.LOW),
        (25, Severity.LOW),
        (45, Severity.MEDIUM),
        (60, Severity.HIGH),
        (95, Severity.CRITICAL),
    ],
)
def test_falcon_without_a_word_for_its_severity(severity: int, band: Severity) -> None:
    body = falcon() | {"severity": severity}
    del body["severity_name"]
    assert read(body).severity is band


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ({"name": f"{WEB}.eu-west-1.compute.internal", "account": ACCOUNT}, "eu-west-1"),
        ({"name": f"{WEB}.ec2.internal", "account": ACCOUNT}, "us-east-1"),
        ({"name": WEB, "account": ACCOUNT}, REGION),
        (
            {"instance": WEB.upper().replace("I-", "i-"), "account": ACCOUNT, "region": "us-gov-west-1b"},
            "us-gov-west-1",
        ),
    ],
)
def test_where_the_host_is(host: Json, place: str) -> None:
    found = read(detection(host=host), READING)
    assert (found.instances, found.key.region) == ((WEB,), place)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (detection(host={"name": "web-1.example.com", "account": ACCOUNT}), "host “web-1.example.com”"),
        (detection(host={}), "host “no name”"),
        (detection(host={"instance": WEB}), "names no account and region"),
        (detection(host={"instance": WEB, "account": "me", "region": REGION}), "names no account and region"),
        (detection(severity="terrible"), "severity"),
        (detection(severity=11), "severity"),
        (detection(at="now"), "at"),
        (detection(id=""), "id"),
        (detection(count=0), "count"),
        ({"hello": 1}, "id: Field required"),
    ],
)  # fmt: skip
def test_what_does_not_say_which_instance_is_refused_and_never_guessed(body: Json, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        read(body)
    assert "cloud instance id" in refused.value.then
