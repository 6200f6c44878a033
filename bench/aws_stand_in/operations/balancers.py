"""Load balancers: target groups of instances, and one classic balancer."""

from collections.abc import Iterable

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.world import Answer, Params, Registration, World


def drain(world: World, instance_id: str, arn: str | None = None, port: int | None = None) -> None:
    """Take the instance out of one target group or of all."""
    for registration in world.registrations:
        wanted = arn in (None, registration.arn) and port in (None, registration.port)
        if registration.instance_id == instance_id and registration.drained_at is None and wanted:
            registration.drained_at = world.monotonic() + world.config.drain_ms / 1000


def leave_all(world: World, instance_id: str) -> None:
    """Take the instance out of every target group and the classic balancer, as its Auto Scaling group does."""
    drain(world, instance_id)
    world.classic = [instance for instance in world.classic if instance != instance_id]


def join_all(world: World, instance_id: str) -> None:
    """Put the instance back into all of them."""
    enlist(world, instance_id)
    if world.config.classic_balancer and instance_id not in world.classic:
        world.classic.append(instance_id)


def enlist(world: World, instance_id: str, arn: str | None = None, port: int | None = None) -> None:
    """Put the instance into one target group or into all."""
    arns = (
        [names.target_group_arn(n + 1) for n in range(world.config.target_groups)] if arn is None else [arn]
    )
    wanted = {(group, instance_id, port or 80) for group in arns}
    world.registrations = [r for r in world.registrations if (r.arn, r.instance_id, r.port) not in wanted]
    world.registrations += [Registration(arn=a, instance_id=i, port=p) for a, i, p in sorted(wanted)]


def group_named(world: World, params: Params) -> str:
    """The ARN of the target group that the call is about, or AWS's refusal."""
    arn = str(params["TargetGroupArn"])
    if arn not in known_groups(world):
        raise Refusal("TargetGroupNotFound", "One or more target groups not found")
    return arn


def known_groups(world: World) -> list[str]:
    """The ARNs of all target groups."""
    return [names.target_group_arn(n + 1) for n in range(world.config.target_groups)]


def describe_target_groups(world: World, params: Params) -> Answer:
    """DescribeTargetGroups."""
    known = known_groups(world)
    wanted = params.get("TargetGroupArns") or known
    if not set(wanted) <= set(known):
        raise Refusal("TargetGroupNotFound", "One or more target groups not found")
    return {"TargetGroups": [target_group(arn) for arn in wanted]}


def target_group(arn: str) -> Answer:
    """A target group as DescribeTargetGroups shows it."""
    balancer = f"arn:aws:elasticloadbalancing:{names.REGION}:{names.ACCOUNT_ID}:loadbalancer/app/storefront/1"
    return {
        "TargetGroupArn": arn,
        "TargetGroupName": arn.split("/")[1],
        "TargetType": "instance",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": names.VPC_ID,
        "LoadBalancerArns": [balancer],
    }


def describe_target_group_attributes(world: World, params: Params) -> Answer:
    """DescribeTargetGroupAttributes, of which only the deregistration delay is kept."""
    group_named(world, params)
    seconds = str(round(world.config.drain_ms / 1000))
    return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": seconds}]}


def describe_target_health(world: World, params: Params) -> Answer:
    """DescribeTargetHealth: a drained target is shown until its delay is over."""
    arn = group_named(world, params)
    now = world.monotonic()
    wanted = {target["Id"] for target in params.get("Targets") or ()}
    found = [
        one_target(registration)
        for registration in world.registrations
        if registration.arn == arn
        and (registration.drained_at is None or registration.drained_at > now)
        and (not wanted or registration.instance_id in wanted)
    ]
    missing = sorted(wanted - {target["Target"]["Id"] for target in found})
    return {"TargetHealthDescriptions": [*found, *map(unregistered, missing)]}


def one_target(registration: Registration) -> Answer:
    """A registered target with its health."""
    target = {"Id": registration.instance_id, "Port": registration.port}
    health = {"State": "healthy"}
    if registration.drained_at is not None:
        health = {"State": "draining", "Reason": "Target.DeregistrationInProgress"}
    return {"Target": target, "HealthCheckPort": "80", "TargetHealth": health}


def unregistered(instance_id: str) -> Answer:
    """How a target that was asked for by id, but is not registered, is shown."""
    health = {"State": "unused", "Reason": "Target.NotRegistered"}
    return {"Target": {"Id": instance_id, "Port": 80}, "HealthCheckPort": "80", "TargetHealth": health}


def deregister_targets(world: World, params: Params) -> Answer:
    """DeregisterTargets."""
    arn = group_named(world, params)
    for target in params["Targets"]:
        drain(world, target["Id"], arn, target.get("Port"))
    return {}


def register_targets(world: World, params: Params) -> Answer:
    """RegisterTargets."""
    arn = group_named(world, params)
    for target in params["Targets"]:
        if target["Id"] not in world.instances:
            raise Refusal("InvalidTarget", f"The following targets are not valid: '{target['Id']}'")
        enlist(world, target["Id"], arn, target.get("Port"))
    return {}


def describe_classic(world: World, params: Params) -> Answer:
    """DescribeLoadBalancers of the classic kind."""
    wanted = params.get("LoadBalancerNames") or [names.CLASSIC_BALANCER]
    if not world.config.classic_balancer:
        return {"LoadBalancerDescriptions": []}
    balancer = {
        "LoadBalancerName": names.CLASSIC_BALANCER,
        "VPCId": names.VPC_ID,
        "Scheme": "internet-facing",
        "AvailabilityZones": [names.ZONE],
        "Instances": listed(world.classic),
    }
    return {"LoadBalancerDescriptions": [balancer] if names.CLASSIC_BALANCER in wanted else []}


def describe_classic_attributes(world: World, params: Params) -> Answer:
    """DescribeLoadBalancerAttributes, of which only the connection draining is kept."""
    check_classic(world, params)
    draining = {"Enabled": True, "Timeout": round(world.config.drain_ms / 1000)}
    return {"LoadBalancerAttributes": {"ConnectionDraining": draining}}


def listed(instances: Iterable[str]) -> list[Answer]:
    """Instances as a classic balancer lists them."""
    return [{"InstanceId": instance} for instance in instances]


def check_classic(world: World, params: Params) -> None:
    """Refuse a balancer that does not exist."""
    if not world.config.classic_balancer or params["LoadBalancerName"] != names.CLASSIC_BALANCER:
        raise Refusal(
            "LoadBalancerNotFound", f"There is no ACTIVE Load Balancer '{params['LoadBalancerName']}'"
        )


def classic_named(world: World, params: Params) -> list[str]:
    """The instances that the call names."""
    check_classic(world, params)
    return [instance["InstanceId"] for instance in params["Instances"]]


def deregister_classic(world: World, params: Params) -> Answer:
    """DeregisterInstancesFromLoadBalancer."""
    gone = classic_named(world, params)
    world.classic = [instance for instance in world.classic if instance not in gone]
    return {"Instances": listed(world.classic)}


def register_classic(world: World, params: Params) -> Answer:
    """RegisterInstancesWithLoadBalancer."""
    added = classic_named(world, params)
    world.classic += [instance for instance in added if instance not in world.classic]
    return {"Instances": listed(world.classic)}
