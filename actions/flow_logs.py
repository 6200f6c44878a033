"""Flow logs as proof: what passed an interface since a moment, where AWS delivered records that say so.

Only logs of accepted traffic in CloudWatch Logs are read. Records with log-status OK or NODATA count; a window
without records, or with SKIPDATA, proves nothing (VPC User Guide, “Flow log records”).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aws.account import Account

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef

_DEFAULT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)
_FIELD = re.compile(r"\$\{([a-z0-9-]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One flow-log record; `action` is ACCEPT, REJECT or `-`; `status` is OK, NODATA or SKIPDATA."""

    interface: str
    start: datetime
    status: str
    action: str
    source: str
    destination: str
    port: str


async def logs_on(aws: Account, resources: Iterable[str]) -> tuple[FlowLogTypeDef, ...]:
    """Active flow logs on these interfaces, subnets or VPCs whose records can be read here."""
    answer = await aws.call(
        aws.ec2.describe_flow_logs, Filters=[{"Name": "resource-id", "Values": sorted(set(resources))}]
    )
    return tuple(
        log
        for log in answer["FlowLogs"]
        if log.get("LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs"
        and log.get("TrafficType") != "REJECT"
        and log.get("FlowLogStatus") == "ACTIVE"
        and log.get("LogGroupName")
    )


async def records(
    aws: Account, log: FlowLogTypeDef, interfaces: Sequence[str], since: datetime
) -> tuple[Record, ...]:
    """The delivered records of these interfaces whose window starts at `since` or later."""

    def read() -> list[str]:
        pages = aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=log.get("LogGroupName", ""),
            logStreamNames=[f"{i}-all" for i in interfaces],
            startTime=int(since.timestamp() * 1000),
        )
        return [event.get("message", "") for page in pages for event in page["events"]]

    lines = await aws.call(read)
    names = _FIELD.findall(log.get("LogFormat") or _DEFAULT)
    parsed = (_record(names, line) for line in lines)
    return tuple(r for r in parsed if r is not None and r.interface in interfaces and r.start >= since)


def _record(names: Sequence[str], line: str) -> Record | None:
    """The record in a line of that format, or None when it lacks what proof needs."""
    values = dict(zip(names, line.split(), strict=False))
    start = values.get("start", "")
    if not start.isdigit() or "interface-id" not in values or "log-status" not in values:
        return None
    return Record(
        interface=values["interface-id"],
        start=datetime.fromtimestamp(int(start), UTC),
        status=values["log-status"],
        action=values.get("action", "-"),
        source=values.get("srcaddr", "-"),
        destination=values.get("dstaddr", "-"),
        port=values.get("dstport", "-"),
    )
