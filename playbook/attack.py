"""MITRE ATT&CK techniques of an incident, and the marking under which everything about it is shared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from playbook.finding import FindingType

TLP = "TLP:AMBER"
"""Shared within the organisation and with clients who need to know (FIRST, Traffic Light Protocol 2.0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """One technique of ATT&CK for Enterprise; `tactic` is the phase it stands in there."""

    id: str
    name: str
    tactic: str

    @property
    def url(self) -> str:
        """Its page at MITRE."""
        return f"https://attack.mitre.org/techniques/{self.id.replace('.', '/')}/"


EXPLOIT = Technique(id="T1190", name="Exploit Public-Facing Application", tactic="initial-access")
HIJACK = Technique(id="T1496", name="Resource Hijacking", tactic="impact")
ACCOUNTS = Technique(id="T1078.004", name="Valid Accounts: Cloud Accounts", tactic="initial-access")
TECHNIQUES: tuple[Technique, ...] = (EXPLOIT, HIJACK, ACCOUNTS)
"""The playbook's own three, in its order."""

_MINING = ("Bitcoin", "CryptoMiner", "CryptoMin")
_CREDENTIALS = ("InstanceCredentialExfiltration", "RootCredentialUsage", "ConsoleLogin", "MetadataDNSRebind")


def techniques(types: Iterable[FindingType]) -> tuple[Technique, ...]:
    """What the findings speak for, in the playbook's order; all three where no finding says more.

    Mining is T1496; credentials of a role or a person used by somebody else are T1078.004; everything that
    talks through the instance's own network entered somewhere, which the playbook takes to be T1190.
    """
    found = {technique for kind in types for technique in _of(kind)}
    return tuple(t for t in TECHNIQUES if t in found) or TECHNIQUES


def _of(kind: FindingType) -> Iterable[Technique]:
    if kind.purpose == "CryptoCurrency" or any(word in kind.name for word in _MINING):
        yield HIJACK
    if kind.resource == "IAMUser" or kind.purpose == "CredentialAccess" or kind.name.startswith(_CREDENTIALS):
        yield ACCOUNTS
    elif kind.resource in ("EC2", "Runtime"):
        yield EXPLOIT
