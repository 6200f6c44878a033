"""Stopping, starting and terminating: each takes a moment, and only some states allow it."""

from datetime import datetime
from typing import Any

from moto.ec2.models.instances import Instance, InstanceBackend, InstanceState

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.state_changes import tell
from sandbox.aws.world import notes_on, world_of

_start, _stop, _terminate = Instance.start, Instance.stop, Instance.terminate
_terminate_instances = InstanceBackend.terminate_instances


def instance_state(self: Any) -> InstanceState:
    """DescribeInstances: the state on the way (`pending`, `stopping`) until the transition is over.

    Source: EC2 user guide, "Amazon EC2 instance state changes".
    """
    until, passing = notes_on(self).get("transition", (None, None))
    over = until is None or world_of(self.ec2_backend).now() >= until
    return self._state if over else passing


def arrival(instance: Any) -> datetime | None:
    """When its last transition was, or will be, over; None when the box saw none."""
    until: datetime | None = notes_on(instance).get("transition", (None, None))[0]
    return until


def state_name(self: Any) -> str:
    """The name of the state of the moment."""
    return instance_state(self).name


def state_code(self: Any) -> int:
    """The code of the state of the moment."""
    return instance_state(self).code


def _now(instance: Any) -> InstanceState:
    """A copy: moto changes its state object in place."""
    state = instance_state(instance)
    return InstanceState(state.name, state.code)


def pass_through(instance: Any, name: str, code: int) -> None:
    """Let the instance be in that state for as long as the delays say, and then in its own."""
    world = world_of(instance.ec2_backend)
    notes_on(instance)["transition"] = (world.after(world.delays.instance), InstanceState(name, code))


def start(self: Any) -> InstanceState:
    """StartInstances: only a stopped instance starts; it is `pending` for a while.

    Source: EC2 API reference, StartInstances, "Error codes for the EC2 API": IncorrectInstanceState.
    """
    before = _now(self)
    if before.name not in {"stopped", "running", "pending"}:
        refuse(
            "IncorrectInstanceState",
            f"The instance '{self.id}' is not in a state from which it can be started.",
        )
    if before.name == "stopped":
        _start(self)
        pass_through(self, "pending", 0)
        tell(self, "pending", "running")
    return before


def stop(self: Any) -> InstanceState:
    """StopInstances: `stopping` for a while; a terminated instance can't be stopped.

    Source: EC2 API reference, StopInstances, "Error codes for the EC2 API": IncorrectInstanceState.
    """
    before = _now(self)
    if before.name in {"terminated", "shutting-down"}:
        refuse(
            "IncorrectInstanceState",
            f"The instance '{self.id}' is not in a state from which it can be stopped.",
        )
    if before.name in {"running", "pending"}:
        _stop(self)
        pass_through(self, "stopping", 64)
        tell(self, "stopping", "stopped")
    return before


def terminate(self: Any) -> InstanceState:
    """TerminateInstances: `shutting-down` for a while; again on a terminated instance succeeds and does nothing.

    Source: EC2 API reference, TerminateInstances: "If you terminate an instance more than once, each call
    succeeds".
    """
    before = _now(self)
    if before.name not in {"terminated", "shutting-down"}:
        _terminate(self)
        pass_through(self, "shutting-down", 32)
        tell(self, "shutting-down", "terminated")
    return before


def terminate_instances(self: Any, instance_ids: list[str]) -> Any:
    """TerminateInstances: a protected instance is not; stop protection protects from termination too.

    Source: EC2 user guide, "Change instance termination protection", "Enable stop protection for your EC2
    instances": both prevent termination by the API; "Error codes for the EC2 API": OperationNotPermitted.
    """
    for instance in self.get_multi_instances_by_id(instance_ids):
        over = instance.state in {"terminated", "shutting-down"}
        if not over and (instance.disable_api_termination or instance.disable_api_stop):
            refuse(
                "OperationNotPermitted",
                f"The instance '{instance.id}' may not be terminated. Modify its 'disableApiTermination' "
                "instance attribute and try again.",
            )
    return _terminate_instances(self, instance_ids)


OVERRIDES = (
    Override(owner=Instance, name="instance_state", value=property(instance_state)),
    Override(owner=Instance, name="state", value=property(state_name)),
    Override(owner=Instance, name="state_code", value=property(state_code)),
    Override(owner=Instance, name="start", value=start),
    Override(owner=Instance, name="stop", value=stop),
    Override(owner=Instance, name="terminate", value=terminate),
    Override(owner=InstanceBackend, name="terminate_instances", value=terminate_instances),
)
