"""CloudWatch's metrics of instances, as checks read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from aws.account import Account

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

METRICS = frozenset({"cloudwatch:GetMetricData"})
AT_ONCE = 500
"""Queries of one call (CloudWatch API reference, GetMetricData)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of each instance: a metric of AWS/EC2, how it is put together, and over which seconds."""

    metric: str
    statistic: str
    period: int


async def of_instances(
    aws: Account, instances: Sequence[str], asked: Asked, since: datetime, until: datetime
) -> dict[str, tuple[float, ...]]:
    """The values of each instance, oldest first; an empty row where CloudWatch has none."""

    def query(at: int, instance: str) -> MetricDataQueryTypeDef:
        return {
            "Id": f"m{at}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/EC2",
                    "MetricName": asked.metric,
                    "Dimensions": [{"Name": "InstanceId", "Value": instance}],
                },
                "Period": asked.period,
                "Stat": asked.statistic,
            },
        }

    def listed() -> dict[str, tuple[float, ...]]:
        values: dict[str, list[float]] = {i: [] for i in instances}
        for start in range(0, len(instances), AT_ONCE):
            part = instances[start : start + AT_ONCE]
            pages = aws.cloudwatch.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[query(at, i) for at, i in enumerate(part)],
                StartTime=since,
                EndTime=until,
                ScanBy="TimestampAscending",
            )
            for page in pages:
                for row in page["MetricDataResults"]:
                    values[part[int(row.get("Id", "m0")[1:])]] += row.get("Values", [])
        return {i: tuple(v) for i, v in values.items()}

    return await aws.call(listed)
