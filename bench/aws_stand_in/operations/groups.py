"""EC2 security groups."""

from collections.abc import Mapping
from typing import Any

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.filters import Facts, chosen, select, tag_facts, tag_list
from bench.aws_stand_in.operations.tags import specified
from bench.aws_stand_in.rules import PEERS, permissions_of, rules_of
from bench.aws_stand_in.world import Answer, Params, Rule, SecurityGroup, World

NOT_FOUND = "InvalidGroup.NotFound"
ANYWHERE = Rule("-1", None, None, "IpRanges", "0.0.0.0/0")
ANYWHERE_V6 = Rule("-1", None, None, "Ipv6Ranges", "::/0")
ALL_PORTS = {"FromPort": -1, "ToPort": -1}
RULE_KEYS = {"IpRanges": "CidrIpv4", "Ipv6Ranges": "CidrIpv6", "PrefixListIds": "PrefixListId"}


def describe(world: World, params: Params) -> Answer:
    """DescribeSecurityGroups."""

    def facts(group: SecurityGroup) -> Facts:
        return {
            "group-name": (group.name,),
            "group-id": (group.id,),
            "vpc-id": (names.VPC_ID,),
            "description": (group.description,),
            **tag_facts(world.tags.get(group.id, {})),
        }

    found = select(chosen(world.groups, params.get("GroupIds"), NOT_FOUND), params, facts)
    return {"SecurityGroups": [one(world, group) for group in found]}


def one(world: World, group: SecurityGroup) -> Answer:
    """A group as DescribeSecurityGroups shows it."""
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": names.ACCOUNT_ID,
        "VpcId": names.VPC_ID,
        "IpPermissions": permissions_of(group.ingress),
        "IpPermissionsEgress": permissions_of(group.egress),
        "Tags": tag_list(world.tags.get(group.id, {})),
    }


def create(world: World, params: Params) -> Answer:
    """CreateSecurityGroup: all egress is open, over IPv6 too in a dual-stack VPC."""
    name = params["GroupName"]
    if any(group.name == name for group in world.groups.values()):
        message = f"The security group '{name}' already exists for VPC '{names.VPC_ID}'"
        raise Refusal("InvalidGroup.Duplicate", message)
    group = SecurityGroup(id=world.new_id("sg"), name=name, description=params["Description"])
    group.egress[ANYWHERE] = world.new_id("sgr")
    if world.config.dual_stack:
        group.egress[ANYWHERE_V6] = world.new_id("sgr")
    world.groups[group.id] = group
    world.tags[group.id] = specified(params)
    return {"GroupId": group.id, "Tags": tag_list(world.tags[group.id])}


def authorize_ingress(world: World, params: Params) -> Answer:
    """AuthorizeSecurityGroupIngress."""
    group = named(world, params)
    return authorize(world, group, group.ingress, params, egress=False)


def authorize_egress(world: World, params: Params) -> Answer:
    """AuthorizeSecurityGroupEgress."""
    group = named(world, params)
    return authorize(world, group, group.egress, params, egress=True)


def revoke_ingress(world: World, params: Params) -> Answer:
    """RevokeSecurityGroupIngress."""
    return revoke(named(world, params).ingress, params)


def revoke_egress(world: World, params: Params) -> Answer:
    """RevokeSecurityGroupEgress."""
    return revoke(named(world, params).egress, params)


def named(world: World, params: Params) -> SecurityGroup:
    """The group that the call is about."""
    return chosen(world.groups, [params["GroupId"]], NOT_FOUND)[0]


def asked(params: Params) -> list[Rule]:
    """The rules in the call: in IpPermissions, or the older single-rule parameters."""
    permissions: list[Mapping[str, Any]] = list(params.get("IpPermissions") or ())
    if "CidrIp" in params:
        permissions.append(params | {"IpRanges": [{"CidrIp": params["CidrIp"]}]})
    return list(rules_of(permissions))


def authorize(
    world: World, group: SecurityGroup, rules: dict[Rule, str], params: Params, *, egress: bool
) -> Answer:
    """Add rules; one that is there already refuses the whole call."""
    wanted = asked(params)
    if not wanted:
        raise Refusal("MissingParameter", "Either 'ipPermissions' or a rule must be given")
    for rule in wanted:
        if rule in rules:
            message = f'the specified rule "peer: {rule.peer}, {rule.protocol}" already exists'
            raise Refusal("InvalidPermission.Duplicate", message)
    for rule in wanted:
        rules[rule] = world.new_id("sgr")
    shown = [one_rule(group, rule, rules[rule], egress=egress) for rule in wanted]
    return {"Return": True, "SecurityGroupRules": shown}


def one_rule(group: SecurityGroup, rule: Rule, rule_id: str, *, egress: bool) -> Answer:
    """A rule as the authorize calls show it."""
    peer: Answer = (
        {"ReferencedGroupInfo": {"GroupId": rule.peer}}
        if rule.kind == PEERS[-1][0]
        else {RULE_KEYS[rule.kind]: rule.peer}
    )
    ports = ALL_PORTS if rule.from_port is None else {"FromPort": rule.from_port, "ToPort": rule.to_port}
    return {
        "SecurityGroupRuleId": rule_id,
        "GroupId": group.id,
        "GroupOwnerId": names.ACCOUNT_ID,
        "IsEgress": egress,
        "IpProtocol": rule.protocol,
        **ports,
        **peer,
    }


def revoke(rules: dict[Rule, str], params: Params) -> Answer:
    """Remove rules by value or by id; one that is not there refuses the whole call."""
    by_id = {rule_id: rule for rule, rule_id in rules.items()}
    gone = asked(params)
    for rule_id in params.get("SecurityGroupRuleIds") or ():
        if rule_id not in by_id:
            raise Refusal("InvalidSecurityGroupRuleId.NotFound", f"The rule '{rule_id}' does not exist")
        gone.append(by_id[rule_id])
    for rule in gone:
        if rule not in rules:
            raise Refusal("InvalidPermission.NotFound", "The specified rule does not exist in this group.")
    for rule in gone:
        del rules[rule]
    return {"Return": True}
