"""Route 53 Resolver DNS Firewall: domain lists, rule groups, rules, and their associations with VPCs.

Moto has none of it. Source, if nothing else is named: Route 53 Resolver API reference, the call of that name.
"""

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from moto.route53resolver.models import Route53ResolverBackend as Backend
from moto.route53resolver.models import route53resolver_backends
from moto.route53resolver.responses import Route53ResolverResponse as Response

from sandbox.aws.overlay.base import Override, ec2_of, refuse
from sandbox.aws.world import World, notes_on, world_of

ASSOCIATIONS: Final = 5
"""Rule groups that one VPC may have. Source: Developer guide, "Quotas on Route 53 Resolver DNS Firewall"."""
DOMAINS: Final = 1_000
"""Domains in one UpdateFirewallDomains. Source: the same quotas."""
_NAME: Final = re.compile(r"(?!^[0-9]+$)[a-zA-Z0-9\-_' ]{1,64}")
_DOMAIN: Final = re.compile(r"(?:\*\.)?(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{1,63}\.?|\*", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Thing:
    """A list, group, rule or association: what is shown of it, and until when it is on its way to that."""

    shown: dict[str, Any]
    until: datetime | None = None
    going: bool = False
    domains: list[str] = field(default_factory=list[str])


@dataclass(slots=True, kw_only=True)
class Firewall:
    """Everything of one account and region, by id."""

    lists: dict[str, Thing] = field(default_factory=dict[str, Thing])
    groups: dict[str, Thing] = field(default_factory=dict[str, Thing])
    rules: dict[tuple[str, str], Thing] = field(default_factory=dict[tuple[str, str], Thing])
    associations: dict[str, Thing] = field(default_factory=dict[str, Thing])


def firewall_of(account: str, region: str) -> Firewall:
    """The firewall of one account and region."""
    return notes_on(route53resolver_backends[account][region]).setdefault("sandbox_firewall", Firewall())


def _firewall(response: Any) -> Firewall:
    return firewall_of(response.current_account, response.region)


def _world(response: Any) -> World:
    return world_of(ec2_of(response.current_account, response.region))


def _settle(response: Any) -> Firewall:
    """What is due by now has happened."""
    firewall, now = _firewall(response), _world(response).now()
    for thing in (*firewall.associations.values(), *firewall.lists.values()):
        if thing.until is not None and now >= thing.until:
            thing.until = None
            thing.shown["Status"] = "COMPLETE"
    firewall.associations = {
        i: a for i, a in firewall.associations.items() if not (a.going and a.until is None)
    }
    return firewall


def _found(things: dict[str, Thing], kind: str, name: str) -> Thing:
    if name not in things:
        refuse("ResourceNotFoundException", f"{kind} '{name}' doesn't exist")
    return things[name]


def _named(self: Any) -> tuple[str, str]:
    """`Name` and `CreatorRequestId`, of the form that the service's model demands."""
    name, request = str(self._get_param("Name") or ""), str(self._get_param("CreatorRequestId") or "")
    if not _NAME.fullmatch(name) or not 1 <= len(request) <= 255:
        refuse("ValidationException", "Name or CreatorRequestId does not satisfy its constraints")
    return name, request


def _made(
    self: Any, things: dict[str, Thing], prefix: str, kind: str, shown: dict[str, Any]
) -> tuple[Thing, bool]:
    """The thing of that CreatorRequestId, made unless an earlier request with it made it; whether it is new.

    Source: `CreatorRequestId`: "allows you to retry failed requests without the risk of running the operation twice".
    """
    name, request = _named(self)
    for thing in things.values():
        if thing.shown["CreatorRequestId"] == request:
            return thing, False
    made = f"{prefix}-{uuid.uuid4().hex[:16]}"
    at = _world(self).now().strftime("%Y-%m-%dT%H:%M:%SZ")
    arn = f"arn:aws:route53resolver:{self.region}:{self.current_account}:{kind}/{made}"
    base = {"Id": made, "Arn": arn, "Name": name, "CreatorRequestId": request}
    times = {"CreationTime": at, "ModificationTime": at}
    things[made] = Thing(shown={**base, "Status": "COMPLETE", "StatusMessage": "", **shown, **times})
    backend = route53resolver_backends[self.current_account][self.region]
    backend.tagger.tag_resource(arn, self._get_param("Tags") or [])
    return things[made], True


def _page(self: Any, key: str, items: list[Any]) -> str:
    """One page of at most `MaxResults`, 100 unless told otherwise; `NextToken` is where the next begins."""
    start, most = int(self._get_param("NextToken") or 0), int(self._get_param("MaxResults") or 100)
    more = {"NextToken": str(start + most)} if start + most < len(items) else {}
    return json.dumps({key: items[start : start + most], **more})


def create_firewall_domain_list(self: Any) -> str:
    """CreateFirewallDomainList: an empty list."""
    made, _ = _made(self, _settle(self).lists, "rslvr-fdl", "firewall-domain-list", {"DomainCount": 0})
    return json.dumps({"FirewallDomainList": made.shown})


def create_firewall_rule_group(self: Any) -> str:
    """CreateFirewallRuleGroup: an empty group."""
    shown = {"RuleCount": 0, "OwnerId": self.current_account, "ShareStatus": "NOT_SHARED"}
    made, _ = _made(self, _settle(self).groups, "rslvr-frg", "firewall-rule-group", shown)
    return json.dumps({"FirewallRuleGroup": made.shown})


def update_firewall_domains(self: Any) -> str:
    """UpdateFirewallDomains: ADD, REMOVE or REPLACE; at most 1000 in a call, each a domain or `*.` and one."""
    name, operation = self._get_param("FirewallDomainListId"), self._get_param("Operation")
    thing = _found(_settle(self).lists, "Firewall domain list", name)
    domains: list[str] = [str(d).lower().rstrip(".") + "." for d in self._get_param("Domains")]
    if operation not in {"ADD", "REMOVE", "REPLACE"}:
        refuse("ValidationException", f"Operation '{operation}' is none of ADD, REMOVE, REPLACE")
    if bad := [d for d in domains if not _DOMAIN.fullmatch(d)]:
        refuse("ValidationException", f"The domain '{bad[0]}' is not valid")
    if len(domains) > DOMAINS:
        refuse("LimitExceededException", f"At most {DOMAINS} domains in one request")
    kept = [] if operation == "REPLACE" else [d for d in thing.domains if d not in domains]
    thing.domains = kept if operation == "REMOVE" else [*kept, *dict.fromkeys(domains)]
    thing.shown |= {"DomainCount": len(thing.domains), "Status": "UPDATING"}
    thing.until = _world(self).after(_world(self).delays.firewall)
    return json.dumps({"Id": name, "Name": thing.shown["Name"], "Status": "UPDATING", "StatusMessage": ""})


def list_firewall_domains(self: Any) -> str:
    """ListFirewallDomains: with a final dot, as DNS writes names in full."""
    thing = _found(_settle(self).lists, "Firewall domain list", self._get_param("FirewallDomainListId"))
    return _page(self, "Domains", thing.domains)


def create_firewall_rule(self: Any) -> str:
    """CreateFirewallRule: one rule for a list in a group, one priority; BLOCK says with what it answers."""
    firewall = _settle(self)
    _named(self)
    group, listed = self._get_param("FirewallRuleGroupId"), self._get_param("FirewallDomainListId")
    _found(firewall.groups, "Firewall rule group", group)
    _found(firewall.lists, "Firewall domain list", listed)
    action, answer = self._get_param("Action"), self._get_param("BlockResponse")
    if action not in {"ALLOW", "ALERT", "BLOCK"}:
        refuse("ValidationException", f"Action '{action}' is none of ALLOW, ALERT, BLOCK")
    if (action == "BLOCK") != (answer in {"NODATA", "NXDOMAIN", "OVERRIDE"}):
        refuse("ValidationException", "BlockResponse is needed for BLOCK, and only there")
    request, priority = self._get_param("CreatorRequestId"), int(self._get_param("Priority"))
    rule = firewall.rules.get((group, listed))
    if rule is not None and rule.shown["CreatorRequestId"] == request:
        return json.dumps({"FirewallRule": rule.shown})
    taken = [r.shown["Priority"] for (g, _), r in firewall.rules.items() if g == group]
    if rule is not None or priority in taken:
        refuse("ValidationException", "The group has a rule for that list or with that priority")
    shown = {
        "FirewallRuleGroupId": group,
        "FirewallDomainListId": listed,
        "Name": self._get_param("Name"),
        "Priority": priority,
        "Action": action,
        "BlockResponse": answer,
        "CreatorRequestId": request,
        "FirewallDomainRedirectionAction": "INSPECT_REDIRECTION_DOMAIN",
    }
    firewall.rules[group, listed] = Thing(shown=shown)
    firewall.groups[group].shown["RuleCount"] += 1
    return json.dumps({"FirewallRule": shown})


def list_firewall_rules(self: Any) -> str:
    """ListFirewallRules: of one group, by priority."""
    firewall, group = _settle(self), self._get_param("FirewallRuleGroupId")
    _found(firewall.groups, "Firewall rule group", group)
    rules = [r.shown for (g, _), r in firewall.rules.items() if g == group]
    return _page(self, "FirewallRules", sorted(rules, key=lambda r: r["Priority"]))


def delete_firewall_rule(self: Any) -> str:
    """DeleteFirewallRule: named by its group and list."""
    firewall = _settle(self)
    key = (self._get_param("FirewallRuleGroupId"), self._get_param("FirewallDomainListId"))
    if key not in firewall.rules:
        refuse("ResourceNotFoundException", f"No rule for {key[1]} in {key[0]}")
    firewall.groups[key[0]].shown["RuleCount"] -= 1
    return json.dumps({"FirewallRule": firewall.rules.pop(key).shown})


def delete_firewall_rule_group(self: Any) -> str:
    """DeleteFirewallRuleGroup: refused while a VPC is associated with it; its rules go with it."""
    firewall, name = _settle(self), self._get_param("FirewallRuleGroupId")
    thing = _found(firewall.groups, "Firewall rule group", name)
    if any(a.shown["FirewallRuleGroupId"] == name for a in firewall.associations.values()):
        refuse("ConflictException", f"Firewall rule group '{name}' is associated with a VPC")
    del firewall.groups[name]
    firewall.rules = {key: rule for key, rule in firewall.rules.items() if key[0] != name}
    return json.dumps({"FirewallRuleGroup": {**thing.shown, "Status": "DELETING"}})


def delete_firewall_domain_list(self: Any) -> str:
    """DeleteFirewallDomainList: refused while a rule uses it."""
    firewall, name = _settle(self), self._get_param("FirewallDomainListId")
    thing = _found(firewall.lists, "Firewall domain list", name)
    if any(listed == name for _, listed in firewall.rules):
        refuse("ConflictException", f"Firewall domain list '{name}' is used by a rule")
    del firewall.lists[name]
    return json.dumps({"FirewallDomainList": {**thing.shown, "Status": "DELETING"}})


def associate_firewall_rule_group(self: Any) -> str:
    """AssociateFirewallRuleGroup: UPDATING for a while; a priority from 100 to 9900 that is free in the VPC.

    ConflictException for a group or a priority that the VPC has, LimitExceededException over five groups.
    """
    firewall = _settle(self)
    group, vpc = self._get_param("FirewallRuleGroupId"), self._get_param("VpcId")
    _found(firewall.groups, "Firewall rule group", group)
    if vpc not in ec2_of(self.current_account, self.region).vpcs:
        refuse("ResourceNotFoundException", f"The VPC '{vpc}' doesn't exist")
    priority = int(self._get_param("Priority"))
    if not 100 <= priority <= 9_900:
        refuse("ValidationException", f"Priority {priority} is not between 100 and 9900")
    mine = [a for a in firewall.associations.values() if a.shown["VpcId"] == vpc]
    _, request = _named(self)
    if all(a.shown["CreatorRequestId"] != request for a in mine):
        for other in (a.shown for a in mine):
            if other["FirewallRuleGroupId"] == group or other["Priority"] == priority:
                refuse("ConflictException", "The VPC has this group or this priority already")
        if len(mine) >= ASSOCIATIONS:
            refuse("LimitExceededException", f"The VPC has {ASSOCIATIONS} rule groups")
    shown = {
        "FirewallRuleGroupId": group,
        "VpcId": vpc,
        "Priority": priority,
        "MutationProtection": self._get_param("MutationProtection") or "DISABLED",
        "Status": "UPDATING",
    }
    made, new = _made(self, firewall.associations, "rslvr-frgassoc", "firewall-rule-group-association", shown)
    if new:
        made.until = _world(self).after(_world(self).delays.firewall)
    return json.dumps({"FirewallRuleGroupAssociation": made.shown})


def disassociate_firewall_rule_group(self: Any) -> str:
    """DisassociateFirewallRuleGroup: DELETING for a while; refused under mutation protection, or a second time."""
    firewall, name = _settle(self), self._get_param("FirewallRuleGroupAssociationId")
    thing = _found(firewall.associations, "Firewall rule group association", name)
    if thing.shown["MutationProtection"] == "ENABLED":
        refuse("ValidationException", "Mutation protection is on for this association")
    if thing.going:
        refuse("ConflictException", f"'{name}' is being deleted")
    thing.going, thing.until = True, _world(self).after(_world(self).delays.firewall)
    thing.shown["Status"] = "DELETING"
    return json.dumps({"FirewallRuleGroupAssociation": thing.shown})


def get_firewall_rule_group_association(self: Any) -> str:
    """GetFirewallRuleGroupAssociation."""
    name = self._get_param("FirewallRuleGroupAssociationId")
    thing = _found(_settle(self).associations, "Firewall rule group association", name)
    return json.dumps({"FirewallRuleGroupAssociation": thing.shown})


def list_firewall_rule_group_associations(self: Any) -> str:
    """ListFirewallRuleGroupAssociations: of a VPC, a group, a priority, a status."""
    wanted = {n: self._get_param(n) for n in ("VpcId", "FirewallRuleGroupId", "Priority", "Status")}
    every = (a.shown for a in _settle(self).associations.values())
    found = [a for a in every if all(v is None or a[n] == v for n, v in wanted.items())]
    return _page(self, "FirewallRuleGroupAssociations", found)


def _lister(
    key: str, things: Callable[[Firewall], dict[str, Thing]], names: tuple[str, ...]
) -> Callable[[Any], str]:
    def listed(self: Any) -> str:
        """ListFirewallDomainLists, ListFirewallRuleGroups: metadata only."""
        every = (t.shown for t in things(_settle(self)).values())
        return _page(self, key, [{n: t[n] for n in names if n in t} for t in every])

    return listed


def _getter(key: str, kind: str, things: Callable[[Firewall], dict[str, Thing]]) -> Callable[[Any], str]:
    def got(self: Any) -> str:
        """GetFirewallDomainList, GetFirewallRuleGroup."""
        return json.dumps({key: _found(things(_settle(self)), kind, self._get_param(f"{key}Id")).shown})

    return got


# The one place where moto says which ARNs have tags.
_matched_arn: Any = getattr(Backend, "_matched_arn")  # noqa: B009


def matched_arn(self: Any, resource_arn: str) -> None:
    """ListTagsForResource, TagResource: lists, groups and associations of the firewall have tags too."""
    firewall: Firewall = notes_on(self).get("sandbox_firewall") or Firewall()
    things = (*firewall.lists.values(), *firewall.groups.values(), *firewall.associations.values())
    if all(thing.shown["Arn"] != resource_arn for thing in things):
        _matched_arn(self, resource_arn)


_META = ("Id", "Arn", "Name", "CreatorRequestId", "OwnerId", "ShareStatus")
_CALLS = {
    "create_firewall_domain_list": create_firewall_domain_list,
    "get_firewall_domain_list": _getter("FirewallDomainList", "Firewall domain list", lambda f: f.lists),
    "list_firewall_domain_lists": _lister("FirewallDomainLists", lambda f: f.lists, _META),
    "update_firewall_domains": update_firewall_domains,
    "list_firewall_domains": list_firewall_domains,
    "delete_firewall_domain_list": delete_firewall_domain_list,
    "create_firewall_rule_group": create_firewall_rule_group,
    "get_firewall_rule_group": _getter("FirewallRuleGroup", "Firewall rule group", lambda f: f.groups),
    "list_firewall_rule_groups": _lister("FirewallRuleGroups", lambda f: f.groups, _META),
    "delete_firewall_rule_group": delete_firewall_rule_group,
    "create_firewall_rule": create_firewall_rule,
    "list_firewall_rules": list_firewall_rules,
    "delete_firewall_rule": delete_firewall_rule,
    "associate_firewall_rule_group": associate_firewall_rule_group,
    "disassociate_firewall_rule_group": disassociate_firewall_rule_group,
    "get_firewall_rule_group_association": get_firewall_rule_group_association,
    "list_firewall_rule_group_associations": list_firewall_rule_group_associations,
}

OVERRIDES = (
    Override(owner=Backend, name="_matched_arn", value=matched_arn),
    *(Override(owner=Response, name=name, value=call) for name, call in _CALLS.items()),
)
