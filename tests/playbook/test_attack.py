"""Techniques by finding kind, and their pages."""

from __future__ import annotations

import pytest

from playbook.attack import ACCOUNTS, EXPLOIT, HIJACK, TECHNIQUES, Technique, named, techniques
from playbook.finding import FindingType
from tests.storage.values import finding


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
    assert techniques(finding(type=FindingType(full=kind)) for kind in kinds) == expected


def test_what_the_source_names_stands_after_the_playbooks_own() -> None:
    mining = FindingType(full="CryptoCurrency:EC2/BitcoinTool.B")
    told = finding(type=mining, techniques=("T1611", "T1046", "T1190"))
    assert techniques([told]) == (EXPLOIT, HIJACK, named("T1046"), named("T1611"))


def test_a_finding_of_no_known_kind_speaks_for_what_its_source_names() -> None:
    told = finding(type=FindingType(full="Edr:Host/Something"), techniques=("T1046",))
    assert techniques([told]) == (named("T1046"),)


def test_a_technique_that_is_not_known_says_so() -> None:
    assert named("T9999.001").words == "T9999.001 (not known to ec2ir by name)"
    assert named("T1611").words == "T1611 Escape to Host"


def test_a_sub_technique_has_its_own_page() -> None:
    assert ACCOUNTS.url == "https://attack.mitre.org/techniques/T1078/004/"
