"""What AWS says about an instance when an incident opens: read at once, and never a reason to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import StepFailed, Unreachable
from playbook.gathering import gather
from playbook.incident import InstanceFacts

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        InstanceNetworkInterfaceTypeDef,
        InstanceTypeDef,
        IpPermissionOutputTypeDef,
    )
    from mypy_boto3_elbv2.type_defs import TargetGroupTypeDef

T = TypeVar("T")

PERMISSIONS = frozenset(
    {
        "autoscaling:DescribeAutoScalingInstances",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "iam:GetInstanceProfile",
    }
)
"""The IAM actions of every call that is made here."""

_WORLD = frozenset({"0.0.0.0/0", "::/0"})
_GONE = frozenset({"shutting-down", "terminated"})


async def facts(aws: Account, instance: str) -> InstanceFacts:
    """What is known of the instance; what could not be read is left empty.

    When the instance itself can't be read, `seen` is false and `problem` says why.
    """
    (found, problem), group, groups, classics = await asyncio.gather(
        _instance(aws, instance),
        _or(_autoscaling_group(aws, instance), ""),
        _or(_target_groups(aws), ()),
        _or(_classics(aws, instance), ()),
    )
    if found is None:
        return InstanceFacts(
            account=aws.id, region=aws.region, instance=instance, seen=False, problem=problem
        )
    profile = found.get("IamInstanceProfile", {}).get("Arn", "")
    exposed, role, shared, behind = await asyncio.gather(
        _or(_exposed(aws, found), ()),
        _or(_role(aws, profile), ""),
        _or(_others_with(aws, profile, instance), 0),
        _behind(aws, found, groups),
    )
    tags = {t.get("Key", ""): t.get("Value", "") for t in found.get("Tags", [])}
    return InstanceFacts(
        account=aws.id,
        region=aws.region,
        instance=instance,
        name=tags.get("Name", ""),
        state=found.get("State", {}).get("Name", ""),
        instance_type=found.get("InstanceType", ""),
        image=found.get("ImageId", ""),
        vpc=found.get("VpcId", ""),
        environment=aws.policy.environment.classify(tags),
        owner=next((v for k, v in tags.items() if k.casefold() == "owner"), ""),
        public_ips=_public(found),
        private_ips=_private(found),
        exposed=exposed,
        role=role,
        role_shared_by=shared,
        autoscaling_group=group,
        target_groups=tuple(sorted(behind)),
        ports=behind,
        classics=classics,
        subnet=found.get("SubnetId", ""),
        groups={n.get("NetworkInterfaceId", ""): _groups(n) for n in found.get("NetworkInterfaces", [])},
        profile=found.get("IamInstanceProfile", {}).get("Arn", ""),
        key_pair=found.get("KeyName", ""),
        launched=found.get("LaunchTime"),
        tags=tags,
    )


async def _or(read: Coroutine[Any, Any, T], otherwise: T) -> T:
    """What `read` answers, or the other thing where AWS refuses or does not answer."""
    try:
        return await read
    except (StepFailed, Unreachable):
        return otherwise


async def _instance(aws: Account, instance: str) -> tuple[InstanceTypeDef | None, str]:
    where = f"account {aws.id}, {aws.region}"
    try:
        answer = await aws.call(aws.ec2.describe_instances, InstanceIds=[instance])
    except AwsRefused as refusal:
        if refusal.code.startswith("InvalidInstanceID"):
            return None, f"{instance} is not in {where}: it is gone, or lives in another account or region."
        return None, f"{instance} could not be looked at in {where}. {refusal}"
    except Unreachable as trouble:
        return None, f"{instance} could not be looked at in {where}. {trouble}"
    found = next((i for r in answer["Reservations"] for i in r.get("Instances", [])), None)
    return found, "" if found else f"{instance} is not in {where}: it is gone."


def _groups(interface: InstanceNetworkInterfaceTypeDef) -> tuple[str, ...]:
    return tuple(group.get("GroupId", "") for group in interface.get("Groups", []))


def _public(instance: InstanceTypeDef) -> tuple[str, ...]:
    """Public IPv4 addresses of every interface, and IPv6 addresses, which are public by nature."""
    every = instance.get("NetworkInterfaces", [])
    four = {
        p.get("Association", {}).get("PublicIp", "") for n in every for p in n.get("PrivateIpAddresses", [])
    }
    six = {a.get("Ipv6Address", "") for n in every for a in n.get("Ipv6Addresses", [])}
    return tuple(sorted((four | {instance.get("PublicIpAddress", "")}) - {""})) + tuple(sorted(six - {""}))


def _private(instance: InstanceTypeDef) -> tuple[str, ...]:
    every = instance.get("NetworkInterfaces", [])
    found = {p.get("PrivateIpAddress", "") for n in every for p in n.get("PrivateIpAddresses", [])}
    return tuple(sorted(found - {""}))


async def _exposed(aws: Account, instance: InstanceTypeDef) -> tuple[str, ...]:
    """The ports that some security group of some interface opens to the world."""
    every = {g.get("GroupId", "") for n in instance.get("NetworkInterfaces", []) for g in n.get("Groups", [])}
    if not every:
        return ()
    answer = await aws.call(aws.ec2.describe_security_groups, GroupIds=sorted(every))
    open_ = {_ports(p) for g in answer["SecurityGroups"] for p in g.get("IpPermissions", []) if _to_world(p)}
    return tuple(label for _, label in sorted(open_))


def _to_world(permission: IpPermissionOutputTypeDef) -> bool:
    ranges = {r.get("CidrIp", "") for r in permission.get("IpRanges", [])}
    return bool(_WORLD & (ranges | {r.get("CidrIpv6", "") for r in permission.get("Ipv6Ranges", [])}))


def _ports(permission: IpPermissionOutputTypeDef) -> tuple[int, str]:
    """A rule's first port, and its ports as people write them: `22`, `8000-8080`, `53/udp`, `all`."""
    protocol = permission.get("IpProtocol", "-1")
    if protocol == "-1":
        return -1, "all"
    first, last = permission.get("FromPort", -1), permission.get("ToPort", -1)
    if protocol not in ("tcp", "udp") or first < 0:
        return first, protocol
    ports = f"{first}" if first == last else f"{first}-{last}"
    return first, ports if protocol == "tcp" else f"{ports}/{protocol}"


