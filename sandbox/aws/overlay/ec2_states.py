"""Stopping and starting: each takes a moment, and only some states allow it."""

from typing import Any

from moto.ec2.models.instances import Instance, InstanceState

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.world import notes_on, world_of

_start, _stop = Instance.start, Instance.stop


def instance_state(self: Any) -> InstanceState:
    """DescribeInstances: the state on the way (`pending`, `stopping`) until the transition is over.

    Source: EC2 user guide, "Amazon EC2 instance state changes".
    """
    until, passing = notes_on(self).get("transition", (None, None))
    over = until is None or world_of(self.ec2_backend).now() >= until
    return self._state if over else passing


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


def _pass_through(instance: Any, name: str, code: int) -> None:
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
        _pass_through(self, "pending", 0)
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
        _pass_through(self, "stopping", 64)
    return before


OVERRIDES = (
    Override(owner=Instance, name="instance_state", value=property(instance_state)),
    Override(owner=Instance, name="state", value=property(state_name)),
    Override(owner=Instance, name="state_code", value=property(state_code)),
    Override(owner=Instance, name="start", value=start),
    Override(owner=Instance, name="stop", value=stop),
)
