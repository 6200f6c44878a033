"""VPC flow logs as checks read them: one Logs Insights query for each log group that has the instance's records.

Sources: VPC User Guide, “Flow log records”; CloudWatch Logs User Guide, “CloudWatch Logs Insights query syntax”.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from actions.checks.reads import INTERFACES, interfaces
from actions.flow_logs import every_log_on, fields_of, readable
from actions.scene import Scene
from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import StepFailed
from playbook.gathering import gather
from playbook.text import words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef
    from mypy_boto3_logs.type_defs import GetQueryResultsResponseTypeDef

FLOWS = INTERFACES | {"ec2:DescribeFlowLogs", "logs:StartQuery", "logs:GetQueryResults"}
POLLS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before each look at a query's result: a minute in all, then the answer is a gap."""
MOST = 1_000
"""Groups of flows that one query answers."""
EPHEMERAL = 32_768
"""Linux takes local ports of a connection that it opens from here on (ip_local_port_range); Windows from 49,152."""
NONE = (
    "No flow log covers its interfaces, subnets or VPC: what it talked to was not recorded. "
    "Create one from now on (CreateFlowLogs on its VPC, all traffic, to CloudWatch Logs)."
)
_NEEDED = (
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the records of the instance's interfaces.

    `opened` out: conversations that the instance opened, in: those opened to it. `verdict` is ACCEPT, REJECT or
    empty for both. With `peers` or `ports` (the opened end's), only those.
    """

    opened: Literal["out", "in"] = "out"
    verdict: Literal["ACCEPT", "REJECT", ""] = ""
    ports: tuple[int, ...] = ()
    peers: tuple[str, ...] = ()
    hours: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """All records of one peer, port (the opened end's) and verdict together; `protocol` is the IP number."""

    peer: str
    own: str
    port: int
    protocol: int
    verdict: str
    bytes: int
    packets: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """What the logs answered, most bytes first; `gaps` say what of it is missing, in words.

    `read` is false when no log could be asked: then the gaps are the whole answer. `groups` are the log groups
    that were asked about the time from `since` on.
    """

    flows: tuple[Flow, ...] = ()
    groups: tuple[str, ...] = ()
    since: datetime
    gaps: tuple[str, ...] = ()
    read: bool = True


async def flows(scene: Scene, question: Question) -> Flows:
    """What the flow logs of the instance's interfaces, their subnets and VPC say. Raises StepFailed in words."""
    return await scene.once(f"flows {question}", lambda: _asked(scene, question))


async def flow_logs(scene: Scene) -> tuple[FlowLogTypeDef, ...]:
    """The flow logs on its interfaces, their subnets and VPC, wherever their records go."""

    async def read() -> tuple[FlowLogTypeDef, ...]:
        every = await interfaces(scene)
        ids = {
            n for i in every for n in (i.get("NetworkInterfaceId"), i.get("SubnetId"), i.get("VpcId")) if n
        }
        return await every_log_on(scene.aws, ids) if ids else ()

    return await scene.once("flow_logs", read)


async def _asked(scene: Scene, question: Question) -> Flows:
    since = scene.now - timedelta(hours=question.hours)
    every = await interfaces(scene)
    logs, gaps = chosen(await flow_logs(scene), question.verdict)
    if not logs:
        return Flows(since=since, gaps=gaps, read=False)
    own = {a.get("PrivateIpAddress", "") for i in every for a in i.get("PrivateIpAddresses", [])}
    own |= {a.get("Ipv6Address", "") for i in every for a in i.get("Ipv6Addresses", [])}
    ids = sorted(i.get("NetworkInterfaceId", "") for i in every)
    answers = await gather(
        *(
            run_query(
                scene, log.get("LogGroupName", ""), query(log.get("LogFormat", ""), ids, own, question), since
            )
            for log in logs
        )
    )
    # The same conversation may be in the logs of interface and VPC: the log that saw most of it counts.
    found: dict[tuple[str, str, int, int, str], Flow] = {}
    for row in (r for rows in answers for r in rows):
        flow = read_row(row, question.opened)
        if flow is not None:
            key = (flow.peer, flow.own, flow.port, flow.protocol, flow.verdict)
            found[key] = max(flow, found.get(key, flow), key=lambda f: (f.bytes, f.packets))
    if any(len(rows) >= MOST for rows in answers):
        gaps = (*gaps, f"only the {MOST:,} largest conversations were read")
    ordered = sorted(found.values(), key=lambda f: (-f.bytes, f.peer, f.port))
    return Flows(
        flows=tuple(ordered),
        groups=tuple(sorted({log.get("LogGroupName", "") for log in logs})),
        since=since,
        gaps=gaps,
    )


def chosen(
    logs: Sequence[FlowLogTypeDef], verdict: str
) -> tuple[tuple[FlowLogTypeDef, ...], tuple[str, ...]]:
    """The logs to ask, one for each group and format, and in words what can't be asked and what to do about it."""
    if not logs:
        return (), (NONE,)
    gaps: list[str] = []
    elsewhere = sorted({log.get("LogDestination", "a bucket") for log in logs if not readable(log)})
    here = {
        (log.get("LogGroupName", ""), log.get("LogFormat", "")): log
        for log in logs
        if readable(log)
    }  # fmt: skip
    asked = [log for log in here.values() if not _lacks(log)]
    if not here:
        gaps.append(
            f"Its flow logs go to {words(elsewhere)} only, where ec2ir does not read: ask them with Athena, "
            "or create a flow log to CloudWatch Logs from now on (CreateFlowLogs)."
        )
    gaps += [
        f"The flow log to {log.get('LogGroupName', '')} can't be asked: its format lacks {words(_lacks(log))}."
        for log in here.values()
        if _lacks(log)
    ]
    kinds = {log.get("TrafficType", "ALL") for log in asked}
    for missing, kind, said in (("REJECT", "ACCEPT", "rejected"), ("ACCEPT", "REJECT", "accepted")):
        if kinds == {kind} and verdict in ("", missing):
            gaps.append(f"The flow log records {kind} only: {said} traffic was not recorded.")
    return tuple(asked), tuple(gaps)


def _lacks(log: FlowLogTypeDef) -> list[str]:
    there = fields_of(log.get("LogFormat", ""))
    return [name for name in _NEEDED if name not in there]


def query(log_format: str, ids: Iterable[str], own: Iterable[str], question: Question) -> str:
    """The Logs Insights query for records of that format.

    Its fields are parsed from the line, because Insights finds them by itself only in the default format; their
    names begin with `f_` so that none is one that Insights found. A record tells no direction: the end that
    opened a conversation is the one with a port from the ephemeral range, or the higher port.
    """
    names = fields_of(log_format)
    stars = " ".join("*" for _ in names)
    aliases = ", ".join(_alias(name) for name in names)
    here, there = ("src", "dst") if question.opened == "out" else ("dst", "src")
    lines = [f'parse @message "{stars}" as {aliases}']
    if "interface-id" in names:
        lines.append(f"filter f_interface_id in {_list(ids)}")
    lines.append(f"filter f_{here}addr in {_list(own)}")
    lines.append(f"filter f_srcport >= {EPHEMERAL} or f_srcport > f_dstport or f_protocol not in [6, 17]")
    if question.verdict:
        lines.append(f"filter f_action = {json.dumps(question.verdict)}")
    if question.ports:
        lines.append(f"filter f_dstport in {json.dumps(sorted(question.ports))}")
    if question.peers:
        lines.append(f"filter f_{there}addr in {_list(question.peers)}")
    lines.append(
        "stats sum(f_bytes) as bytes_sum, sum(f_packets) as packets_sum, min(f_start) as first_seen, "
        "max(f_end) as last_seen by f_srcaddr, f_dstaddr, f_dstport, f_protocol, f_action"
    )
    return "\n| ".join((*lines, "sort bytes_sum desc", f"limit {MOST}"))


def _alias(name: str) -> str:
    return f"f_{name.replace('-', '_')}"


def _list(values: Iterable[str]) -> str:
    return json.dumps(sorted(values))


async def run_query(scene: Scene, group: str, text: str, since: datetime) -> list[dict[str, str]]:
    """The rows that Logs Insights answers about this group since then. Raises StepFailed in words."""
    aws = scene.aws
    try:
        started = await aws.call(
            aws.logs.start_query,
            logGroupName=group,
            startTime=int(since.timestamp()),
            endTime=int(scene.now.timestamp()),
            queryString=text,
        )
    except AwsRefused as refusal:
        if refusal.code != "ResourceNotFoundException":
            raise
        raise StepFailed(
            f"The log group {group} of its flow log is not there: nothing was delivered yet, or it was deleted.",
            then="If nobody of you deleted it, somebody may have covered tracks: look for DeleteLogGroup.",
        ) from refusal
    answer = await _polled(scene, aws, started.get("queryId", ""))
    if answer is None or answer["status"] != "Complete":
        ended = "was not done within a minute" if answer is None else f"ended as {answer['status']}"
        raise StepFailed(
            f"The query on {group} {ended}.",
            means="What the instance talked to is not known yet.",
            then="Ask again.",
        )
    return [{f.get("field", ""): f.get("value", "") for f in row} for row in answer["results"]]


async def _polled(scene: Scene, aws: Account, name: str) -> GetQueryResultsResponseTypeDef | None:
    for delay in POLLS:
        if delay:
            await scene.pause(delay)
        answer = await aws.call(aws.logs.get_query_results, queryId=name)
        if answer["status"] not in ("Scheduled", "Running", "Unknown"):
            return answer
    return None


def read_row(row: Mapping[str, str], opened: Literal["out", "in"]) -> Flow | None:
    """The conversation in a row of the answer; None for one without numbers, such as NODATA's."""
    here, there = ("f_srcaddr", "f_dstaddr") if opened == "out" else ("f_dstaddr", "f_srcaddr")
    try:
        return Flow(
            peer=row[there],
            own=row[here],
            port=int(row["f_dstport"]),
            protocol=int(row["f_protocol"]),
            verdict=row["f_action"],
            bytes=int(float(row["bytes_sum"])),
            packets=int(float(row["packets_sum"])),
            first=datetime.fromtimestamp(float(row["first_seen"]), UTC),
            last=datetime.fromtimestamp(float(row["last_seen"]), UTC),
        )
    except (KeyError, ValueError, OverflowError, OSError):
        return None
