"""What EC2 tells EventBridge of an instance: the state on the way at once, the other when it arrives there."""

from typing import Any

from sandbox.aws.bus import emit
from sandbox.aws.world import world_of


def tell(instance: Any, passing: str, arrived: str) -> None:
    """Tell that moto's instance is in the passing state now; of the other when the transition is over."""
    backend = instance.ec2_backend
    world = world_of(backend)
    _emit(backend, instance.id, passing)
    world.arrivals[instance.id] = (world.after(world.delays.instance), arrived)
    tell_arrivals(backend)


def tell_arrivals(backend: Any) -> None:
    """Tell of the transitions that are over by now."""
    world = world_of(backend)
    due = {i: state for i, (at, state) in world.arrivals.items() if at <= world.now()}
    for instance, state in due.items():
        del world.arrivals[instance]
        _emit(backend, instance, state)


def _emit(backend: Any, instance: str, state: str) -> None:
    """Source: EC2 user guide, "Automate Amazon EC2 using EventBridge", "State change events for your instances"."""
    account, region = backend.account_id, backend.region_name
    emit(
        account,
        region,
        source="aws.ec2",
        kind="EC2 Instance State-change Notification",
        detail={"instance-id": instance, "state": state},
        resources=[f"arn:aws:ec2:{region}:{account}:instance/{instance}"],
    )
