"""Auto Scaling groups: standby takes a moment, leaves the balancers, is replaced, and has limits."""

from typing import Any

from moto.autoscaling.models import (
    AutoScalingBackend,
    EnterStandbyActivity,
    ExitStandbyActivity,
    FakeAutoScalingGroup,
    InstanceState,
)
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.world import World, notes_on, world_of

_update = FakeAutoScalingGroup.update

ON_THE_WAY = {"EnteringStandby": "Standby", "Pending": "InService"}


def _world(state: Any) -> World:
    return world_of(state.instance.ec2_backend)


def lifecycle_state(self: Any) -> str:
    """DescribeAutoScalingInstances `LifecycleState`: on the way, then arrived.

    Source: EC2 Auto Scaling user guide, "Amazon EC2 Auto Scaling instance lifecycle".
    """
    name: str
    name, until = notes_on(self)["lifecycle"]
    arrived = until is None or _world(self).now() >= until
    return ON_THE_WAY.get(name, name) if arrived else name


def set_lifecycle_state(self: Any, name: str) -> None:
    """Set the state; one that is on the way to another gets the time of its arrival."""
    until = _world(self).after(_world(self).delays.standby) if name in ON_THE_WAY else None
    notes_on(self)["lifecycle"] = (name, until)


def find_group(backend: Any, name: str) -> Any:
    """The group of that name. Source: EC2 Auto Scaling API reference, "Common error types": ValidationError."""
    group = backend.autoscaling_groups.get(name)
    if group is None:
        refuse("ValidationError", f"AutoScalingGroup name not found - no such group: {name}")
    return group


def _states(group: Any, ids: list[str], wanted: str) -> list[Any]:
    members = {state.instance.id: state for state in group.instance_states}
    for instance_id in ids:
        if instance_id not in members:
            refuse(
                "ValidationError",
                f"The instance {instance_id} is not part of Auto Scaling group {group.name}.",
            )
        if lifecycle_state(members[instance_id]) != wanted:
            refuse("ValidationError", f"The instance {instance_id} is not in {wanted}.")
    return [members[instance_id] for instance_id in ids]


def _sizes(group: Any) -> str:
    sizes = f"min-size={group.min_size}, max-size={group.max_size}, and desired-size={group.desired_capacity}"
    return f"AutoScalingGroup {group.name} has {sizes}."


def _leave_balancers(backend: Any, group: Any, ids: list[str]) -> None:
    for arn in group.target_group_arns:
        target_group = backend.elbv2_backend.target_groups[arn]
        here = [t for t in target_group.targets.values() if t["Id"] in ids]
        backend.elbv2_backend.deregister_targets(arn, here)
    for name in group.load_balancer_names:
        backend.elb_backend.deregister_instances(name, ids, from_autoscaling=True)


def enter_standby(self: Any) -> ActionResult:
    """EnterStandby: out of the balancers at once; a replacement unless the capacity is decremented.

    Decrementing below the minimum is refused. Source: EC2 Auto Scaling API reference, EnterStandby; user
    guide, "Temporarily remove instances from your Auto Scaling group".
    """
    backend = self.autoscaling_backend
    ids: list[str] = self._get_param("InstanceIds", [])
    group = find_group(backend, self._get_param("AutoScalingGroupName"))
    states, before = _states(group, ids, "InService"), group.desired_capacity
    if self._get_bool_param("ShouldDecrementDesiredCapacity"):
        if before - len(ids) < group.min_size:
            words = f"{_sizes(group)} To place into standby {len(ids)} instance(s), update the sizes of the group."
            refuse("ValidationError", words)
        group.desired_capacity = before - len(ids)
    for state in states:
        state.lifecycle_state = "EnteringStandby"
    _leave_balancers(backend, group, ids)
    group.set_desired_capacity(group.desired_capacity)
    return ActionResult({"Activities": [EnterStandbyActivity(s.instance, before) for s in states]})


def exit_standby(self: Any) -> ActionResult:
    """ExitStandby: the desired capacity rises, and the call is refused above the maximum.

    Source: EC2 Auto Scaling API reference, ExitStandby; user guide, "Temporarily remove instances …".
    """
    backend = self.autoscaling_backend
    ids: list[str] = self._get_param("InstanceIds", [])
    group = find_group(backend, self._get_param("AutoScalingGroupName"))
    states, before = _states(group, ids, "Standby"), group.desired_capacity
    if before + len(ids) > group.max_size:
        words = f"{_sizes(group)} To exit standby with {len(ids)} instance(s), update the sizes of the group."
        refuse("ValidationError", words)
    group.desired_capacity = before + len(ids)
    for state in states:
        state.lifecycle_state = "Pending"
    group.set_desired_capacity(group.desired_capacity)
    return ActionResult({"Activities": [ExitStandbyActivity(s.instance, before) for s in states]})


