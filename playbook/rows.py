"""The playbook's rows by their ids: what a checklist lists, and what a coverage table accounts for.

Source: playbook PB-22, AWS EC2 instance compromise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """The playbook's phases, in the order in which an incident goes through them."""

    INVESTIGATE = "investigate"
    CONTAIN = "contain"
    MINING = "mining"
    FORENSICS = "forensics"
    ERADICATE = "eradicate"
    RECOVER = "recover"
    HARDEN = "harden"

    @property
    def heading(self) -> str:
        """As a checklist names it."""
        return {Phase.MINING: "If cryptomining"}.get(self, self.value.capitalize())


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookRow:
    """One row: its id, what it asks for, and the phase whose checklist it stands in."""

    id: str
    title: str
    phase: Phase


def _rows(phase: Phase, prefix: str, *titles: str) -> tuple[PlaybookRow, ...]:
    return tuple(
        PlaybookRow(id=f"{prefix}{number}", title=title, phase=phase)
        for number, title in enumerate(titles, 1)
    )


CHECKLIST: tuple[PlaybookRow, ...] = (
    *_rows(
        Phase.INVESTIGATE,
        "A",
        "Instance, region, VPC, owner",
        "Role of the instance: production, dev or test",
        "Launch time",
        "IAM role attached",
        "Security groups: what is exposed",
        "Public or Elastic IP: internet-facing?",
        "VPC Flow Logs: unusual outbound",
        "CloudTrail: who launched or modified it",
        "SSH key used for access",
        "Running processes",
    ),
    *_rows(
        Phase.INVESTIGATE,
        "V",
        "Entry: exposed SSH or RDP",
        "Entry: vulnerable web application",
        "Entry: compromised IAM credentials",
        "Entry: compromised Session Manager",
        "Entry: container escape",
        "Entry: supply chain, backdoored AMI",
    ),
    *_rows(
        Phase.CONTAIN,
        "C",
        "Snapshot every EBS volume",
        "Isolate with a deny-all security group",
        "Deregister from balancers and ASG",
        "Revoke the role's sessions",
        "Tag it Status: Compromised",
        "Capture memory, if forensics need it",
    ),
    *_rows(
        Phase.MINING,
        "M",
        "Block mining domains and addresses",
        "Block mining ports",
        "Other instances of the same identity",
        "Unexpected GPU or compute cost",
    ),
    *_rows(
        Phase.FORENSICS,
        "F",
        "The alert is read",
        "Forensic instance from the snapshots",
        "Volumes are analysed",
        "Modified files and binaries",
        "Indicators are extracted",
        "Hunt for the indicators",
    ),
    *_rows(
        Phase.ERADICATE,
        "E",
        "Terminate the compromised instance",
        "Rebuild from the golden AMI",
        "Rotate IAM credentials",
        "Rotate SSH key pairs",
        "Patch the entry vector",
        "Review everything launched by the same identity",
    ),
    *_rows(
        Phase.RECOVER,
        "R",
        "Launch a clean replacement",
        "Register it with balancer or ASG",
        "Validate application health",
        "Restrict SSH and RDP",
        "GuardDuty is on",
        "Require IMDSv2",
        "Monitor for 72 hours",
    ),
    *_rows(
        Phase.HARDEN,
        "H",
        "Security groups restrict ports",
        "IMDSv2 only",
        "Session Manager, no SSH exposed",
        "CloudWatch agent",
        "EBS encryption",
        "H1 and H2 audited every quarter",
    ),
)
"""Every row that somebody works through, phase by phase."""

BY_ID: dict[str, PlaybookRow] = {row.id: row for row in CHECKLIST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row that nobody works through: what starts, steers, describes or escalates an incident."""

    id: str
    title: str


def _rules(prefix: str, *titles: str) -> tuple[Rule, ...]:
    return tuple(Rule(id=f"{prefix}{number}", title=title) for number, title in enumerate(titles, 1))


RULES: tuple[Rule, ...] = (
    *_rules(
        "T",
        "GuardDuty alert",
        "CloudTrail anomaly",
        "EDR detection",
        "VPC Flow Logs anomaly",
        "CPU flat at 100 %",
    ),
    *_rules(
        "D",
        "Cryptomining: by environment, isolate or stop",
        "Command and control: at once",
        "CPU flatline: identify the process",
        "Outbound to a bad address: identify the process",
        "After the snapshot: forensics",
    ),
    *_rules(
        "G",
        "CryptoCurrency:EC2/BitcoinTool.B",
        "Backdoor:EC2/C&CActivity.B",
        "UnauthorizedAccess:EC2/SSHBruteForce",
        "Recon:EC2/PortProbeUnprotectedPort",
        "Trojan:EC2/BlackholeTraffic",
        "UnauthorizedAccess:EC2/TorIPCaller",
    ),
    *_rules(
        "I",
        "Instance id",
        "Malicious process or binary hash",
        "C2 or mining-pool address or domain",
        "Attacker's IAM identity",
        "Source address of the initial compromise",
        "Modified files",
    ),
    *_rules(
        "X",
        "Production instance: SOC lead and cloud team",
        "Several instances: major incident",
        "Credentials stolen through SSRF: CISO and IAM team",
        "Data exfiltration: Legal and DPO",
        "Billing spike over 1,000 USD: Finance and cloud team",
        "Lateral movement: playbook PB-09",
    ),
    *_rules("Q", "VERIS actor", "VERIS action", "VERIS asset", "VERIS attribute"),
    *_rules("S", "AWS EC2 crypto mining", "AWS root account login"),
)
"""Every other row of the playbook."""
