"""The Auto Scaling group: who is in it, and who stands by."""

from datetime import UTC, datetime

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.operations.balancers import join_all, leave_all
from bench.aws_stand_in.world import Answer, Member, Params, World

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
ARN = f"arn:aws:autoscaling:{names.REGION}:{names.ACCOUNT_ID}:autoScalingGroup:0:autoScalingGroupName/"


def lifecycle(world: World, member: Member) -> str:
    """The member's lifecycle state at this moment."""
    if member.standby_at is None:
        return "InService"
    return "Standby" if world.monotonic() >= member.standby_at else "EnteringStandby"


def shown(world: World, member: Member) -> Answer:
    """A member as both describe calls show it."""
    return {
        "InstanceId": member.instance_id,
        "AvailabilityZone": names.ZONE,
        "LifecycleState": lifecycle(world, member),
        "ProtectedFromScaleIn": False,
    }


def describe_instances(world: World, params: Params) -> Answer:
    """DescribeAutoScalingInstances: an instance in no group is left out, not refused."""
    wanted = params.get("InstanceIds") or list(world.members)
    found = [world.members[instance] for instance in wanted if instance in world.members]
    extra = {"AutoScalingGroupName": names.AUTO_SCALING_GROUP, "HealthStatus": "HEALTHY"}
    return {"AutoScalingInstances": [shown(world, member) | extra for member in found]}


def describe_groups(world: World, params: Params) -> Answer:
    """DescribeAutoScalingGroups."""
    wanted = params.get("AutoScalingGroupNames") or [names.AUTO_SCALING_GROUP]
    if not world.members or names.AUTO_SCALING_GROUP not in wanted:
        return {"AutoScalingGroups": []}
    group = {
        "AutoScalingGroupName": names.AUTO_SCALING_GROUP,
        "AutoScalingGroupARN": ARN + names.AUTO_SCALING_GROUP,
        "MinSize": world.capacity.minimum,
        "MaxSize": world.capacity.maximum,
        "DesiredCapacity": world.capacity.desired,
        "DefaultCooldown": 300,
        "AvailabilityZones": [names.ZONE],
        "HealthCheckType": "ELB",
        "CreatedTime": CREATED,
        "VPCZoneIdentifier": names.SUBNET_ID,
        "LoadBalancerNames": [names.CLASSIC_BALANCER] if world.config.classic_balancer else [],
        "TargetGroupARNs": [names.target_group_arn(n + 1) for n in range(world.config.target_groups)],
        "Instances": [
            shown(world, member) | {"HealthStatus": "Healthy"} for member in world.members.values()
        ],
        "SuspendedProcesses": [],
        "Tags": [],
    }
    return {"AutoScalingGroups": [group]}


def members_named(world: World, params: Params) -> list[Member]:
    """The members that the call is about, or AWS's refusal."""
    if params["AutoScalingGroupName"] != names.AUTO_SCALING_GROUP or not world.members:
        raise Refusal("ValidationError", f"AutoScalingGroup name not found: {params['AutoScalingGroupName']}")
    for instance in params["InstanceIds"]:
        if instance not in world.members:
            raise Refusal("ValidationError", f"The instance {instance} is not part of Auto Scaling group")
    return [world.members[instance] for instance in params["InstanceIds"]]


def enter_standby(world: World, params: Params) -> Answer:
    """EnterStandby: takes the instance out of the balancers; the state is reached after the set delay."""
    members = members_named(world, params)
    for member in members:
        if member.standby_at is not None:
            raise Refusal("ValidationError", f"The instance {member.instance_id} is not in InService.")
    for member in members:
        member.standby_at = world.monotonic() + world.config.standby_delay_ms / 1000
        leave_all(world, member.instance_id)
        if params["ShouldDecrementDesiredCapacity"]:
            world.capacity.desired -= 1
    return {"Activities": [activity(world, member, "to Standby") for member in members]}


def exit_standby(world: World, params: Params) -> Answer:
    """ExitStandby: raises the desired capacity, and is refused above the maximum."""
    members = members_named(world, params)
    for member in members:
        if lifecycle(world, member) != "Standby":
            raise Refusal("ValidationError", f"The instance {member.instance_id} is not in Standby.")
    if world.capacity.desired + len(members) > world.capacity.maximum:
        raise Refusal("ValidationError", "ExitStandby would raise the desired capacity above the maximum.")
    for member in members:
        member.standby_at = None
        world.capacity.desired += 1
        join_all(world, member.instance_id)
    return {"Activities": [activity(world, member, "out of Standby") for member in members]}


def activity(world: World, member: Member, what: str) -> Answer:
    """A scaling activity that is under way."""
    return {
        "ActivityId": world.new_uuid(),
        "AutoScalingGroupName": names.AUTO_SCALING_GROUP,
        "Description": f"Moving EC2 instance {what}: {member.instance_id}",
        "Cause": "asked for by a user",
        "StartTime": world.now(),
        "StatusCode": "InProgress",
        "Progress": 50,
    }


def update_group(world: World, params: Params) -> Answer:
    """UpdateAutoScalingGroup, of which only the sizes are kept."""
    if params["AutoScalingGroupName"] != names.AUTO_SCALING_GROUP or not world.members:
        raise Refusal("ValidationError", f"AutoScalingGroup name not found: {params['AutoScalingGroupName']}")
    capacity = world.capacity
    minimum = params.get("MinSize", capacity.minimum)
    maximum = params.get("MaxSize", capacity.maximum)
    desired = params.get("DesiredCapacity", capacity.desired)
    if not minimum <= desired <= maximum:
        raise Refusal("ValidationError", "Desired capacity must lie between the sizes.")
    capacity.minimum, capacity.maximum, capacity.desired = minimum, maximum, desired
    return {}
