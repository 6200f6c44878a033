"""Network ACLs as the VPC user guide and the EC2 API reference describe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.conftest import Refusal

if TYPE_CHECKING:
    from sandbox.aws.seed import Account

pytestmark = pytest.mark.emulator


def acl_of(ec2: Any, account: Account) -> Any:
    subnet = [{"Name": "association.subnet-id", "Values": [account.network.subnets[0]]}]
    return ec2.describe_network_acls(Filters=subnet)["NetworkAcls"][0]


def deny(ec2: Any, acl: str, number: int, **more: Any) -> None:
    entry: dict[str, Any] = {"CidrBlock": "192.0.2.0/24", "Protocol": "-1", "RuleAction": "deny"} | more
    ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=number, Egress=True, **entry)


def test_the_default_list_of_a_vpc_with_ipv6_allows_both(ec2: Any, account: Account) -> None:
    acl = acl_of(ec2, account)
    out = {(e["RuleNumber"], e["RuleAction"]) for e in acl["Entries"] if e["Egress"]}
    assert out == {(100, "allow"), (101, "allow"), (32767, "deny"), (32768, "deny")}


def test_a_number_is_taken_once_in_each_direction(ec2: Any, account: Account, refusal: Refusal) -> None:
    acl = acl_of(ec2, account)["NetworkAclId"]
    deny(ec2, acl, 1)
    assert refusal(lambda: deny(ec2, acl, 1)) == "NetworkAclEntryAlreadyExists"
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=1, Egress=True)
    gone = refusal(lambda: ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=1, Egress=True))
    assert gone == "InvalidNetworkAclEntry.NotFound"


def test_twenty_rules_in_a_direction_are_all(ec2: Any, account: Account, refusal: Refusal) -> None:
    acl = acl_of(ec2, account)["NetworkAclId"]
    for number in range(1, 17):
        deny(ec2, acl, number)
    assert refusal(lambda: deny(ec2, acl, 17)) == "NetworkAclEntryLimitExceeded"


@pytest.mark.parametrize("number", [0, 32_767])
def test_numbers_lie_between_1_and_32766(ec2: Any, account: Account, refusal: Refusal, number: int) -> None:
    acl = acl_of(ec2, account)["NetworkAclId"]
    assert refusal(lambda: deny(ec2, acl, number)) == "InvalidParameterValue"


def test_ports_are_needed_for_tcp(ec2: Any, account: Account, refusal: Refusal) -> None:
    acl = acl_of(ec2, account)["NetworkAclId"]
    assert refusal(lambda: deny(ec2, acl, 1, Protocol="6")) == "MissingParameter"


def test_a_range_is_kept_in_its_canonical_form(ec2: Any, account: Account) -> None:
    acl = acl_of(ec2, account)["NetworkAclId"]
    deny(ec2, acl, 1, CidrBlock="100.68.0.18/18")
    first = next(e for e in acl_of(ec2, account)["Entries"] if e["RuleNumber"] == 1)
    assert first["CidrBlock"] == "100.68.0.0/18"
