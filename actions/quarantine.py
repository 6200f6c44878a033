"""The two security groups of isolation: one that lets nothing through, one that lets everything through.

A flow that a group allows by a rule for all traffic, both ways, is not tracked; so an interface that passes
through the open group loses its established connections when the deny group replaces it (EC2 User Guide,
“Security group connection tracking”). Names are unique within a VPC, so both are made once and used again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from actions.polling import settled
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import Drift
from playbook.gathering import gather

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionTypeDef, SecurityGroupTypeDef

Rules = frozenset[tuple[str, str, str]]
"""Direction, protocol and address range of each rule; the protocol with its ports where it has some: `tcp:443-443`."""

OPEN_RULES: Rules = frozenset(
    {("in", "-1", "0.0.0.0/0"), ("in", "-1", "::/0"), ("out", "-1", "0.0.0.0/0"), ("out", "-1", "::/0")}
)


_ALWAYS_NEW: Rules = frozenset({("out", "-1", "0.0.0.0/0")})
_NEW: Rules = _ALWAYS_NEW | {("out", "-1", "::/0")}
"""What AWS gives a new group by itself; the second only where the VPC has IPv6."""


def deny_rules(forensics_cidr: str) -> Rules:
    """What the deny group holds: nothing, or all traffic from the forensics range only."""
    return frozenset({("in", "-1", forensics_cidr)}) if forensics_cidr else frozenset()


def open_name() -> str:
    """The open group's name."""
    return "ec2ir-open"


def deny_name(forensics_cidr: str) -> str:
    """The deny group's name: another range makes another group, so that a warm one always has the right rules."""
    suffix = hashlib.sha256(forensics_cidr.encode()).hexdigest()[:8] if forensics_cidr else "all"
    return f"ec2ir-deny-{suffix}"


def permission(rule: tuple[str, str, str]) -> IpPermissionTypeDef:
    """The rule as EC2's API takes it."""
    _, named, cidr = rule
    protocol, _, ports = named.partition(":")
    made: IpPermissionTypeDef = {"IpProtocol": protocol}
    if ports:
        first, _, last = ports.partition("-")
        made |= {"FromPort": int(first), "ToPort": int(last)}
    if ":" in cidr:
        return made | {"Ipv6Ranges": [{"CidrIpv6": cidr}]}
    return made | {"IpRanges": [{"CidrIp": cidr}]}


def rules_of(group: SecurityGroupTypeDef) -> Rules:
    """A described group's rules; a rule of any other shape than ours shows as itself and never compares equal."""
    found: set[tuple[str, str, str]] = set()
    for way, permissions in (
        ("in", group.get("IpPermissions", [])),
        ("out", group.get("IpPermissionsEgress", [])),
    ):
        for p in permissions:
            ports = f"{p.get('FromPort')}-{p.get('ToPort')}" if "FromPort" in p else ""
            protocol = p.get("IpProtocol", "?") + (f":{ports}" if ports else "")
            found |= {(way, protocol, r.get("CidrIp", "")) for r in p.get("IpRanges", [])}
            found |= {(way, protocol, r.get("CidrIpv6", "")) for r in p.get("Ipv6Ranges", [])}
            found |= {(way, protocol, r.get("PrefixListId", "")) for r in p.get("PrefixListIds", [])}
            found |= {(way, protocol, r.get("GroupId", "")) for r in p.get("UserIdGroupPairs", [])}
    return frozenset(found)


async def find(
    aws: Account, vpcs: frozenset[str], names: tuple[str, ...]
) -> dict[tuple[str, str], SecurityGroupTypeDef]:
    """The groups of those names that exist, by VPC and name."""
    answer = await aws.call(
        aws.ec2.describe_security_groups,
        Filters=[
            {"Name": "group-name", "Values": list(names)},
            {"Name": "vpc-id", "Values": sorted(vpcs)},
        ],
    )
    return {(g.get("VpcId", ""), g.get("GroupName", "")): g for g in answer["SecurityGroups"]}


