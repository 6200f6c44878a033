"""The playbook's decision flow, D1 to D5, by finding type."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from playbook.decisions import CONTAIN, FORENSICS, QUESTION, STOP, recommend
from playbook.environment import Environment
from playbook.finding import Finding, FindingKey, FindingType, Scope

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "findings"
PRODUCTION, NONPRODUCTION = Environment.PRODUCTION, Environment.NONPRODUCTION


def finding(full: str, *, actor: bool = False, sample: bool = False, **fields: Any) -> Finding:
    made = Finding(
        key=FindingKey(account="111111111111", region="eu-west-1", id="f1"),
        source="guardduty",
        type=FindingType(full=full),
        scope=Scope.INSTANCE,
        score=8.0,
        title="",
        description="",
        instances=("i-1",),
        count=1,
        first_seen=NOON,
        last_seen=NOON,
        updated=NOON,
        actor=actor,
        sample=sample,
    )
    return replace(made, **fields)


@pytest.mark.row("D1")
@pytest.mark.parametrize(
    "full",
    [
        "CryptoCurrency:EC2/BitcoinTool.B",
        "CryptoCurrency:EC2/BitcoinTool.B!DNS",
        "CryptoCurrency:Runtime/BitcoinTool.B",
        "Impact:EC2/BitcoinDomainRequest.Reputation",
        "Impact:Runtime/CryptoMinerExecuted",
    ],
)
def test_d1_mining_is_isolated_in_production_and_stopped_elsewhere(full: str) -> None:
    there, here = recommend(finding(full), PRODUCTION), recommend(finding(full), NONPRODUCTION)
    assert (there.row, there.steps, there.words) == ("D1", CONTAIN, "snapshot, then isolate")
    assert (here.row, here.steps, here.words) == ("D1", STOP, "snapshot, then stop")


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize(
    ("full", "actor", "row", "steps"),
    [
        ("Backdoor:EC2/C&CActivity.B", True, "D2", CONTAIN),
        ("Backdoor:EC2/C&CActivity.B!DNS", True, "D2", CONTAIN),
        ("Backdoor:EC2/DenialOfService.Tcp", True, "D2", CONTAIN),
        ("Backdoor:Runtime/C&CActivity.B", True, "D2", CONTAIN),
        ("AttackSequence:EC2/CompromisedInstanceGroup", False, "D2", CONTAIN),
        ("Trojan:EC2/DGADomainRequest.B", True, "D2", CONTAIN),
        ("Trojan:EC2/DNSDataExfiltration", True, "D2", CONTAIN),
        ("UnauthorizedAccess:EC2/MetadataDNSRebind", False, "D2", CONTAIN),
        ("UnauthorizedAccess:EC2/SSHBruteForce", True, "D4", ()),
        ("UnauthorizedAccess:EC2/SSHBruteForce", False, "D3", ()),
        ("UnauthorizedAccess:EC2/RDPBruteForce", False, "D3", ()),
        ("Recon:EC2/PortProbeUnprotectedPort", False, "D3", ()),
        ("Recon:EC2/Portscan", True, "D4", ()),
        ("Trojan:EC2/BlackholeTraffic", True, "D4", ()),
        ("Trojan:EC2/BlackholeTraffic!DNS", True, "D4", ()),
        ("Trojan:EC2/DropPoint", True, "D4", ()),
        ("UnauthorizedAccess:EC2/TorIPCaller", False, "D4", ()),
        ("UnauthorizedAccess:EC2/TorClient", True, "D4", ()),
        ("UnauthorizedAccess:EC2/TorRelay", True, "D4", ()),
        ("UnauthorizedAccess:EC2/MaliciousIPCaller.Custom", True, "D4", ()),
        ("Behavior:EC2/NetworkPortUnusual", True, "D3", ()),
        ("", False, "D3", ()),
        ("no type at all", False, "D3", ()),
    ],
)
def test_d2_to_d4(full: str, actor: bool, row: str, steps: tuple[str, ...], environment: Environment) -> None:
    advice = recommend(finding(full, actor=actor), environment)
    assert (advice.row, advice.steps) == (row, steps)
    assert advice.words
    assert advice.why


CPU = finding("CPU:EC2/web cpu", source="cpu", score=5.0)
TRAFFIC = finding("FlowLogs:EC2/web traffic", source="flowlogs", score=5.0, actor=True)
EDR = finding("EDR:EC2/Miner", source="edr", score=8.0)
UNSURE = finding("EDR:EC2/Odd", source="edr", score=5.0)
EDR_MINING = finding("EDR:EC2/Miner", source="edr", score=5.0, techniques=("T1496.001",))
LAUNCH = finding("CloudTrail:EC2/Mining", source="cloudtrail", techniques=("T1496.001",))
CALL = finding("CloudTrail:EC2/User data", source="cloudtrail", techniques=("T1651",))
BEACON = finding("SecurityHub:EC2/TTPs/Command and Control/Beacon", source="securityhub")
ODD = finding("SecurityHub:EC2/Unusual Behaviors/VM", source="securityhub")
ROOT = finding("CloudTrail:IAMUser/Root", source="cloudtrail", scope=Scope.ACCOUNT, instances=())
C2 = finding("Backdoor:EC2/C&CActivity.B", actor=True)
MINER = finding("CryptoCurrency:EC2/BitcoinTool.B", actor=True)
TOR = finding("UnauthorizedAccess:EC2/TorClient", actor=True)
NOBODY, YES, NO = None, True, False
NOTHING = ()


@pytest.mark.parametrize(
    ("leading", "environment", "answer", "row", "steps", "asks"),
    [
        (MINER, PRODUCTION, NOBODY, "D1", CONTAIN, ""),
        (MINER, NONPRODUCTION, NOBODY, "D1", STOP, ""),
        (LAUNCH, PRODUCTION, NOBODY, "D1", CONTAIN, ""),
        (LAUNCH, NONPRODUCTION, NOBODY, "D1", STOP, ""),
        (EDR_MINING, NONPRODUCTION, NOBODY, "D1", STOP, ""),
        pytest.param(C2, PRODUCTION, NOBODY, "D2", CONTAIN, "", marks=pytest.mark.row("D2")),
        pytest.param(C2, NONPRODUCTION, NOBODY, "D2", CONTAIN, "", marks=pytest.mark.row("D2")),
        (BEACON, PRODUCTION, NOBODY, "D2", CONTAIN, ""),
        pytest.param(CPU, PRODUCTION, NOBODY, "D3", NOTHING, QUESTION, marks=pytest.mark.row("D3")),
        (CPU, NONPRODUCTION, NOBODY, "D3", NOTHING, QUESTION),
        pytest.param(CPU, PRODUCTION, YES, "D3", CONTAIN, "", marks=pytest.mark.row("D3")),
        (CPU, NONPRODUCTION, YES, "D3", CONTAIN, ""),
        (CPU, PRODUCTION, NO, "D3", NOTHING, ""),
        (EDR, PRODUCTION, NOBODY, "D3", CONTAIN, ""),
        (UNSURE, PRODUCTION, NOBODY, "D3", NOTHING, QUESTION),
        (UNSURE, PRODUCTION, YES, "D3", CONTAIN, ""),
        (CALL, PRODUCTION, NOBODY, "D3", NOTHING, QUESTION),
        (ODD, PRODUCTION, NOBODY, "D3", NOTHING, QUESTION),
        pytest.param(TRAFFIC, PRODUCTION, NOBODY, "D4", NOTHING, QUESTION, marks=pytest.mark.row("D4")),
        pytest.param(TRAFFIC, PRODUCTION, YES, "D4", CONTAIN, "", marks=pytest.mark.row("D4")),
        (TRAFFIC, NONPRODUCTION, NO, "D4", NOTHING, ""),
        (TOR, PRODUCTION, NOBODY, "D4", NOTHING, QUESTION),
        (TOR, PRODUCTION, YES, "D4", CONTAIN, ""),
        (None, PRODUCTION, NOBODY, "D4", NOTHING, QUESTION),
        (None, PRODUCTION, YES, "D4", CONTAIN, ""),
        (ROOT, PRODUCTION, NOBODY, "", NOTHING, ""),
        (ROOT, PRODUCTION, YES, "", NOTHING, ""),
    ],
)  # fmt: skip
def test_the_flow_by_source_environment_and_answer(
    leading: Finding | None,
    environment: Environment,
    answer: bool | None,
    row: str,
    steps: tuple[str, ...],
    asks: str,
) -> None:
    advice = recommend(leading, environment, malicious=answer)
    assert (advice.row, advice.steps, advice.asks) == (row, steps, asks)
    assert advice.words
    assert advice.why


def test_a_process_that_is_not_malicious_closes_the_incident_with_that_reason() -> None:
    advice = recommend(CPU, PRODUCTION, malicious=False)
    assert advice.words == "close it with the reason"
    assert advice.why == "the processor is busy without a pause, and the process is not malicious"


@pytest.mark.parametrize(
    ("leading", "answer", "snapshot", "contained", "row"),
    [
        pytest.param(C2, NOBODY, True, True, "D5", marks=pytest.mark.row("D5")),
        (C2, NOBODY, True, False, "D2"),
        (C2, NOBODY, False, True, "D2"),
        (MINER, NOBODY, True, True, "D5"),
        pytest.param(CPU, YES, True, True, "D5", marks=pytest.mark.row("D5")),
        (CPU, NOBODY, True, True, "D3"),
        (CPU, NO, True, True, "D3"),
        (ROOT, NOBODY, True, True, ""),
    ],
)
def test_d5_forensics_follow_the_snapshot_and_containment(
    leading: Finding, answer: bool | None, snapshot: bool, contained: bool, row: str
) -> None:
    advice = recommend(leading, PRODUCTION, malicious=answer, snapshot=snapshot, contained=contained)
    assert advice.row == row
    assert (advice.steps == FORENSICS) is (row == "D5")


def test_d5_evidence_comes_before_the_instance_is_touched() -> None:
    for steps in (CONTAIN, STOP):
        assert steps.index("snapshot") < min(steps.index(s) for s in ("isolate", "stop") if s in steps)


def test_a_sample_recommends_nothing() -> None:
    assert recommend(finding("Backdoor:EC2/C&CActivity.B", sample=True), PRODUCTION).steps == ()


def test_an_incident_declared_by_hand_is_looked_into() -> None:
    advice = recommend(None, PRODUCTION)
    assert advice.steps == ()
    assert "find the process" in advice.words


EXPECTED = {
    "Backdoor:EC2/C&CActivity.B!DNS": "D2",
    "CredentialAccess:IAMUser/AnomalousBehavior": "D2",
    "Discovery:RDS/TorIPCaller": "D4",
    "Recon:EC2/PortProbeEMRUnprotectedPort": "D3",
    "Recon:EC2/PortProbeUnprotectedPort": "D3",
    "Recon:EC2/Portscan": "D4",
    "Trojan:EC2/BlackholeTraffic": "D4",
    "Trojan:EC2/DGADomainRequest.B": "D2",
    "Trojan:EC2/DNSDataExfiltration": "D2",
    "Trojan:EC2/DropPoint": "D4",
    "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom": "D4",
    "UnauthorizedAccess:EC2/MetadataDNSRebind": "D2",
    "UnauthorizedAccess:EC2/RDPBruteForce": "D3",
    "UnauthorizedAccess:EC2/SSHBruteForce": "D3",
    "UnauthorizedAccess:EC2/TorClient": "D4",
    "UnauthorizedAccess:EC2/TorRelay": "D4",
}


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no sample findings at {SAMPLES}: not part of the repository"
)
def test_every_sample_finding_has_its_row() -> None:
    rows: dict[str, str] = {}
    for path in sorted(SAMPLES.glob("*.json")):
        detail: dict[str, Any] = json.loads(path.read_text())["detail"]
        detail = {name.casefold(): value for name, value in detail.items()}
        service = {name.casefold(): value for name, value in detail["service"].items()}
        seen = finding(detail["type"], actor=service["resourcerole"] == "ACTOR")
        rows[detail["type"]] = recommend(seen, PRODUCTION).row
    assert rows == EXPECTED
