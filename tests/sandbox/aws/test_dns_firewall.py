"""DNS Firewall as the Route 53 Resolver API reference describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.conftest import Refusal

if TYPE_CHECKING:
    from sandbox.aws.box import AwsBox
    from sandbox.aws.seed import Account

pytestmark = pytest.mark.emulator


@pytest.fixture
def resolver(box: AwsBox) -> Any:
    return box.client("route53resolver")


def made(resolver: Any, number: int = 1) -> tuple[str, str]:
    """A list with one domain, and a group with a rule that blocks it."""
    listed = resolver.create_firewall_domain_list(CreatorRequestId=f"list-{number}", Name=f"bad-{number}")
    name = listed["FirewallDomainList"]["Id"]
    resolver.update_firewall_domains(FirewallDomainListId=name, Operation="ADD", Domains=["Evil.example"])
    group = resolver.create_firewall_rule_group(CreatorRequestId=f"group-{number}", Name=f"block-{number}")
    rule(resolver, group["FirewallRuleGroup"]["Id"], name)
    return name, group["FirewallRuleGroup"]["Id"]


def rule(resolver: Any, group: str, listed: str, **more: Any) -> Any:
    asked = {"CreatorRequestId": "rule", "Priority": 1, "Action": "BLOCK", "BlockResponse": "NXDOMAIN"} | more
    return resolver.create_firewall_rule(
        FirewallRuleGroupId=group, FirewallDomainListId=listed, Name="block", **asked
    )


def associate(resolver: Any, group: str, vpc: str, priority: int = 101, request: str = "once") -> str:
    answer = resolver.associate_firewall_rule_group(
        CreatorRequestId=request, FirewallRuleGroupId=group, VpcId=vpc, Priority=priority, Name="here"
    )
    return answer["FirewallRuleGroupAssociation"]["Id"]


def test_the_same_request_makes_the_same_thing(resolver: Any, account: Account) -> None:
    assert made(resolver) == made(resolver)
    _, group = made(resolver)
    vpc = account.network.vpc
    assert associate(resolver, group, vpc) == associate(resolver, group, vpc)
    assert len(resolver.list_firewall_rule_group_associations()["FirewallRuleGroupAssociations"]) == 1


def test_domains_are_listed_in_full(resolver: Any) -> None:
    listed, _ = made(resolver)
    assert resolver.list_firewall_domains(FirewallDomainListId=listed)["Domains"] == ["evil.example."]
    assert (
        resolver.get_firewall_domain_list(FirewallDomainListId=listed)["FirewallDomainList"]["DomainCount"]
        == 1
    )
    resolver.update_firewall_domains(
        FirewallDomainListId=listed, Operation="REMOVE", Domains=["evil.example"]
    )
    assert resolver.list_firewall_domains(FirewallDomainListId=listed)["Domains"] == []


def test_an_association_takes_its_time_to_come_and_to_go(
    box: AwsBox, resolver: Any, account: Account
) -> None:
    box.controls.delays(firewall=60)
    _, group = made(resolver)
    name = associate(resolver, group, account.network.vpc)

    def status() -> str:
        found = resolver.get_firewall_rule_group_association(FirewallRuleGroupAssociationId=name)
        return found["FirewallRuleGroupAssociation"]["Status"]

    assert status() == "UPDATING"
    box.controls.advance(61)
    assert status() == "COMPLETE"
    resolver.disassociate_firewall_rule_group(FirewallRuleGroupAssociationId=name)
    assert status() == "DELETING"
    box.controls.advance(61)
    assert resolver.list_firewall_rule_group_associations()["FirewallRuleGroupAssociations"] == []


def test_what_is_in_use_is_not_deleted(resolver: Any, account: Account, refusal: Refusal) -> None:
    listed, group = made(resolver)
    associate(resolver, group, account.network.vpc)
    assert (
        refusal(lambda: resolver.delete_firewall_domain_list(FirewallDomainListId=listed))
        == "ConflictException"
    )
    assert (
        refusal(lambda: resolver.delete_firewall_rule_group(FirewallRuleGroupId=group)) == "ConflictException"
    )


def test_a_vpc_has_each_priority_once_and_five_groups(
    resolver: Any, account: Account, refusal: Refusal
) -> None:
    vpc = account.network.vpc
    groups = [made(resolver, number)[1] for number in range(6)]
    associate(resolver, groups[0], vpc)
    again = refusal(lambda: associate(resolver, groups[0], vpc, 150, "again"))
    same = refusal(lambda: associate(resolver, groups[1], vpc, 101, "same"))
    assert (again, same) == ("ConflictException", "ConflictException")
    for number in range(1, 5):
        associate(resolver, groups[number], vpc, 101 + number, f"r{number}")
    assert refusal(lambda: associate(resolver, groups[5], vpc, 300, "sixth")) == "LimitExceededException"


@pytest.mark.parametrize("priority", [99, 9901])
def test_priorities_lie_between_100_and_9900(
    resolver: Any, account: Account, refusal: Refusal, priority: int
) -> None:
    _, group = made(resolver)
    code = refusal(lambda: associate(resolver, group, account.network.vpc, priority))
    assert code == "ValidationException"


def test_what_does_not_exist_is_not_found(resolver: Any, account: Account, refusal: Refusal) -> None:
    _, group = made(resolver)
    asks = (
        lambda: resolver.list_firewall_domains(FirewallDomainListId="rslvr-fdl-0"),
        lambda: resolver.list_firewall_rules(FirewallRuleGroupId="rslvr-frg-0"),
        lambda: associate(resolver, "rslvr-frg-0", account.network.vpc),
        lambda: associate(resolver, group, "vpc-0"),
        lambda: resolver.delete_firewall_rule(FirewallRuleGroupId=group, FirewallDomainListId="rslvr-fdl-0"),
    )
    assert {refusal(ask) for ask in asks} == {"ResourceNotFoundException"}


def test_a_rule_that_blocks_says_with_what(resolver: Any, refusal: Refusal) -> None:
    listed, _ = made(resolver)
    other = resolver.create_firewall_rule_group(CreatorRequestId="g", Name="other")["FirewallRuleGroup"]["Id"]
    code = refusal(lambda: rule(resolver, other, listed, Action="ALLOW"))
    assert code == "ValidationException"
    rule(resolver, other, listed)
    assert refusal(lambda: rule(resolver, other, listed, CreatorRequestId="more")) == "ValidationException"


def test_a_domain_must_be_one(resolver: Any, refusal: Refusal) -> None:
    listed, _ = made(resolver)
    code = refusal(
        lambda: resolver.update_firewall_domains(
            FirewallDomainListId=listed, Operation="ADD", Domains=["a b"]
        )
    )
    assert code == "ValidationException"
