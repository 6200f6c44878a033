"""Network Firewall's rule groups as its API reference describes them."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator

DROP = 'drop tls $HOME_NET any -> any any (tls.sni; content:"pool.example"; sid:1; rev:1;)'
DOMAINS = {
    "RulesSource": {
        "RulesSourceList": {
            "Targets": ["pool.example"],
            "TargetTypes": ["TLS_SNI"],
            "GeneratedRulesType": "DENYLIST",
        }
    }
}


@pytest.fixture
def firewall(box: AwsBox) -> Any:
    return box.client("network-firewall")


def make(firewall: Any, **named: Any) -> dict[str, Any]:
    wanted = {"RuleGroupName": "blocked", "Type": "STATEFUL", "Capacity": 100, "Rules": DROP, **named}
    return firewall.create_rule_group(**{name: value for name, value in wanted.items() if value is not None})


def test_a_group_is_made_read_changed_and_deleted(firewall: Any, refusal: Refusal) -> None:
    made = make(firewall)
    arn = made["RuleGroupResponse"]["RuleGroupArn"]
    read = firewall.describe_rule_group(RuleGroupName="blocked", Type="STATEFUL")
    assert read["RuleGroup"]["RulesSource"]["RulesString"] == DROP
    assert (read["UpdateToken"], read["RuleGroupResponse"]["Capacity"]) == (made["UpdateToken"], 100)
    changed = firewall.update_rule_group(RuleGroupArn=arn, UpdateToken=read["UpdateToken"], RuleGroup=DOMAINS)
    assert changed["UpdateToken"] != read["UpdateToken"]
    assert firewall.describe_rule_group(RuleGroupArn=arn)["RuleGroup"] == DOMAINS
    stale = {"RuleGroupArn": arn, "UpdateToken": read["UpdateToken"], "RuleGroup": DOMAINS}
    assert refusal(lambda: firewall.update_rule_group(**stale)) == "InvalidTokenException"
    gone = firewall.delete_rule_group(RuleGroupArn=arn)["RuleGroupResponse"]
    assert gone["RuleGroupStatus"] == "DELETING"
    assert refusal(lambda: firewall.describe_rule_group(RuleGroupArn=arn)) == "ResourceNotFoundException"


def test_groups_are_listed_by_type(firewall: Any) -> None:
    make(firewall)
    stateless: dict[str, Any] = {"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": []}}}
    make(firewall, Type="STATELESS", Rules=None, RuleGroup=stateless)
    kinds = {group["Arn"].split(":")[5] for group in firewall.list_rule_groups()["RuleGroups"]}
    assert kinds == {"stateful-rulegroup/blocked", "stateless-rulegroup/blocked"}
    (only,) = firewall.list_rule_groups(Type="STATELESS")["RuleGroups"]
    assert only["Arn"].endswith(":stateless-rulegroup/blocked")


def test_a_dry_run_makes_nothing(firewall: Any) -> None:
    make(firewall, DryRun=True)
    assert firewall.list_rule_groups()["RuleGroups"] == []


def test_senseless_and_second_groups_are_refused(firewall: Any, refusal: Refusal) -> None:
    make(firewall)
    for wrong in (
        {},
        {"RuleGroupName": "other", "RuleGroup": DOMAINS},
        {"RuleGroupName": "other", "Rules": None},
        {"RuleGroupName": "no spaces please"},
        {"RuleGroupName": "other", "Capacity": 30_001},
    ):
        assert refusal(lambda wrong=wrong: make(firewall, **wrong)) == "InvalidRequestException"
    assert refusal(lambda: make(firewall, RuleGroupName="other", Type="IPS")) == "InvalidAction"
