"""Which escalations are due: what each rule fires on, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from playbook.answer import Answer, Answered, Verdict
from playbook.environment import Environment
from playbook.escalation import RULES
from playbook.finding import FindingType, Indicator
from playbook.rows import RULES as ROWS
from playbook.situation import SPIKE_USD, Situation, due, situation
from tests.storage.values import NOON, OTHER, facts, finding, incident, target

INSIDE, OUTSIDE = Indicator(kind="ip", value="10.0.3.17"), Indicator(kind="ip", value="198.51.100.7")


def rules(seen: Situation) -> list[str]:
    return [one.rule.id for one in due(seen)]


def found(full: str, **fields: Any) -> Situation:
    """A test instance with one finding of that type."""
    one = finding(type=FindingType(full=full), **fields)
    return situation(incident(), findings=[one], instances=[facts()], answers=[])


def answered(check: str, verdict: Verdict = Verdict.NOTABLE, **fields: Any) -> Situation:
    """A test instance of which one check said this."""
    answer = Answer(verdict=verdict, says=("something",), **fields)
    one = Answered(check=check, target=target(), at=NOON, answer=answer)
    return situation(incident(), findings=[], instances=[facts()], answers=[one])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Situation(), []),
        (Situation(production=True), []),
        pytest.param(Situation(production=True, instances=("i-1",)), ["X1"], marks=pytest.mark.row("X1")),
        (Situation(instances=("i-1",)), []),
        pytest.param(Situation(instances=("i-1", "i-2")), ["X2"], marks=pytest.mark.row("X2")),
        pytest.param(Situation(stolen=("a finding",)), ["X3"], marks=pytest.mark.row("X3")),
        (Situation(imdsv1=("it answers IMDSv1",)), []),
        pytest.param(Situation(exfiltration=("a finding",)), ["X4"], marks=pytest.mark.row("X4")),
        (Situation(spike_usd=SPIKE_USD), []),
        pytest.param(Situation(spike_usd=SPIKE_USD + 0.01), ["X5"], marks=pytest.mark.row("X5")),
        pytest.param(Situation(spreading=("a finding",)), ["X6"], marks=pytest.mark.row("X6")),
        (
            Situation(
                production=True, instances=("i-1", "i-2"), stolen=("a",), exfiltration=("b",), spike_usd=5e3,
                spreading=("c",),
            ),
            ["X1", "X2", "X3", "X4", "X5", "X6"],
        ),
        (Situation(real=False, production=True, instances=("i-1", "i-2"), stolen=("a",)), []),
    ],
)  # fmt: skip
def test_each_rule_fires_on_its_own_facts(seen: Situation, expected: list[str]) -> None:
    assert rules(seen) == expected


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", ["X3"]),
        ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS", ["X3"]),
        ("UnauthorizedAccess:EC2/MetadataDNSRebind", ["X3"]),
        ("Trojan:EC2/DNSDataExfiltration", ["X4"]),
        ("Trojan:EC2/DropPoint!DNS", ["X4"]),
        ("Exfiltration:S3/AnomalousBehavior", ["X4"]),
        ("CryptoCurrency:EC2/BitcoinTool.B", []),
        ("Recon:EC2/PortProbeUnprotectedPort", []),
    ],
)
def test_types_of_findings(full: str, expected: list[str]) -> None:
    assert rules(found(full)) == expected


@pytest.mark.parametrize(
    ("full", "fields", "expected"),
    [
        ("UnauthorizedAccess:EC2/SSHBruteForce", {"actor": True, "indicators": (INSIDE,)}, ["X6"]),
        ("UnauthorizedAccess:EC2/SSHBruteForce", {"actor": True, "indicators": (OUTSIDE,)}, []),
        ("UnauthorizedAccess:EC2/SSHBruteForce", {"actor": False, "indicators": (INSIDE,)}, []),
        ("Impact:EC2/PortSweep", {"actor": True, "indicators": (OUTSIDE, INSIDE)}, ["X6"]),
        ("CryptoCurrency:EC2/BitcoinTool.B", {"actor": True, "indicators": (INSIDE,)}, []),
    ],
)
def test_an_attack_on_hosts_inside_is_lateral_movement(
    full: str, fields: dict[str, Any], expected: list[str]
) -> None:
    seen = found(full, **fields)
    assert rules(seen) == expected
    assert seen.hosts == (("10.0.3.17",) if expected else ())


def test_what_is_settled_or_a_sample_speaks_for_nothing() -> None:
    full = "Trojan:EC2/DNSDataExfiltration"
    assert rules(found(full, archived=True)) == []
    assert rules(found(full, sample=True)) == []


def test_a_sample_incident_calls_nobody() -> None:
    sample = incident(sample=True, environment=Environment.PRODUCTION)
    assert rules(situation(sample, findings=[], instances=[facts()], answers=[])) == []


def test_answers_of_checks_count_too() -> None:
    much: dict[str, Any] = {"peers": [{"address": "198.51.100.7", "bytes": 245_800_000, "outlies": True}]}
    little: dict[str, Any] = {"peers": [{"address": "198.51.100.7", "bytes": 1_000, "outlies": False}]}
    (one,) = due(answered("outbound", evidence=much))
    assert (one.rule.id, one.why) == ("X4", "245,800,000 bytes went to 198.51.100.7")
    assert rules(answered("outbound", evidence=little)) == []
    assert rules(answered("spend", evidence={"spike_usd": 1_400.0})) == ["X5"]
    assert rules(answered("spend", evidence={"spike_usd": None})) == []
    hunted = answered("hunt", indicators=(Indicator(kind="instance", value=OTHER),))
    assert rules(hunted) == ["X6"]
    assert hunted.hosts == (OTHER,)


@pytest.mark.parametrize("peers", [None, "", [None], ["x"], [{}], {"outlies": True}, 7])
def test_evidence_of_another_shape_speaks_for_nothing(peers: object) -> None:
    assert rules(answered("outbound", evidence={"peers": peers, "spike_usd": "many"})) == []


def test_that_the_instance_answers_imdsv1_is_said_with_the_theft() -> None:
    theft = found("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS")
    (one,) = due(replace(theft, imdsv1=("Metadata is given without a token",)))
    assert "OutsideAWS; Metadata is given without a token" in one.why


def test_every_rule_of_the_playbook_is_there_and_says_what_it_wants() -> None:
    assert set(RULES) == {row.id for row in ROWS if row.id.startswith("X")}
    assert all(rule.targets and rule.wants and rule.by for rule in RULES.values())