async def ensure(run: Run, vpc: str, name: str, wanted: Rules, found: SecurityGroupTypeDef | None) -> str:
    """The id of the group with exactly these rules, made if it is not there.

    Raises Drift when a group of that name has other rules: somebody tampered with it.
    """
    if found is not None and rules_of(found) == wanted:
        return found.get("GroupId", "")
    if found is not None and not _unfinished(run, found, wanted):
        return await _finished_by_another(run, vpc, name, wanted)
    group = found.get("GroupId", "") if found is not None else await _create(run, vpc, name)
    there, surplus = (_ALWAYS_NEW, _NEW) if found is None else (rules_of(found), rules_of(found))
    await gather(
        *(_add(run, group, name, rule) for rule in sorted(wanted - there)),
        *(_drop(run, group, name, rule) for rule in sorted(surplus - wanted)),
    )
    return group


def _unfinished(run: Run, group: SecurityGroupTypeDef, wanted: Rules) -> bool:
    """Whether this run made the group, was stopped before its rules were complete, and nobody added others."""
    marks = {t.get("Key"): t.get("Value") for t in group.get("Tags", [])}
    ours = all(marks.get(key) == value for key, value in run.tags.items())
    return ours and rules_of(group) <= wanted | _NEW


async def _finished_by_another(run: Run, vpc: str, name: str, wanted: Rules) -> str:
    # A run on another instance of the same VPC may be making the group at this moment; it needs a second for it.
    async def look() -> SecurityGroupTypeDef | None:
        return (await find(run.aws, frozenset({vpc}), (name,))).get((vpc, name))

    group = await settled(
        look, lambda g: g is not None and rules_of(g) == wanted, run.pause, delays=(0.5, 1.0, 2.0)
    )
    if group is not None and rules_of(group) == wanted:
        return group.get("GroupId", "")
    raise Drift(
        f"The security group {name} in {vpc} does not have the rules that ec2ir gave it.",
        means="It would not do what its name says, so no interface was put into it.",
        then="Look at that group: delete or rename it, then retry this step.",
    )


async def _create(run: Run, vpc: str, name: str) -> str:
    aws = run.aws

    async def look() -> str | None:
        group = (await find(aws, frozenset({vpc}), (name,))).get((vpc, name))
        return group.get("GroupId") if group else None

    async def create() -> str:
        tags = [{"Key": k, "Value": v} for k, v in run.tags.items()]
        try:
            made = await aws.call(
                aws.ec2.create_security_group,
                GroupName=name,
                Description="ec2ir quarantine: rules are checked before each use",
                VpcId=vpc,
                TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],  # pyright: ignore[reportArgumentType]
            )
        except AwsRefused as refusal:
            made_meanwhile = await look() if refusal.code == "InvalidGroup.Duplicate" else None
            if made_meanwhile is None:
                raise
            return made_meanwhile
        return made["GroupId"]

    return await run.write(f"create {name} in {vpc}", create, look=look, preparation=True)


async def _add(run: Run, group: str, name: str, rule: tuple[str, str, str]) -> None:
    ec2 = run.aws.ec2

    async def add() -> None:
        try:
            if rule[0] == "in":
                change = ec2.authorize_security_group_ingress
                await run.aws.call(change, GroupId=group, IpPermissions=[permission(rule)])
            else:
                allow = ec2.authorize_security_group_egress
                await run.aws.call(allow, GroupId=group, IpPermissions=[permission(rule)])
        except AwsRefused as refusal:
            if refusal.code != "InvalidPermission.Duplicate":
                raise

    await run.write(f"allow {rule[0]} {rule[2]} in {name} {group}", add, preparation=True)


async def _drop(run: Run, group: str, name: str, rule: tuple[str, str, str]) -> None:
    async def drop() -> None:
        try:
            await run.aws.call(
                run.aws.ec2.revoke_security_group_egress, GroupId=group, IpPermissions=[permission(rule)]
            )
        except AwsRefused as refusal:
            # A VPC without IPv6 gives new groups no ::/0 rule to take away.
            if refusal.code != "InvalidPermission.NotFound":
                raise

    await run.write(f"revoke {rule[0]} {rule[2]} in {name} {group}", drop, preparation=True)