def active_instances(self: Any) -> list[Any]:
    """What counts against the desired capacity: everything but standby.

    Source: user guide, "Temporarily remove instances …": standby instances are not part of the capacity.
    """
    return [s for s in self.instance_states if lifecycle_state(s) in {"InService", "Pending"}]


def set_desired_capacity(self: Any, new_capacity: int | None) -> None:
    """SetDesiredCapacity: within the sizes; scale-in takes active instances, never one on standby.

    Termination protection does not stop scale-in. Source: EC2 Auto Scaling API reference,
    SetDesiredCapacity; EC2 user guide, "Change instance termination protection".
    """
    wanted = self.min_size if new_capacity is None else int(new_capacity)
    if not (self.min_size or 0) <= wanted <= self.max_size:
        bounds = f"min value {self.min_size} and max value {self.max_size}"
        refuse(
            "ValidationError", f"New SetDesiredCapacity value {wanted} is not between {bounds} for the group."
        )
    self.desired_capacity = wanted
    active = active_instances(self)
    if len(active) < wanted:
        self.replace_autoscaling_group_instances(wanted - len(active), self.get_propagated_tags())
    elif len(active) > wanted:
        spare = [s for s in reversed(active) if not s.protected_from_scale_in][: len(active) - wanted]
        _scale_in(self, spare)
    if self.name in self.autoscaling_backend.autoscaling_groups:
        self.autoscaling_backend.update_attached_elbs(self.name)
        self.autoscaling_backend.update_attached_target_groups(self.name)


def update(
    self: Any, *, desired_capacity: int | None, min_size: int | None, max_size: int | None, **rest: Any
) -> None:
    """UpdateAutoScalingGroup: new sizes pull the desired capacity along; standby does not count.

    Source: EC2 Auto Scaling API reference, UpdateAutoScalingGroup: on `MinSize` and `MaxSize` without
    `DesiredCapacity`.
    """
    low = self.min_size if min_size is None else int(min_size)
    high = self.max_size if max_size is None else int(max_size)
    if low > high:
        refuse("ValidationError", f"Max bound, {high}, must be greater than or equal to min bound, {low}")
    wanted = self.desired_capacity if desired_capacity is None else int(desired_capacity)
    if desired_capacity is None:
        wanted = max(low, min(high, wanted))
    _update(self, desired_capacity=wanted, min_size=min_size, max_size=max_size, **rest)


def _scale_in(group: Any, spare: list[Any]) -> None:
    ids = [state.instance.id for state in spare]
    _leave_balancers(group.autoscaling_backend, group, ids)
    for state in spare:
        state.instance.disable_api_termination = False
    group.autoscaling_backend.ec2_backend.terminate_instances(ids)
    group.instance_states = [s for s in group.instance_states if s not in spare]


def update_attached_target_groups(self: Any, group_name: str) -> None:
    """Attached target groups hold the group's active instances, never one on standby.

    Source: user guide, "Temporarily remove instances …": a standby instance is deregistered.
    """
    group = self.autoscaling_groups[group_name]
    for arn in group.target_group_arns:
        target_group = self.elbv2_backend.target_groups[arn]
        there = {t["Id"] for t in target_group.targets.values()}
        missing = [s.instance.id for s in active_instances(group) if s.instance.id not in there]
        running = [i for i in missing if self.ec2_backend.get_instance(i).state in {"running", "pending"}]
        self.elbv2_backend.register_targets(arn, [{"Id": i, "Port": target_group.port} for i in running])


OVERRIDES = (
    Override(
        owner=InstanceState, name="lifecycle_state", value=property(lifecycle_state, set_lifecycle_state)
    ),
    Override(owner=AutoScalingResponse, name="enter_standby", value=enter_standby),
    Override(owner=AutoScalingResponse, name="exit_standby", value=exit_standby),
    Override(owner=FakeAutoScalingGroup, name="active_instances", value=active_instances),
    Override(owner=FakeAutoScalingGroup, name="set_desired_capacity", value=set_desired_capacity),
    Override(owner=FakeAutoScalingGroup, name="update", value=update),
    Override(
        owner=AutoScalingBackend, name="update_attached_target_groups", value=update_attached_target_groups
    ),
)
