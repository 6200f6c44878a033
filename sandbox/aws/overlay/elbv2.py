"""Target groups: a target is an id and a port, draining takes its delay, and health follows the facts."""

from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.models import FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from sandbox.aws.overlay.base import Override, groups_of, refuse
from sandbox.aws.rules import allows, rules_of
from sandbox.aws.world import World, world_of

NOT_REGISTERED = ("unused", "Target.NotRegistered", "Target is not registered to the target group")


def _is_address(target_id: str) -> bool:
    try:
        ip_address(target_id)
    except ValueError:
        return False
    return True


def _key(group: Any, target: dict[str, Any]) -> str:
    return f"{target['Id']}:{target.get('Port') or group.port}"


def _world(group: Any) -> World:
    return world_of(group.ec2_backend)


def _check(group: Any, target_id: str) -> None:
    if group.target_type == "ip":
        if not _is_address(target_id):
            refuse("ValidationError", f"The IP address '{target_id}' is not a valid IPv4 address")
        return
    if _is_address(target_id):
        refuse("ValidationError", f"Instance ID '{target_id}' is not valid")
    if group.target_type != "instance":
        return
    instance = group.ec2_backend.get_instance_by_id(target_id)
    if instance is None or instance.vpc_id != group.vpc_id:
        refuse(
            "InvalidTarget",
            f"The target '{target_id}' does not exist or is not in the same VPC as the target group.",
        )
    if instance.state not in {"running", "pending"}:
        refuse(
            "InvalidTarget",
            f"The following targets are not in a running state and cannot be registered: '{target_id}'",
        )


def register(self: Any, targets: list[dict[str, Any]]) -> None:
    """RegisterTargets: an id may be there under several ports; what does not exist or run is refused.

    Source: Elastic Load Balancing API reference, RegisterTargets: InvalidTarget.
    """
    for target in targets:
        _check(self, target["Id"])
    for target in targets:
        key = _key(self, target)
        since = self.targets.get(key, {}).get("since", _world(self).now())
        own = {"Id": target["Id"], "Port": int(target.get("Port") or self.port), "since": since}
        zone = target.get("AvailabilityZone")
        self.targets[key] = own | ({"AvailabilityZone": zone} if zone else {})
        self.deregistered_targets.pop(key, None)


def deregister(self: Any, targets: list[dict[str, Any]]) -> None:
    """DeregisterTargets: a target that is not there is no error; the others drain for the group's delay.

    Source: Elastic Load Balancing API reference, DeregisterTargets; target group attribute
    `deregistration_delay.timeout_seconds`.
    """
    world = _world(self)
    for target in targets:
        gone = self.targets.pop(_key(self, target), None)
        if gone is not None:
            until = world.after(float(self.attributes.get("deregistration_delay.timeout_seconds", 300)))
            self.deregistered_targets[_key(self, target)] = gone | {"until": until}


def deregister_terminated_instances(self: Any, instance_ids: list[str]) -> None:
    """A terminated instance is deregistered by itself. Source: user guide, "Register targets"."""
    deregister(self, [t for t in self.targets.values() if t["Id"] in instance_ids])


def _draining(group: Any) -> dict[str, dict[str, Any]]:
    now: datetime = _world(group).now()
    return {key: t for key, t in group.deregistered_targets.items() if now < t["until"]}


def _interface(group: Any, target_id: str) -> Any:
    for eni in group.ec2_backend.enis.values():
        primary = eni.instance is not None and eni.instance.id == target_id and eni.device_index == 0
        if primary or any(a["PrivateIpAddress"] == target_id for a in eni.private_ip_addresses):
            return eni
    return None


def _reachable(group: Any, target: dict[str, Any], balancers: list[Any]) -> bool:
    eni = _interface(group, target["Id"])
    if eni is None:
        return True
    rules = [rule for own in groups_of(eni) for rule in rules_of(own.ingress_rules)]
    held = [str(group) for balancer in balancers for group in list[Any](balancer.security_groups or [])]
    subnets = [subnet for balancer in balancers for subnet in balancer.subnets]
    # A balancer's node takes an address in each of its subnets; the fifth is the first that AWS leaves free.
    nodes = [str(ip_network(subnet.cidr_block)[4]) for subnet in subnets]
    port = int(target["Port"])
    return any(
        allows(rules, protocol="tcp", port=port, peer=node, peer_groups=frozenset(held)) for node in nodes
    )


def health_of(backend: Any, group: Any, target: dict[str, Any]) -> tuple[str, str | None, str | None]:
    """State, reason and description of one target now. `backend` is moto's ELBv2 backend."""
    key = _key(group, target)
    if key in _draining(group):
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if key not in group.targets:
        return NOT_REGISTERED
    balancers = [b for b in backend.load_balancers.values() if b.arn in group.load_balancer_arns]
    if not balancers:
        return (
            "unused",
            "Target.NotInUse",
            "Target group is not configured to receive traffic from a load balancer",
        )
    instance = group.ec2_backend.get_instance_by_id(target["Id"])
    if instance is not None and instance.state != "running":
        return "unused", "Target.InvalidState", f"Target is in the {instance.state} state"
    since = group.targets[key].get("since")
    if since is not None and (_world(group).now() - since).total_seconds() < _world(group).delays.health:
        return "initial", "Elb.InitialHealthChecking", "Initial health checks in progress"
    if not _reachable(group, group.targets[key], balancers):
        return "unhealthy", "Target.Timeout", "Request timed out"
    return "healthy", None, None


def describe_target_health(self: Any) -> ActionResult:
    """DescribeTargetHealth: healthy, draining, unused and unhealthy, each with its reason.

    Without `Targets` it lists what is registered and what still drains. Source: Elastic Load Balancing API
    reference, DescribeTargetHealth, TargetHealth.
    """
    group = self.elbv2_backend.target_groups.get(self._get_param("TargetGroupArn"))
    if group is None:
        refuse("TargetGroupNotFound", "One or more target groups not found")
    asked: list[dict[str, Any]] = self._get_param("Targets", [])
    listed = [*group.targets.values(), *_draining(group).values()]
    answers: list[dict[str, Any]] = []
    for target in asked or listed:
        state, reason, words = health_of(self.elbv2_backend, group, target)
        port = int(target.get("Port") or group.port)
        description = {"Id": target["Id"], "Port": port}
        if "AvailabilityZone" in target:
            description["AvailabilityZone"] = target["AvailabilityZone"]
        check = group.health_check_port
        answers.append(
            {
                "Target": description,
                "HealthCheckPort": str(port) if check == "traffic-port" else check,
                "TargetHealth": {"State": state, "Reason": reason, "Description": words},
            }
        )
    return ActionResult({"TargetHealthDescriptions": answers})


OVERRIDES = (
    Override(owner=FakeTargetGroup, name="register", value=register),
    Override(owner=FakeTargetGroup, name="deregister", value=deregister),
    Override(
        owner=FakeTargetGroup, name="deregister_terminated_instances", value=deregister_terminated_instances
    ),
    Override(owner=ELBV2Response, name="describe_target_health", value=describe_target_health),
)
