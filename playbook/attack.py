"""MITRE ATT&CK techniques of an incident, and the marking under which everything about it is shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from playbook.finding import Finding, FindingType

TLP = "TLP:AMBER"
"""Shared within the organisation and with clients who need to know (FIRST, Traffic Light Protocol 2.0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """One technique of ATT&CK for Enterprise; `tactic` is the phase it stands in there."""

    id: str
    name: str
    tactic: str

    @property
    def words(self) -> str:
        """`T1496 Resource Hijacking`; of one that is not known here, that it is not."""
        return f"{self.id} {self.name or '(not known to ec2ir by name)'}"

    @property
    def url(self) -> str:
        """Its page at MITRE."""
        return f"https://attack.mitre.org/techniques/{self.id.replace('.', '/')}/"


EXPLOIT = Technique(id="T1190", name="Exploit Public-Facing Application", tactic="initial-access")
HIJACK = Technique(id="T1496", name="Resource Hijacking", tactic="impact")
ACCOUNTS = Technique(id="T1078.004", name="Valid Accounts: Cloud Accounts", tactic="initial-access")
TECHNIQUES: tuple[Technique, ...] = (EXPLOIT, HIJACK, ACCOUNTS)
"""The playbook's own three, in its order."""

_KNOWN: Mapping[str, Technique] = {
    t.id: t
    for t in (
        *TECHNIQUES,
        Technique(id="T1046", name="Network Service Discovery", tactic="discovery"),
        Technique(id="T1048", name="Exfiltration Over Alternative Protocol", tactic="exfiltration"),
        Technique(id="T1053", name="Scheduled Task/Job", tactic="persistence"),
        Technique(id="T1053.003", name="Scheduled Task/Job: Cron", tactic="persistence"),
        Technique(id="T1059", name="Command and Scripting Interpreter", tactic="execution"),
        Technique(id="T1059.004", name="Command and Scripting Interpreter: Unix Shell", tactic="execution"),
        Technique(id="T1071", name="Application Layer Protocol", tactic="command-and-control"),
        Technique(id="T1078", name="Valid Accounts", tactic="initial-access"),
        Technique(id="T1098", name="Account Manipulation", tactic="persistence"),
        Technique(id="T1105", name="Ingress Tool Transfer", tactic="command-and-control"),
        Technique(id="T1110", name="Brute Force", tactic="credential-access"),
        Technique(id="T1496.001", name="Resource Hijacking: Compute Hijacking", tactic="impact"),
        Technique(id="T1552.005", name="Unsecured Credentials: Cloud Instance Metadata API",
                  tactic="credential-access"),
        Technique(id="T1578", name="Modify Cloud Compute Infrastructure", tactic="defense-evasion"),
        Technique(id="T1611", name="Escape to Host", tactic="privilege-escalation"),
        Technique(id="T1651", name="Cloud Administration Command", tactic="execution"),
    )
}  # fmt: skip
"""Names of those that EC2's alerts name most. Source: MITRE ATT&CK for Enterprise, v17; a technique that stands under
several tactics has the one in which it is seen first on an instance."""

_MINING = ("Bitcoin", "CryptoMiner", "CryptoMin")
_CREDENTIALS = ("InstanceCredentialExfiltration", "RootCredentialUsage", "ConsoleLogin", "MetadataDNSRebind")


def techniques(findings: Iterable[Finding]) -> tuple[Technique, ...]:
    """What the findings speak for; all three of the playbook where no finding says more.

    Mining is T1496; credentials of a role or a person used by somebody else are T1078.004; everything that
    talks through the instance's own network entered somewhere, which the playbook takes to be T1190. They stand
    first, in the playbook's order; then those that the sources name themselves, by id.
    """
    told = tuple(findings)
    found = {technique for finding in told for technique in _of(finding.type)}
    found |= {named(id_) for finding in told for id_ in finding.techniques}
    others = sorted(found - {*TECHNIQUES}, key=lambda t: t.id)
    return (*(t for t in TECHNIQUES if t in found), *others) or TECHNIQUES


def named(id_: str) -> Technique:
    """The technique of that id; one that is not in the table below has no name and no tactic here."""
    return _KNOWN.get(id_) or Technique(id=id_, name="", tactic="")


def _of(kind: FindingType) -> Iterable[Technique]:
    if kind.purpose == "CryptoCurrency" or any(word in kind.name for word in _MINING):
        yield HIJACK
    if kind.resource == "IAMUser" or kind.purpose == "CredentialAccess" or kind.name.startswith(_CREDENTIALS):
        yield ACCOUNTS
    elif kind.resource in ("EC2", "Runtime"):
        yield EXPLOIT
