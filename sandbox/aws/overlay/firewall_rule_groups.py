"""Network Firewall's rule groups: made with a capacity, changed only by whom holds the latest token."""

import re
import uuid
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.networkfirewall.models import networkfirewall_backends
from moto.networkfirewall.responses import NetworkFirewallResponse

from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.world import notes_on

_NAME: Final = re.compile(r"[a-zA-Z0-9-]{1,128}")
_KINDS: Final = {"STATEFUL": "stateful-rulegroup", "STATELESS": "stateless-rulegroup"}

Group = dict[str, Any]


def _groups(self: Any) -> dict[str, Group]:
    """The region's rule groups by ARN, each as DescribeRuleGroup shows it."""
    backend = networkfirewall_backends[self.current_account][self.region]
    found: dict[str, Group] = notes_on(backend).setdefault("rule_groups", {})
    return found


def _wrong(words: str) -> None:
    refuse("InvalidRequestException", words)


def _kind(self: Any) -> str:
    kind = str(self._get_param("Type") or "")
    if kind in {"STATEFUL_DOMAIN", "FIREWALL", "IPS"} or self._get_param("AnalyzeRuleGroup"):
        raise NotImplementedError(f"Network Firewall rule groups of type {kind or 'that analyse'}")
    if kind not in _KINDS:
        _wrong("Type must be STATELESS or STATEFUL.")
    return kind


def _arn(self: Any) -> str:
    """By ARN, or by name and type. Source: DescribeRuleGroup: "You must specify the ARN or the name"."""
    if named := self._get_param("RuleGroupArn"):
        return str(named)
    path = f"{_KINDS[_kind(self)]}/{self._get_param('RuleGroupName') or ''}"
    return f"arn:aws:network-firewall:{self.region}:{self.current_account}:{path}"


def _found(self: Any) -> Group:
    arn = _arn(self)
    if arn not in _groups(self):
        refuse("ResourceNotFoundException", f"The rule group {arn} does not exist.")
    return _groups(self)[arn]


def _rules(self: Any) -> dict[str, Any]:
    """`RuleGroup`, or `Rules` as a flat Suricata text: one of them.

    Source: CreateRuleGroup, `Rules`: "You must provide either this rules setting or a RuleGroup setting, but not
    both".
    """
    rules, text = self._get_param("RuleGroup"), self._get_param("Rules")
    if bool(rules) == bool(text):
        _wrong("You must provide either Rules or RuleGroup, but not both.")
    return rules or {"RulesSource": {"RulesString": text}}


def _answered(self: Any, group: Group, rules: dict[str, Any], description: str | None) -> dict[str, Any]:
    """The group with other rules and another token; kept, unless it is a dry run."""
    shown: dict[str, Any] = {**group["RuleGroupResponse"], "LastModifiedTime": world_for(self).now()}
    if description is not None:
        shown["Description"] = description
    made = {"UpdateToken": str(uuid.uuid4()), "RuleGroup": rules, "RuleGroupResponse": shown}
    if not self._get_param("DryRun"):
        _groups(self)[shown["RuleGroupArn"]] = made
    return {name: value for name, value in made.items() if name != "RuleGroup"}


def create_rule_group(self: Any) -> ActionResult:
    """CreateRuleGroup. Source: Network Firewall API reference, CreateRuleGroup: InvalidRequestException."""
    kind, name, capacity = (
        _kind(self),
        str(self._get_param("RuleGroupName") or ""),
        self._get_param("Capacity"),
    )
    arn = _arn(self)
    if not _NAME.fullmatch(name) or not 1 <= int(capacity or 0) <= 30_000:
        _wrong("RuleGroupName or Capacity does not satisfy its constraints.")
    if arn in _groups(self):
        _wrong("A resource with the specified name already exists.")
    tags = self._get_param("Tags")
    shown: dict[str, Any] = {
        "RuleGroupArn": arn,
        "RuleGroupName": name,
        "RuleGroupId": str(uuid.uuid4()),
        "Type": kind,
        "Capacity": int(capacity),
        "RuleGroupStatus": "ACTIVE",
        "NumberOfAssociations": 0,
        **({"Tags": tags} if tags else {}),
    }
    return ActionResult(
        _answered(self, {"RuleGroupResponse": shown}, _rules(self), self._get_param("Description"))
    )


def describe_rule_group(self: Any) -> ActionResult:
    """DescribeRuleGroup. Source: Network Firewall API reference: ResourceNotFoundException."""
    return ActionResult(_found(self))


def list_rule_groups(self: Any) -> ActionResult:
    """ListRuleGroups: the account's own, of one type where it is named, 100 a page at most.

    Source: Network Firewall API reference, ListRuleGroups. Managed groups are not in the box.
    """
    if self._get_param("Scope") == "MANAGED":
        raise NotImplementedError("managed rule groups of Network Firewall")
    kind = _kind(self) if self._get_param("Type") else ""
    shown = [g["RuleGroupResponse"] for g in _groups(self).values()]
    rows = [{"Name": g["RuleGroupName"], "Arn": g["RuleGroupArn"]} for g in shown if kind in {"", g["Type"]}]
    start, most = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or 100)
    more = {"NextToken": str(start + most)} if start + most < len(rows) else {}
    return ActionResult({"RuleGroups": rows[start : start + most], **more})


def update_rule_group(self: Any) -> ActionResult:
    """UpdateRuleGroup: only with the token of the last read.

    Source: Network Firewall API reference, UpdateRuleGroup, `UpdateToken`: InvalidTokenException when "the rule group
    has changed since you last retrieved it".
    """
    group = _found(self)
    if self._get_param("UpdateToken") != group["UpdateToken"]:
        refuse("InvalidTokenException", "Update token is invalid.")
    return ActionResult(_answered(self, group, _rules(self), self._get_param("Description")))


def delete_rule_group(self: Any) -> ActionResult:
    """DeleteRuleGroup. Source: Network Firewall API reference: ResourceNotFoundException; status DELETING."""
    shown = _found(self)["RuleGroupResponse"]
    del _groups(self)[shown["RuleGroupArn"]]
    return ActionResult({"RuleGroupResponse": {**shown, "RuleGroupStatus": "DELETING"}})


OVERRIDES = tuple(
    Override(owner=NetworkFirewallResponse, name=call.__name__, value=call)
    for call in (
        create_rule_group,
        describe_rule_group,
        list_rule_groups,
        update_rule_group,
        delete_rule_group,
    )
)
