"""A hunt's sources in one account and region: flow logs, CloudTrail, DNS logs, running instances.

Each answers by itself: what could not be asked is a gap with its name, never clean.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from actions.checks.launched import instances_in
from actions.checks.quarry import Found, Quarry, alike
from actions.checks.reading_flows import run_query
from actions.checks.reading_trail import TrailEvent, events
from actions.checks.regions import fleet_here
from actions.flow_logs import fields_of, readable
from actions.scene import Scene
from playbook.errors import Ec2irError
from playbook.gathering import gather
from playbook.text import defang, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef
    from mypy_boto3_route53resolver.type_defs import ResolverQueryLogConfigTypeDef

DAYS = 14
"""Days of flow and DNS logs that a hunt reads: Logs Insights is paid by what it scans."""
LOOKUPS = 20
"""Names and keys that are looked up in CloudTrail: each takes half a second."""
PERMISSIONS = frozenset(
    {
        "cloudtrail:LookupEvents",
        "ec2:DescribeFlowLogs",
        "ec2:DescribeInstances",
        "logs:GetQueryResults",
        "logs:StartQuery",
        "route53resolver:ListResolverQueryLogConfigs",
    }
)
"""The IAM actions of every call of a hunt in one account and region."""
_SUMS = "sum(f_bytes) as bytes_sum, max(f_end) as last_seen"
_NEEDED = frozenset({"interface-id", "srcaddr", "dstaddr", "dstport", "bytes", "end", "action"})


async def seek(scene: Scene, sought: Quarry) -> tuple[Found, ...]:
    """All sources at once, in this account and region."""
    sources: dict[str, Callable[[Scene, Quarry], Awaitable[Found]]] = {
        "flow logs": _flows,
        "CloudTrail": _trail,
        "DNS logs": _names,
        "instances": _instances,
    }
    return tuple(await asyncio.gather(*(_asked(name, read, scene, sought) for name, read in sources.items())))


async def _asked(
    name: str, read: Callable[[Scene, Quarry], Awaitable[Found]], scene: Scene, sought: Quarry
) -> Found:
    try:
        return await read(scene, sought)
    except Ec2irError as trouble:
        return Found(source=name, gaps=(f"{name}: {trouble}",))


# ── flow logs ────────────────────────────────────────────────────────────────────────────────────────────


def flow_query(log_format: str, addresses: Sequence[str]) -> str:
    """The Insights query for records of that format in which one of these addresses is an end."""
    names = fields_of(log_format)
    aliases = ", ".join(f"f_{name.replace('-', '_')}" for name in names)
    listed = json.dumps(sorted(addresses))
    return "\n| ".join(
        (
            f'parse @message "{" ".join("*" for _ in names)}" as {aliases}',
            f"filter f_srcaddr in {listed} or f_dstaddr in {listed}",
            f"stats {_SUMS} by f_interface_id, f_srcaddr, f_dstaddr, f_action",
            "sort bytes_sum desc",
            "limit 1000",
        )
    )


async def _flows(scene: Scene, sought: Quarry) -> Found:
    if not sought.addresses:
        return Found(source="flow logs")

    def listed() -> list[FlowLogTypeDef]:
        pages = scene.aws.ec2.get_paginator("describe_flow_logs").paginate()
        return [log for page in pages for log in page["FlowLogs"]]

    logs, fleet = await scene.aws.call(listed), await fleet_here(scene)
    homes = {
        n.get("NetworkInterfaceId", ""): i.get("InstanceId", "")
        for i in fleet
        for n in i.get("NetworkInterfaces", [])
    }
    covered = {log.get("ResourceId", "") for log in logs}
    gaps = [
        f"{vpc} has no flow log of its own: what its instances talk to may not be recorded"
        for vpc in sorted({i.get("VpcId", "") for i in fleet} - covered - {""})
    ]
    asked = {(log.get("LogGroupName", ""), log.get("LogFormat", "")) for log in logs
             if readable(log) and {*fields_of(log.get("LogFormat", ""))} >= _NEEDED}  # fmt: skip
    unread = {
        log.get("LogDestination") or log.get("LogGroupName", "")
        for log in logs
        if (log.get("LogGroupName", ""), log.get("LogFormat", "")) not in asked
    }
    gaps += [f"the flow log to {place} can't be asked from here" for place in sorted(unread)]
    since = scene.now - timedelta(days=DAYS)
    answers = await gather(
        *(run_query(scene, group, flow_query(form, sought.addresses), since) for group, form in sorted(asked))
    )
    rows = [row for found in answers for row in found]
    return sighted_flows(rows, homes, sought, tuple(gaps))


def sighted_flows(
    rows: Sequence[Mapping[str, str]], homes: Mapping[str, str], sought: Quarry, gaps: tuple[str, ...]
) -> Found:
    """Which interface, and whose, exchanged traffic with which address; accepted before rejected."""
    seen: dict[tuple[str, str], str] = {}
    others: set[str] = set()
    for row in sorted(rows, key=lambda r: r.get("f_action") != "ACCEPT"):
        ends = (row.get("f_srcaddr", ""), row.get("f_dstaddr", ""))
        peer = next((end for end in ends if end in sought.addresses), "")
        eni = row.get("f_interface_id", "")
        owner = homes.get(eni, "an interface without a running instance")
        if not peer or (peer, eni) in seen:
            continue
        verb = "exchanged traffic with" if row.get("f_action") == "ACCEPT" else "was kept from"
        seen[peer, eni] = f"{owner} ({eni}) {verb} {defang(peer)}, {_when(row.get('last_seen', ''))}"
        others |= {homes[eni]} if eni in homes else set()
    return Found(
        source="flow logs",
        sightings=tuple(seen.values()),
        instances=tuple(sorted(others - sought.known)),
        gaps=tuple(f"flow logs: {gap}" for gap in gaps),
    )


def _when(stamp: str) -> str:
    try:
        return f"last {datetime.fromtimestamp(float(stamp), UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "at an unknown time"


# ── CloudTrail ───────────────────────────────────────────────────────────────────────────────────────────


async def _trail(scene: Scene, sought: Quarry) -> Found:
    users = [u for u in dict.fromkeys((*sought.users, sought.launcher)) if u]
    wanted = [*(("Username", u) for u in users), *(("AccessKeyId", k) for k in sought.keys)]
    gaps = (
        [f"CloudTrail: {len(wanted) - LOOKUPS} names and keys more were not asked for"]
        if len(wanted) > LOOKUPS
        else []
    )
    if sought.addresses:
        gaps.append(
            "CloudTrail: its history can't be asked by address; only the calls found by name or key were compared"
        )
    found: dict[str, TrailEvent] = {}
    says: list[str] = []
    for kind, value in wanted[:LOOKUPS]:
        history = await events(scene, "Username" if kind == "Username" else "AccessKeyId", value)
        found |= {e.id: e for e in history.events}
        if history.events:
            says.append(called(value, history.events, more=history.more))
    from_known = [e for e in found.values() if e.address in sought.addresses]
    if from_known:
        places = sorted({defang(e.address) for e in from_known})
        says.append(f"{len(from_known)} of these calls came from {words(places)}")
    return Found(source="CloudTrail", sightings=tuple(says), gaps=tuple(gaps))


def called(who: str, calls: Sequence[TrailEvent], *, more: bool) -> str:
    """How often somebody called what, and until when."""
    names = Counter(e.name for e in calls)
    often = words([f"{n} {name}" for name, n in names.most_common()], most=4)
    last = max(e.at for e in calls)
    return (
        f"{who} made {len(calls)}{' or more' if more else ''} calls, last {last:%Y-%m-%d %H:%M} UTC: {often}"
    )


# ── DNS logs ─────────────────────────────────────────────────────────────────────────────────────────────

_GROUP = re.compile(r"arn:[a-z-]+:logs:[^:]+:[^:]+:log-group:([^:]+)")


async def _names(scene: Scene, sought: Quarry) -> Found:
    def listed() -> list[ResolverQueryLogConfigTypeDef]:
        pages = scene.aws.resolver.get_paginator("list_resolver_query_log_configs").paginate()
        return [c for page in pages for c in page["ResolverQueryLogConfigs"]]

    configs = await scene.aws.call(listed)
    if not sought.domains:
        return Found(source="DNS logs")
    if not configs:
        return Found(
            source="DNS logs",
            gaps=("DNS logs: there are none here, so who asked for the domains is not known",),
        )
    groups = {m.group(1) for c in configs if (m := _GROUP.match(c.get("DestinationArn", "")))}
    elsewhere = [
        c.get("DestinationArn", "") for c in configs if not _GROUP.match(c.get("DestinationArn", ""))
    ]
    since = scene.now - timedelta(days=DAYS)
    answers = await gather(*(run_query(scene, g, name_query(sought.domains), since) for g in sorted(groups)))
    gaps = tuple(f"DNS logs: those in {place} can't be asked from here" for place in elsewhere)
    return sighted_names([r.get("@message", "") for rows in answers for r in rows], sought, gaps)


def name_query(domains: Sequence[str]) -> str:
    """The Insights query for queries of these names, or of names below them."""
    either = "|".join(re.escape(d) for d in sorted(domains))
    return f"fields @timestamp, @message\n| filter @message like /{either}/\n| sort @timestamp desc\n| limit 1000"


def sighted_names(messages: Sequence[str], sought: Quarry, gaps: tuple[str, ...]) -> Found:
    """Which host asked for which name (Route 53 Developer Guide, “Values that appear in Resolver query logs”)."""
    asked: Counter[tuple[str, str]] = Counter()
    others: set[str] = set()
    for message in messages:
        try:
            record: object = json.loads(message)
        except ValueError:
            continue
        body = cast("dict[str, object]", record) if isinstance(record, dict) else {}
        name = str(body.get("query_name", "")).lower().rstrip(".")
        domain = next((d for d in sought.domains if name == d or name.endswith(f".{d}")), "")
        if not domain:
            continue
        ids = body.get("srcids")
        instance = str(cast("dict[str, object]", ids).get("instance", "")) if isinstance(ids, dict) else ""
        asked[instance or str(body.get("srcaddr", "somebody")), domain] += 1
        others |= {instance} if instance else set()
    return Found(
        source="DNS logs",
        sightings=tuple(
            f"{who} asked {times} times for {defang(domain)}" for (who, domain), times in asked.most_common()
        ),
        instances=tuple(sorted(others - sought.known)),
        gaps=gaps,
    )


# ── instances ────────────────────────────────────────────────────────────────────────────────────────────


async def _instances(scene: Scene, sought: Quarry) -> Found:
    fleet = await fleet_here(scene)
    launched: set[str] = set()
    gaps: tuple[str, ...] = ()
    if sought.launcher:
        try:
            history = await events(scene, "Username", sought.launcher)
            launched = {
                i for e in history.events if e.name == "RunInstances" and not e.error for i in instances_in(e)
            }
        except Ec2irError as trouble:
            gaps = (f"instances: who launched them could not be asked. {trouble}",)
    found = alike(sought, fleet, launched)
    return Found(source=found.source, sightings=found.sightings, instances=found.instances, gaps=gaps)
