"""Flow logs as proof: what passed an interface since a moment, where AWS delivered records that say so.

Only logs of accepted traffic in CloudWatch Logs are read. Records with log-status OK or NODATA count; a window
without records, or with SKIPDATA, proves nothing (VPC User Guide, “Flow log records”).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aws.account import Account
from aws.errors import AwsRefused

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef

_DEFAULT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)
_NEEDED = frozenset({"interface-id", "action", "log-status"})
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


async def every_log_on(aws: Account, resources: Iterable[str]) -> tuple[FlowLogTypeDef, ...]:
    """The flow logs on these interfaces, subnets or VPCs, wherever their records go."""
    answer = await aws.call(
        aws.ec2.describe_flow_logs, Filters=[{"Name": "resource-id", "Values": sorted(set(resources))}]
    )
    return tuple(answer["FlowLogs"])


async def logs_on(aws: Account, resources: Iterable[str]) -> tuple[FlowLogTypeDef, ...]:
    """Active flow logs on these interfaces, subnets or VPCs whose records of accepted traffic can be read here."""
    return tuple(
        log
        for log in await every_log_on(aws, resources)
        if readable(log) and log.get("TrafficType") != "REJECT" and log.get("FlowLogStatus") == "ACTIVE"
    )


def readable(log: FlowLogTypeDef) -> bool:
    """Whether its records go to CloudWatch Logs, where they can be asked for."""
    to_logs = log.get("LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs"
    return to_logs and bool(log.get("LogGroupName"))


def fields_of(log_format: str) -> tuple[str, ...]:
    """The names of a format's fields in order; an empty format is the default one."""
    return tuple(_FIELD.findall(log_format or _DEFAULT))


async def records(aws: Account, log: FlowLogTypeDef, interface: str, since: datetime) -> tuple[Record, ...]:
    """The delivered records of an interface whose window starts at `since` or later.

    Its streams are named after it and the kind of traffic; before the first delivery there is none.
    """

    def read() -> list[str]:
        pages = aws.logs.get_paginator("filter_log_events").paginate(
            logGroupName=log.get("LogGroupName", ""),
            logStreamNamePrefix=f"{interface}-",
            startTime=int(since.timestamp() * 1000),
        )
        return [event.get("message", "") for page in pages for event in page["events"]]

    try:
        lines = await aws.call(read)
    except AwsRefused as refusal:
        if refusal.code != "ResourceNotFoundException":
            raise
        return ()
    return parsed(log.get("LogFormat", ""), lines, interface, since)


def parsed(log_format: str, lines: Iterable[str], interface: str, since: datetime) -> tuple[Record, ...]:
    """The records of that interface whose window starts at `since` or later; an empty format is the default one.

    A window that began before the change may hold traffic from before it.
    """
    names = fields_of(log_format)
    found = (record(names, line) for line in lines)
    return tuple(r for r in found if r is not None and r.interface == interface and r.start >= since)


def record(names: Sequence[str], line: str) -> Record | None:
    """The record in a line whose fields have these names, or None when it lacks what proof needs."""
    values = dict(zip(names, line.split(), strict=False))
    start = values.get("start", "")
    if not start.isdigit() or not values.keys() >= _NEEDED:
        return None
    return Record(
        interface=values["interface-id"],
        start=datetime.fromtimestamp(int(start), UTC),
        status=values["log-status"],
        action=values["action"],
        source=values.get("srcaddr", "-"),
        destination=values.get("dstaddr", "-"),
        port=values.get("dstport", "-"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`passed` are the flows that were let through, in words; `unseen` the interfaces without a counting record."""

    passed: tuple[str, ...]
    unseen: tuple[str, ...]


def judge(delivered: Iterable[Record], own: Mapping[str, frozenset[str]], allowed: str) -> Verdict:
    """What the records prove of these interfaces, each with its own addresses.

    Traffic whose other end lies in `allowed`, a CIDR or empty, may pass.
    """
    seen = [r for r in delivered if r.interface in own]
    flows = {
        f"{r.source} → {r.destination}:{r.port} on {r.interface}"
        for r in seen
        if r.action == "ACCEPT" and not _allowed(r, own[r.interface], allowed)
    }
    counted = {r.interface for r in seen if r.status in ("OK", "NODATA")}
    return Verdict(passed=tuple(sorted(flows)), unseen=tuple(i for i in own if i not in counted))


def _allowed(record: Record, own: frozenset[str], cidr: str) -> bool:
    # The instance itself may lie in that range: then its own address says nothing about the other end.
    others = [end for end in (record.source, record.destination) if end not in own and end != "-"]
    network = ipaddress.ip_network(cidr) if cidr else None
    return network is not None and any(ipaddress.ip_address(end) in network for end in others)