async def _role(aws: Account, profile: str) -> str:
    """The name of the role in an instance profile; the two names need not be the same, and both may have paths."""
    if not profile:
        return ""
    name = profile.rpartition("/")[2]
    answer = await aws.call(aws.iam.get_instance_profile, InstanceProfileName=name)
    return next((r.get("RoleName", "") for r in answer["InstanceProfile"].get("Roles", [])), "")


async def _others_with(aws: Account, profile: str, instance: str) -> int:
    """How many other instances of this region have the same profile, and with it the role."""
    if not profile:
        return 0

    def read() -> set[str]:
        pages = aws.ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "iam-instance-profile.arn", "Values": [profile]}]
        )
        every = (i for page in pages for r in page["Reservations"] for i in r.get("Instances", []))
        return {i.get("InstanceId", "") for i in every if i.get("State", {}).get("Name") not in _GONE}

    return len(await aws.call(read) - {instance})


async def _autoscaling_group(aws: Account, instance: str) -> str:
    answer = await aws.call(aws.autoscaling.describe_auto_scaling_instances, InstanceIds=[instance])
    return next((i.get("AutoScalingGroupName", "") for i in answer["AutoScalingInstances"]), "")


async def _target_groups(aws: Account) -> tuple[TargetGroupTypeDef, ...]:
    def read() -> tuple[TargetGroupTypeDef, ...]:
        pages = aws.elbv2.get_paginator("describe_target_groups").paginate()
        return tuple(g for page in pages for g in page["TargetGroups"])

    return await aws.call(read)


async def _behind(
    aws: Account, instance: InstanceTypeDef, groups: Iterable[TargetGroupTypeDef]
) -> dict[str, tuple[int, ...]]:
    """The target groups of its VPC in which it, or one of its addresses, is registered, and under which ports."""
    here = [g for g in groups if g.get("VpcId") == instance.get("VpcId")]
    ids = {instance.get("InstanceId", ""), *_private(instance)}
    found = await gather(*(_or(_ports_in(aws, g.get("TargetGroupArn", ""), ids), None) for g in here))
    return {g.get("TargetGroupName", ""): ports for g, ports in zip(here, found, strict=True) if ports}


async def _ports_in(aws: Account, group: str, ids: set[str]) -> tuple[int, ...]:
    answer = await aws.call(aws.elbv2.describe_target_health, TargetGroupArn=group)
    targets = (d.get("Target", {"Id": ""}) for d in answer["TargetHealthDescriptions"])
    return tuple(sorted(t.get("Port", 0) for t in targets if t["Id"] in ids))


async def _classics(aws: Account, instance: str) -> tuple[str, ...]:
    def read() -> tuple[str, ...]:
        pages = aws.elb.get_paginator("describe_load_balancers").paginate()
        every = (b for page in pages for b in page["LoadBalancerDescriptions"])
        return tuple(
            sorted(
                b.get("LoadBalancerName", "")
                for b in every
                if any(i.get("InstanceId") == instance for i in b.get("Instances", []))
            )
        )

    return await aws.call(read)
