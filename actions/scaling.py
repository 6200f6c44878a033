"""Auto Scaling as it holds an instance: its lifecycle state, its group's sizes, the way to standby and back."""

from __future__ import annotations

from dataclasses import dataclass

from aws.account import Account
from aws.errors import AwsRefused

IN_SERVICE = "InService"
STANDBY = "Standby"
OUT = frozenset({"EnteringStandby", STANDBY})
"""Whoever has left InService is neither replaced for its health nor scaled in; draining comes after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An instance in a group, and its lifecycle state (EC2 Auto Scaling User Guide, “instance lifecycle”)."""

    group: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group's sizes, and the balancers that it keeps its instances registered with."""

    name: str
    desired: int
    maximum: int
    target_groups: frozenset[str] = frozenset()
    balancers: frozenset[str] = frozenset()


async def member(aws: Account, instance: str) -> Member | None:
    """The instance's membership, or None when it is in no group."""
    answer = await aws.call(aws.autoscaling.describe_auto_scaling_instances, InstanceIds=[instance])
    found = answer["AutoScalingInstances"]
    return Member(group=found[0]["AutoScalingGroupName"], state=found[0]["LifecycleState"]) if found else None


async def group(aws: Account, name: str) -> Group | None:
    """The group of that name, or None when it is gone."""
    answer = await aws.call(aws.autoscaling.describe_auto_scaling_groups, AutoScalingGroupNames=[name])
    if not answer["AutoScalingGroups"]:
        return None
    found = answer["AutoScalingGroups"][0]
    sources = {(s.get("Type"), s.get("Identifier", "")) for s in found.get("TrafficSources", [])}
    return Group(
        name=name,
        desired=found["DesiredCapacity"],
        maximum=found["MaxSize"],
        target_groups=frozenset(found.get("TargetGroupARNs", [])) | {i for t, i in sources if t == "elbv2"},
        balancers=frozenset(found.get("LoadBalancerNames", [])) | {i for t, i in sources if t == "elb"},
    )


async def membership(aws: Account, instance: str) -> tuple[Member, Group] | None:
    """The instance's membership and its group, or None when either is missing."""
    mine = await member(aws, instance)
    its = await group(aws, mine.group) if mine is not None else None
    return (mine, its) if mine is not None and its is not None else None


async def enter_standby(aws: Account, instance: str, group: str) -> str:
    """Put it on standby, and answer its state; the group launches a replacement.

    The SDK may repeat the call after a lost answer, and then meets an instance that is on its way already.
    """
    try:
        await aws.call(
            aws.autoscaling.enter_standby,
            InstanceIds=[instance],
            AutoScalingGroupName=group,
            ShouldDecrementDesiredCapacity=False,
        )
    except AwsRefused:
        now = await member(aws, instance)
        if now is None or now.state not in OUT:
            raise
        return now.state
    return "EnteringStandby"


async def exit_standby(aws: Account, instance: str, group: str) -> str:
    """Put it back in service, and answer its state; the group's desired capacity rises by one."""
    try:
        await aws.call(aws.autoscaling.exit_standby, InstanceIds=[instance], AutoScalingGroupName=group)
    except AwsRefused:
        now = await member(aws, instance)
        if now is None or now.state in OUT:
            raise
        return now.state
    return "Pending"
