"""Flow-log windows: each emits one record per flow and interface, late by the delivery delay."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from moto.logs.models import logs_backends

from sandbox.aws.traffic import action, fields, flows_of
from sandbox.aws.world import Record, World, world_of

WINDOW: Final = timedelta(seconds=60)


def _covered(backend: Any, flow_log: Any) -> list[Any]:
    return [
        eni
        for eni in backend.enis.values()
        if flow_log.resource_id in {eni.id, eni.subnet.id, eni.subnet.vpc_id}
    ]


def _lines(world: World, eni: Any, traffic_type: str) -> Iterator[dict[str, str]]:
    """What one window says of one interface. Source: Amazon VPC user guide, "Flow log records": log-status."""
    if eni.id in world.skipping:
        yield {"log-status": "SKIPDATA"}
        return
    flows = [fields(eni, flow, action(world, eni, flow)) for flow in flows_of(world, eni)]
    wanted = [line for line in flows if traffic_type in {"ALL", line["action"]}]
    yield from wanted or [{"log-status": "NODATA"}]


def _message(flow_log: Any, fixed: dict[str, str], line: dict[str, str]) -> str:
    known = fixed | line
    names = [token.strip("${}") for token in flow_log.log_format.split()]
    return " ".join(known.get(name, "-") for name in names)


def emit(backend: Any, start: datetime, end: datetime) -> None:
    """Write the window's records, to be delivered once their delay is over."""
    world, stamps = world_of(backend), (int(start.timestamp()), int(end.timestamp()))
    for flow_log in backend.flow_logs.values():
        if flow_log.log_destination_type != "cloud-watch-logs":
            continue
        for eni in _covered(backend, flow_log):
            fixed = {
                "version": "2",
                "account-id": backend.account_id,
                "interface-id": eni.id,
                "instance-id": eni.instance.id if eni.instance else "-",
                "subnet-id": eni.subnet.id,
                "vpc-id": eni.subnet.vpc_id,
                "start": str(stamps[0]),
                "end": str(stamps[1]),
            }
            world.undelivered.extend(
                Record(
                    due=end + timedelta(seconds=world.delays.delivery),
                    group=flow_log.log_group_name,
                    stream=f"{eni.id}-all",
                    timestamp=stamps[0] * 1_000,
                    message=_message(flow_log, fixed, line),
                )
                for line in _lines(world, eni, flow_log.traffic_type)
            )


def deliver(backend: Any) -> None:
    """Put the records that are due into their log streams."""
    world, logs = world_of(backend), logs_backends[backend.account_id][backend.region_name]
    now = world.now()
    due = [record for record in world.undelivered if record.due <= now]
    world.undelivered = [record for record in world.undelivered if record.due > now]
    for record in due:
        if record.group not in logs.groups:
            logs.create_log_group(record.group, {})
        group = logs.groups[record.group]
        if record.stream not in group.streams:
            group.create_log_stream(record.stream)
        group.put_log_events(record.stream, [{"timestamp": record.timestamp, "message": record.message}])


def tick(backend: Any) -> int:
    """Emit every window that has ended by now, deliver what is due; the number of windows emitted."""
    world, count = world_of(backend), 0
    if world.windows_until is None:
        world.windows_until = world.now()
    while world.windows_until + WINDOW <= world.now():
        emit(backend, world.windows_until, world.windows_until + WINDOW)
        world.windows_until += WINDOW
        count += 1
    deliver(backend)
    return count
