"""Load balancers as they hold an instance: what is registered where, what still drains, and how to change it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.gathering import both, gather

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import TargetDescriptionTypeDef, TargetGroupTypeDef, TargetHealthTypeDef

DRAIN = 300
"""Seconds of the deregistration delay unless it was changed (ELB User Guide, “Deregistration delay”)."""


class Held(StrEnum):
    """How much of a registration is left: in service, draining its connections, or none of it."""

    REGISTERED = "registered"
    DRAINING = "draining"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A target exactly as it is registered; `id` is an instance or an address, `zone` is empty where none is named."""

    group: str
    name: str
    id: str
    port: int
    zone: str
    scaled: bool
    """Whether the instance's Auto Scaling group put it there, and takes it out by itself."""

    @property
    def target(self) -> TargetDescriptionTypeDef:
        """As ELB's API takes it."""
        described: TargetDescriptionTypeDef = {"Id": self.id, "Port": self.port}
        return {**described, "AvailabilityZone": self.zone} if self.zone else described


@dataclass(frozen=True, slots=True, kw_only=True)
class Classic:
    """A classic load balancer that holds the instance; `scaled` as in Registration."""

    name: str
    scaled: bool


async def target_groups(aws: Account) -> list[TargetGroupTypeDef]:
    """Every target group of the region that can hold instances.

    Targets of type `ip` may be registered from other VPCs, so none can be left out.
    """

    def listed() -> list[TargetGroupTypeDef]:
        pages = aws.elbv2.get_paginator("describe_target_groups").paginate()
        return [group for page in pages for group in page["TargetGroups"]]

    return [g for g in await aws.call(listed) if g.get("TargetType", "instance") in ("instance", "ip")]


async def registrations(
    aws: Account, groups: list[TargetGroupTypeDef], mine: frozenset[str], scaling_groups: frozenset[str]
) -> tuple[tuple[Registration, str], ...]:
    """Every target that is one of `mine`, ids and addresses, each with its health as a word.

    `scaling_groups` are the ARNs that the instance's Auto Scaling group is attached to.
    """
    found = await gather(*(_in_group(aws, g, mine, scaling_groups) for g in groups))
    return tuple(
        sorted((pair for pairs in found for pair in pairs), key=lambda p: (p[0].name, p[0].id, p[0].port))
    )


async def _in_group(
    aws: Account, group: TargetGroupTypeDef, mine: frozenset[str], scaling_groups: frozenset[str]
) -> list[tuple[Registration, str]]:
    arn = group.get("TargetGroupArn", "")
    answer = await aws.call(aws.elbv2.describe_target_health, TargetGroupArn=arn)
    pairs: list[tuple[Registration, str]] = []
    for described in answer["TargetHealthDescriptions"]:
        target, health = described.get("Target"), described.get("TargetHealth", {})
        if target is None or _canonical(target["Id"]) not in mine or _held(health) is not Held.REGISTERED:
            continue
        port = target.get("Port", group.get("Port", 0))
        made = Registration(
            group=arn,
            name=group.get("TargetGroupName", ""),
            id=target["Id"],
            port=port,
            zone=target.get("AvailabilityZone", ""),
            scaled=arn in scaling_groups and target["Id"].startswith("i-") and port == group.get("Port"),
        )
        pairs.append((made, health.get("State", "")))
    return pairs


def _canonical(target: str) -> str:
    """IPv6 addresses have several spellings; everything else has one."""
    return str(ipaddress.ip_address(target)) if ":" in target else target


def _held(health: TargetHealthTypeDef) -> Held:
    # `unused` also stands for a registered target of a group that no balancer uses: only the reason tells.
    if health.get("Reason") == "Target.NotRegistered":
        return Held.GONE
    return Held.DRAINING if health.get("State") == "draining" else Held.REGISTERED


async def _healths(aws: Account, registration: Registration) -> tuple[TargetHealthTypeDef, ...]:
    """What ELB says of the target; nothing where it or its group is not there."""
    try:
        answer = await aws.call(
            aws.elbv2.describe_target_health,
            TargetGroupArn=registration.group,
            Targets=[registration.target],
        )
    except AwsRefused as refusal:
        if refusal.code not in ("TargetGroupNotFound", "InvalidTarget"):
            raise
        return ()
    return tuple(d.get("TargetHealth", {}) for d in answer["TargetHealthDescriptions"])


