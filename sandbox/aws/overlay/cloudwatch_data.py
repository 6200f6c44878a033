"""GetMetricData of what AWS itself keeps of an instance; whatever programs sent is moto's to answer."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sandbox.aws.overlay.base import Override, ec2_of, refuse
from sandbox.aws.overlay.cloudwatch import SOURCES
from sandbox.aws.world import world_of

_data = CloudWatchResponse.get_metric_data
MOST: Final = 500


def _values(
    backend: Any, query: dict[str, Any], start: datetime, end: datetime
) -> Iterable[tuple[datetime, float]]:
    stat = query["MetricStat"]
    metric, width = stat["Metric"], timedelta(seconds=int(stat["Period"]))
    _, source = SOURCES[metric["Namespace"], metric["MetricName"]]
    about = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
    instance = backend.get_instance_by_id(about.get("InstanceId"))
    last = min(end, world_of(backend).now())
    while instance is not None and start < last:
        until = min(start + width, last)
        values = source(backend, instance, start, until)
        if stat["Stat"] in values:
            yield start, values[stat["Stat"]]
        start += width


def _ours(query: dict[str, Any]) -> bool:
    metric = query.get("MetricStat", {}).get("Metric", {})
    return (metric.get("Namespace"), metric.get("MetricName")) in SOURCES


def get_metric_data(self: Any) -> ActionResult:
    """GetMetricData: at most 500 queries; each answers its datapoints, none for an instance that is not there.

    Source: CloudWatch API reference, GetMetricData: ValidationError; `ScanBy` TimestampDescending by default.
    """
    queries = list[dict[str, Any]](self._get_param("MetricDataQueries") or [])
    if len(queries) > MOST:
        refuse(
            "ValidationError", f"The collection MetricDataQueries must not have a size greater than {MOST}."
        )
    if not queries or not all(_ours(q) for q in queries):
        return _data(self)
    start, end = (_moment(self._get_param(name)) for name in ("StartTime", "EndTime"))
    if start >= end:
        refuse("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    backend = ec2_of(self.current_account, self.region)
    oldest_first = self._get_param("ScanBy") == "TimestampAscending"
    rows: list[dict[str, Any]] = []
    for query in queries:
        found = sorted(_values(backend, query, start, end), reverse=not oldest_first)
        rows.append(
            {
                "Id": query["Id"],
                "Label": query.get("Label") or query["MetricStat"]["Metric"]["MetricName"],
                "Timestamps": [at for at, _ in found],
                "Values": [value for _, value in found],
                "StatusCode": "Complete",
            }
        )
    return ActionResult({"MetricDataResults": rows})


def _moment(value: Any) -> datetime:
    made = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


OVERRIDES = (Override(owner=CloudWatchResponse, name="get_metric_data", value=get_metric_data),)
