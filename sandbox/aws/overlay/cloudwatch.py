"""Metrics that AWS itself keeps of an instance: each follows from what the host does, window by window."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult
from moto.ec2.models.instance_types import INSTANCE_TYPES

from sandbox.aws.overlay.base import Override, ec2_of, refuse
from sandbox.aws.overlay.ec2_metadata import history_of
from sandbox.aws.world import world_of

_statistics = CloudWatchResponse.get_metric_statistics

MOST_DATAPOINTS: Final = 1_440

Source = Callable[[Any, Any, datetime, datetime], Mapping[str, float]]
"""Statistics by name of one window: of moto's EC2 backend, an instance, the window's start and end."""


def tokenless_calls(backend: Any, instance: Any, since: datetime, until: datetime) -> Mapping[str, float]:
    """MetadataNoToken: successful calls to the metadata service without a token, none once a token is required.

    Source: EC2 user guide, "CloudWatch metrics that are available for your instances".
    """
    rate, spans = world_of(backend).tokenless.get(instance.id, 0.0), history_of(instance)
    ends = [at for at, _ in spans[1:]] + [until]
    open_for = timedelta()
    for (begin, tokens), end in zip(spans, ends, strict=True):
        if tokens == "optional":
            first = since if begin is None else max(since, begin)
            open_for += max(timedelta(), min(until, end) - first)
    calls = rate * open_for / timedelta(minutes=1)
    return {"Sum": calls, "SampleCount": (until - since) / timedelta(minutes=5)}


def cpu(backend: Any, instance: Any, since: datetime, until: datetime) -> Mapping[str, float]:
    """CPUUtilization: percent of all its vCPUs that its processes take while it runs, none while it does not.

    Source: EC2 user guide, "CloudWatch metrics that are available for your instances". Moto does not know since
    when a stopped host is stopped, nor a running one was; a running one has run since its launch.
    """
    launched = instance.launch_time.replace(tzinfo=instance.launch_time.tzinfo or UTC)
    if instance.state != "running" or until <= max(since, launched):
        return {}
    host = world_of(backend).hosts.get(instance.id)
    busy = sum(p.cpu for p in host.processes) if host else 0.0
    percent = min(100.0, busy / vcpus(instance.instance_type))
    return {"Average": percent, "Maximum": percent, "Minimum": percent}


def vcpus(kind: str) -> int:
    """The vCPUs of an instance type. Source: EC2 instance types guide; moto keeps its data."""
    return int(INSTANCE_TYPES.get(kind, {}).get("VCpuInfo", {}).get("DefaultVCpus", 2))


SOURCES: Final[Mapping[tuple[str, str], tuple[str, Source]]] = {
    ("AWS/EC2", "MetadataNoToken"): ("Count", tokenless_calls),
    ("AWS/EC2", "CPUUtilization"): ("Percent", cpu),
}
"""Unit and source by namespace and name."""


def _moment(value: Any) -> datetime:
    made = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


def get_metric_statistics(self: Any) -> ActionResult:
    """GetMetricStatistics of what AWS keeps: a datapoint for each window that has begun, at most 1,440 of them.

    An instance that is not there has none. Source: CloudWatch API reference, GetMetricStatistics.
    """
    named = self._get_param("Namespace"), self._get_param("MetricName")
    if named not in SOURCES:
        return _statistics(self)
    unit, source = SOURCES[named]
    backend = ec2_of(self.current_account, self.region)
    start, end = _moment(self._get_param("StartTime")), _moment(self._get_param("EndTime"))
    seconds = self._get_int_param("Period")
    if start >= end:
        refuse("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
    if seconds < 60 or seconds % 60:
        refuse("InvalidParameterValue", "The parameter Period must be a multiple of 60.")
    if (end - start) / timedelta(seconds=seconds) > MOST_DATAPOINTS:
        words = f"You have requested up to {(end - start) // timedelta(seconds=seconds)} datapoints, which exceeds"
        refuse("InvalidParameterCombination", f"{words} the limit of {MOST_DATAPOINTS}.")
    about = {d["Name"]: d["Value"] for d in self._get_param("Dimensions", [])}
    instance = backend.get_instance_by_id(about.get("InstanceId"))
    last = min(end, world_of(backend).now())
    points: list[dict[str, Any]] = []
    while instance is not None and start < last:
        until = min(start + timedelta(seconds=seconds), last)
        values = source(backend, instance, start, until)
        wanted = {k: v for k, v in values.items() if k in self._get_param("Statistics", [])}
        points.append({"Timestamp": start, "Unit": unit, **wanted})
        start += timedelta(seconds=seconds)
    return ActionResult({"Label": named[1], "Datapoints": points})


OVERRIDES = (Override(owner=CloudWatchResponse, name="get_metric_statistics", value=get_metric_statistics),)
