"""Findings as they come out of an account: every published sample is read for what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intake.envelope import unwrap
from intake.guardduty import parse
from playbook.finding import Finding, Scope, Severity

SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "findings"
INSTANCE = ("i-99999999",)

# file: type, severity, instances, count, archived, whether the instance is the one that attacks
EXPECTED = {
    "Backdoor-EC2-CCActivity-DNS-camelCase": (
        "Backdoor:EC2/C&CActivity.B!DNS", Severity.MEDIUM, INSTANCE, 1, False, False,
    ),
    "Credential-Access-IAM-Anomalous-Behavior": (
        "CredentialAccess:IAMUser/AnomalousBehavior", Severity.MEDIUM, (), 2, False, False,
    ),
    "Discovery-RDS-Tor-Ip-Caller": ("Discovery:RDS/TorIPCaller", Severity.MEDIUM, (), 2, False, False),
    "Recon-EC2-PortProbeEMRUnprotectedPort": (
        "Recon:EC2/PortProbeEMRUnprotectedPort", Severity.HIGH, INSTANCE, 2, False, False,
    ),
    "Recon-EC2-PortProbeUnprotectedPort": (
        "Recon:EC2/PortProbeUnprotectedPort", Severity.LOW, INSTANCE, 2, False, False,
    ),
    "Recon-EC2-Portscan": ("Recon:EC2/Portscan", Severity.MEDIUM, INSTANCE, 2, True, True),
    "Trojan-EC2-BlackholeTraffic": (
        "Trojan:EC2/BlackholeTraffic", Severity.MEDIUM, INSTANCE, 2, False, False,
    ),
    "Trojan-EC2-DGADomainRequest-B": (
        "Trojan:EC2/DGADomainRequest.B", Severity.HIGH, INSTANCE, 2, False, True,
    ),
    "Trojan-EC2-DNSDataExfiltration": (
        "Trojan:EC2/DNSDataExfiltration", Severity.HIGH, INSTANCE, 2, False, True,
    ),
    "Trojan-EC2-DropPoint": ("Trojan:EC2/DropPoint", Severity.MEDIUM, INSTANCE, 2, False, False),
    "UnauthorizedAccess-EC2-MaliciousIPCaller": (
        "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", Severity.MEDIUM, INSTANCE, 2, False, False,
    ),
    "UnauthorizedAccess-EC2-MetadataDNSRebind": (
        "UnauthorizedAccess:EC2/MetadataDNSRebind", Severity.HIGH, INSTANCE, 2, False, False,
    ),
    "UnauthorizedAccess-EC2-RDPBruteForce": (
        "UnauthorizedAccess:EC2/RDPBruteForce", Severity.LOW, INSTANCE, 2, False, False,
    ),
    "UnauthorizedAccess-EC2-SSHBruteForce": (
        "UnauthorizedAccess:EC2/SSHBruteForce", Severity.LOW, INSTANCE, 2, False, False,
    ),
    "UnauthorizedAccess-EC2-TorClient": (
        "UnauthorizedAccess:EC2/TorClient", Severity.HIGH, INSTANCE, 2, False, False,
    ),
    "UnauthorizedAccess-EC2-TorRelay": (
        "UnauthorizedAccess:EC2/TorRelay", Severity.HIGH, INSTANCE, 2, False, False,
    ),
}  # fmt: skip

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason=f"SAMPLES ABSENT: no findings to read in {SAMPLES}; put them there to run these",
)


def read(name: str) -> Finding:
    return parse(unwrap((SAMPLES / f"{name}.json").read_bytes()).body)


def test_no_sample_is_left_out() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read_for_what_it_is(name: str) -> None:
    kind, severity, instances, count, archived, actor = EXPECTED[name]

    finding = read(name)

    assert finding.type.full == kind
    assert finding.severity is severity
    assert finding.instances == instances
    assert finding.scope is (Scope.INSTANCE if instances else Scope.OTHER)
    assert (finding.count, finding.archived, finding.actor) == (count, archived, actor)
    assert finding.sample
    assert finding.first_seen <= finding.last_seen <= finding.updated


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_known_by_the_account_that_was_attacked(name: str) -> None:
    raw = json.loads((SAMPLES / f"{name}.json").read_bytes())["detail"]
    told = {member.lower(): value for member, value in raw.items()}

    key = read(name).key

    assert (key.account, key.region, key.id) == (told["accountid"], told["region"], told["id"])


@pytest.mark.parametrize(
    ("name", "indicators"),
    [
        ("Backdoor-EC2-CCActivity-DNS-camelCase", {("domain", "example.com")}),
        ("Trojan-EC2-DropPoint", {("ip", "198.51.100.0"), ("port", "22")}),
        ("UnauthorizedAccess-EC2-RDPBruteForce", {("ip", "198.51.100.0"), ("port", "3389")}),
        ("Recon-EC2-PortProbeUnprotectedPort", {("ip", "198.51.100.3"), ("port", "3306"), ("port", "80")}),
        ("Trojan-EC2-DGADomainRequest-B", {("domain", "GeneratedFindingDomainName")}),
    ],
)
def test_a_sample_tells_what_was_seen_on_the_wire(name: str, indicators: set[tuple[str, str]]) -> None:
    assert indicators <= {(one.kind, one.value) for one in read(name).indicators}
