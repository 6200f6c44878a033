"""What a block would have hit: a subnet's own traffic of the last day to some ports and addresses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from actions import flow_logs
from aws.account import Account
from playbook.errors import StepFailed

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef

HOURS = 24
_POLLS = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look at the answer: a plan must not wait longer for what is only good to know."""
_NEEDED = frozenset({"interface-id", "srcaddr", "dstaddr", "dstport", "bytes", "action"})


async def impact(
    aws: Account,
    where: Iterable[str],
    interfaces: Sequence[str],
    own: Sequence[str],
    *,
    ports: Sequence[int],
    addresses: Sequence[str],
) -> tuple[str, ...]:
    """For each interface with such accepted traffic a line with its bytes. Raises StepFailed with why it can't be had.

    `where` are the interfaces, subnets and VPCs whose flow logs count; `own` the interfaces' own addresses.
    """
    logs = await flow_logs.logs_on(aws, where)
    usable = [log for log in logs if set(flow_logs.fields_of(log.get("LogFormat", ""))) >= _NEEDED]
    if not usable:
        raise StepFailed("no flow log of accepted traffic here can be read")
    log = usable[0]
    rows = await _asked(aws, log, query(log, interfaces, own, ports, addresses))
    return tuple(
        f"{row.get('f_interface_id', '')}: {int(float(row.get('bytes_sum') or 0)):,} bytes" for row in rows
    )


def query(
    log: FlowLogTypeDef,
    interfaces: Sequence[str],
    own: Sequence[str],
    ports: Sequence[int],
    addresses: Sequence[str],
) -> str:
    """In CloudWatch Logs Insights' language; fields are parsed, because it finds them only in the default format."""
    names = flow_logs.fields_of(log.get("LogFormat", ""))
    aliases = ", ".join("f_" + name.replace("-", "_") for name in names)
    to_ports = f"(f_srcaddr in {json.dumps(sorted(own))} and f_dstport in {json.dumps(sorted(ports))})"
    peers = json.dumps(sorted(addresses))
    either = f" or f_dstaddr in {peers} or f_srcaddr in {peers}" if addresses else ""
    return "\n| ".join(
        (
            f'parse @message "{" ".join("*" for _ in names)}" as {aliases}',
            f"filter f_interface_id in {json.dumps(sorted(interfaces))}",
            'filter f_action = "ACCEPT"',
            f"filter {to_ports}{either}",
            "stats sum(f_bytes) as bytes_sum by f_interface_id",
            "sort bytes_sum desc",
            "limit 100",
        )
    )


async def _asked(aws: Account, log: FlowLogTypeDef, text: str) -> list[dict[str, str]]:
    now = aws.clock()
    started = await aws.call(
        aws.logs.start_query,
        logGroupName=log.get("LogGroupName", ""),
        startTime=int((now - timedelta(hours=HOURS)).timestamp()),
        endTime=int(now.timestamp()),
        queryString=text,
    )
    for delay in _POLLS:
        if delay:
            await asyncio.sleep(delay)
        answer = await aws.call(aws.logs.get_query_results, queryId=started.get("queryId", ""))
        if answer["status"] == "Complete":
            return [{f.get("field", ""): f.get("value", "") for f in row} for row in answer["results"]]
        if answer["status"] not in ("Scheduled", "Running", "Unknown"):
            raise StepFailed(f"the query ended as {answer['status']}")
    raise StepFailed(f"the query was not done within {sum(_POLLS):.0f} s")
