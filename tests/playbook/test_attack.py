"""Techniques by finding kind, and their pages."""

from __future__ import annotations

import pytest

from playbook.attack import ACCOUNTS, EXPLOIT, HIJACK, TECHNIQUES, Technique, techniques
from playbook.finding import FindingType


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["CryptoCurrency:EC2/BitcoinTool.B"], (EXPLOIT, HIJACK)),
        (["Backdoor:EC2/C&CActivity.B"], (EXPLOIT,)),
        (["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"], (ACCOUNTS,)),
        (["UnauthorizedAccess:EC2/MetadataDNSRebind"], (ACCOUNTS,)),
        (["Impact:Runtime/CryptoMinerExecuted", "CredentialAccess:IAMUser/AnomalousBehavior"], TECHNIQUES),
        ([], TECHNIQUES),
        (["Something:Else/Entirely"], TECHNIQUES),
    ],
)
def test_findings_speak_for_techniques(kinds: list[str], expected: tuple[Technique, ...]) -> None:
    assert techniques(FindingType(full=kind) for kind in kinds) == expected


def test_a_sub_technique_has_its_own_page() -> None:
    assert ACCOUNTS.url == "https://attack.mitre.org/techniques/T1078/004/"