async def held(aws: Account, registration: Registration) -> Held:
    """How much of it is left now; a target group that was deleted holds nothing."""
    return next((_held(h) for h in await _healths(aws, registration)), Held.GONE)


async def health(aws: Account, registration: Registration) -> str:
    """ELB's word for the target's health; empty when it, or its group, is not there or on the way out."""
    told = await _healths(aws, registration)
    return next((str(h.get("State", "")) for h in told if _held(h) is Held.REGISTERED), "")


async def classic_health(aws: Account, balancer: str, instance: str) -> str:
    """A classic balancer's word for the instance's health; empty when it does not hold it."""
    if balancer not in await classics(aws, instance):
        return ""
    answer = await aws.call(
        aws.elb.describe_instance_health,
        LoadBalancerName=balancer,
        Instances=[{"InstanceId": instance}],
    )
    return next((s.get("State", "") for s in answer["InstanceStates"]), "")


async def classics(aws: Account, instance: str) -> tuple[str, ...]:
    """The names of the classic load balancers that hold the instance."""

    def listed() -> list[str]:
        pages = aws.elb.get_paginator("describe_load_balancers").paginate()
        return [
            balancer.get("LoadBalancerName", "")
            for page in pages
            for balancer in page["LoadBalancerDescriptions"]
            if any(i.get("InstanceId") == instance for i in balancer.get("Instances", []))
        ]

    return tuple(sorted(await aws.call(listed)))


async def drain_seconds(aws: Account, groups: Iterable[str], balancers: Iterable[str]) -> int:
    """The longest time for which an open connection may live on after deregistration."""

    async def of_group(arn: str) -> int:
        answer = await aws.call(aws.elbv2.describe_target_group_attributes, TargetGroupArn=arn)
        values = {a.get("Key"): a.get("Value", "") for a in answer["Attributes"]}
        delay = values.get("deregistration_delay.timeout_seconds", "")
        return int(delay) if delay.isdigit() else DRAIN

    async def of_classic(name: str) -> int:
        answer = await aws.call(aws.elb.describe_load_balancer_attributes, LoadBalancerName=name)
        draining = answer["LoadBalancerAttributes"].get("ConnectionDraining", {"Enabled": False})
        return draining.get("Timeout", DRAIN) if draining["Enabled"] else 0

    ours, theirs = await both(
        gather(*(of_group(arn) for arn in sorted(set(groups)))),
        gather(*(of_classic(b) for b in balancers)),
    )
    return max((*ours, *theirs), default=0)


async def deregister(run: Run, registration: Registration) -> None:
    """Take the target out; that it, or its group, is gone already is no error."""

    async def call() -> None:
        try:
            await run.aws.call(
                run.aws.elbv2.deregister_targets,
                TargetGroupArn=registration.group,
                Targets=[registration.target],
            )
        except AwsRefused as refusal:
            if refusal.code not in ("TargetGroupNotFound", "InvalidTarget"):
                raise

    await run.write(f"deregister {registration.id}:{registration.port} from {registration.group}", call)


async def deregister_classic(run: Run, balancer: str, instance: str) -> None:
    """Take the instance out of a classic balancer; that either is gone already is no error."""

    async def call() -> None:
        try:
            await run.aws.call(
                run.aws.elb.deregister_instances_from_load_balancer,
                LoadBalancerName=balancer,
                Instances=[{"InstanceId": instance}],
            )
        except AwsRefused as refusal:
            if refusal.code not in ("LoadBalancerNotFound", "AccessPointNotFound", "InvalidInstance"):
                raise

    await run.write(f"deregister from {balancer}", call)


async def register(run: Run, registration: Registration) -> None:
    """Put the target in, or back exactly as it was; repeating it changes nothing."""

    async def call() -> None:
        await run.aws.call(
            run.aws.elbv2.register_targets, TargetGroupArn=registration.group, Targets=[registration.target]
        )

    await run.write(f"register {registration.id}:{registration.port} in {registration.group}", call)


async def register_classic(run: Run, balancer: str, instance: str) -> None:
    """Put the instance into a classic balancer; repeating it changes nothing."""

    async def call() -> None:
        await run.aws.call(
            run.aws.elb.register_instances_with_load_balancer,
            LoadBalancerName=balancer,
            Instances=[{"InstanceId": instance}],
        )

    await run.write(f"register with {balancer}", call)
