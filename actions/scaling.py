"""Auto Scaling as it holds an instance: its lifecycle state, its group's sizes, the way to standby and back."""

from __future__ import annotations

from dataclasses import dataclass

from actions.polling import settled
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import Drift, StepFailed

IN_SERVICE = "InService"
STANDBY = "Standby"
OUT = frozenset({"EnteringStandby", STANDBY})
"""On standby nobody is terminated for failing health checks (User Guide, “Temporarily remove instances”).

AWS says nothing of that for the way there, which can last as long as connections drain; only instances in service
are counted and replaced, so having left InService is taken as enough to go on.
"""
_RETURN = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between looks while a group puts an instance back into service."""


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


async def still_member(aws: Account, instance: str, group: str) -> Member:
    """The instance's membership. Raises Drift when it is not in that group any more."""
    now = await member(aws, instance)
    if now is not None and now.group == group:
        return now
    where = f"is in {now.group}" if now is not None else "is in no Auto Scaling group"
    raise Drift(
        f"Since the plan was made, the instance left {group}: it {where} now.",
        means="It was detached, or it was terminated and another took its place.",
        then="Look at the instance, then make a new plan.",
    )


async def leave(run: Run, instance: str, group: str) -> None:
    """Put the instance on standby, and wait until the group shows it; a replacement is launched.

    Nothing is read first: AWS refuses whom it can't put on standby, and the reason is looked for then. A group
    that answers late must not hold up isolation for ever: after the bound, the proof tells.
    """

    async def look() -> str | None:
        now = await member(run.aws, instance)
        return now.state if now is not None and now.state in OUT else None

    async def enter() -> str:
        try:
            await run.aws.call(
                run.aws.autoscaling.enter_standby,
                InstanceIds=[instance],
                AutoScalingGroupName=group,
                ShouldDecrementDesiredCapacity=False,
            )
        except AwsRefused:
            # It left the group; or it is on its way already, as when the SDK repeats a call after a lost answer.
            now = await still_member(run.aws, instance, group)
            if now.state not in OUT:
                raise
            return now.state
        return "EnteringStandby"

    await run.write(f"standby in {group}", enter, look=look)
    await settled(look, lambda state: state is not None, run.pause)


async def come_back(run: Run, instance: str, group: str, *, raising: bool) -> None:
    """Put the instance back in service; the desired capacity rises by one, and the maximum if it must and may.

    Raises Drift when the maximum is in the way and may not be raised, StepFailed while standby is being entered.
    """

    async def look() -> Member:
        return await still_member(run.aws, instance, group)

    async def back() -> str | None:
        state = (await look()).state
        return None if state in OUT else state

    async def leave_standby() -> str:
        try:
            await run.aws.call(
                run.aws.autoscaling.exit_standby, InstanceIds=[instance], AutoScalingGroupName=group
            )
        except AwsRefused:
            found = await back()
            if found is None:
                raise
            return found
        return "Pending"

    now = await settled(look, lambda m: m.state != "EnteringStandby", run.pause)
    if now.state not in OUT:
        return
    if now.state != STANDBY:
        raise StepFailed(
            f"The instance is still entering standby in {group}.",
            means="Auto Scaling takes it back only from standby, when its connections have drained.",
            then="Retry this step in a few minutes.",
        )
    await _make_room(run, group, raising=raising)
    await run.write(f"back in service in {group}", leave_standby, look=back)
    await settled(look, lambda m: m.state == IN_SERVICE, run.pause, _RETURN)


async def _make_room(run: Run, name: str, *, raising: bool) -> None:
    sizes = await group(run.aws, name)
    if sizes is None or sizes.desired + 1 <= sizes.maximum:
        return
    wanted = sizes.desired + 1
    if not raising:
        raise Drift(
            f"{name} grew to its maximum of {sizes.maximum} since the plan was made.",
            means="There is no room for this instance, and the plan did not say that the maximum would be raised.",
            then=f"Raise the maximum to {wanted} or lower the desired capacity by hand, then retry this step.",
        )

    async def enlarge() -> None:
        change = run.aws.autoscaling.update_auto_scaling_group
        await run.aws.call(change, AutoScalingGroupName=name, MaxSize=wanted)

    await run.write(f"maximum of {name}", enlarge)
