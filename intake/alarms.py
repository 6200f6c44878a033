"""CloudWatch alarms (T4, T5): a processor that never rests, or traffic that is out of the ordinary.

An alarm comes as EventBridge's “CloudWatch Alarm State Change” or as the message that CloudWatch sends to SNS. It is
told by its metric: `CPUUtilization` of `AWS/EC2` is T5; `NetworkOut` and `NetworkPacketsOut` there, and metrics that
were made of flow logs (their namespace, name or alarm says so), are T4. The settings overrule that, by alarm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from intake.envelope import ALARM_BY_SNS, Event, refusal
from intake.shapes import ACCOUNT, INSTANCE, REGION, at, items, members, shaped, text_at
from intake.wire import Detail, Moment, Wire
from playbook.finding import Finding, FindingKey, FindingType, Scope
from playbook.text import plain, words

Kind = Literal["cpu", "flowlogs"]

SCORE = 5.0
"""An alarm says that something is odd, not what: medium, until somebody has looked."""

_TYPES: Mapping[Kind, str] = {"cpu": "CPU:EC2", "flowlogs": "FlowLogs:EC2"}
_TRAFFIC = frozenset({"networkout", "networkpacketsout"})
_FLOW_LOGS = re.compile(r"flow[\s_./-]*logs?", re.IGNORECASE)
_ARN = re.compile(r"arn:[a-z-]+:cloudwatch:([a-z0-9-]+):([0-9]{12}):alarm:.{1,255}")
_WITHIN = re.compile(rf"(?<![0-9a-z-]){INSTANCE.pattern}(?![0-9a-f])")
_THEN = "Give the alarm an InstanceId dimension, or name it in [alerts] of ec2ir.toml."


class State(Wire):
    """`state` of EventBridge's event."""

    value: str
    reason: str = ""
    timestamp: Moment


class Change(Wire):
    """The detail of EventBridge's event."""

    alarm_name: str
    state: State
    configuration: Detail[Mapping[str, object]] = None


class Notification(BaseModel):
    """The message that CloudWatch sends to SNS; `Region` in it is a name for people, so the ARN tells the region."""

    name: str = Field(validation_alias="AlarmName")
    arn: str = Field(validation_alias="AlarmArn")
    description: Detail[str] = Field(default=None, validation_alias="AlarmDescription")
    value: str = Field(validation_alias="NewStateValue")
    reason: Detail[str] = Field(default=None, validation_alias="NewStateReason")
    at: Moment = Field(validation_alias="StateChangeTime")
    trigger: Detail[Mapping[str, object]] = Field(default=None, validation_alias="Trigger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric that an alarm watches; names of dimensions do not matter."""

    namespace: str
    name: str
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm's state as either way tells it."""

    name: str
    arn: str
    description: str
    state: str
    reason: str
    at: datetime
    metrics: tuple[Metric, ...]


def parse(event: Event, kinds: Mapping[str, Kind]) -> tuple[Finding, ...]:
    """The alarm as a finding, archived when it is OK again; none while it lacks data. Raises BadInput."""
    alarm = _notified(event) if event.kind == ALARM_BY_SNS else _changed(event)
    if alarm.state == "INSUFFICIENT_DATA":
        return ()
    if alarm.state not in ("ALARM", "OK"):
        raise refusal(f"The alarm “{plain(alarm.name, 80)}” has the state “{plain(alarm.state, 30)}”")
    place = _ARN.fullmatch(alarm.arn)
    if place is None or not REGION.fullmatch(place[1]) or not ACCOUNT.fullmatch(place[2]):
        raise refusal(f"The alarm “{plain(alarm.name, 80)}” has no ARN that names its account and region")
    kind, instances = _kind(alarm, kinds), _instances(alarm)
    return (
        Finding(
            key=FindingKey(account=place[2], region=place[1], id=plain(alarm.arn, 400)),
            source=kind,
            type=FindingType(full=f"{_TYPES[kind]}/{plain(alarm.name)}"),
            scope=Scope.INSTANCE,
            score=SCORE,
            title=plain(f"{alarm.name} is in {alarm.state}", 300),
            description=plain(f"{alarm.reason} {alarm.description}", 1500),
            instances=instances,
            count=1,
            first_seen=alarm.at,
            last_seen=alarm.at,
            updated=alarm.at,
            archived=alarm.state == "OK",
            actor=kind == "flowlogs",
        ),
    )


def _changed(event: Event) -> Alarm:
    sent = shaped(Change, event.body, "an alarm's state as EventBridge tells it", _THEN)
    metrics = items(sent.configuration, "metrics")
    return Alarm(
        name=sent.alarm_name,
        arn=next((r for r in event.resources if _ARN.fullmatch(r)), ""),
        description=text_at(sent.configuration, "description"),
        state=sent.state.value,
        reason=sent.state.reason,
        at=sent.state.timestamp,
        metrics=tuple(_metric(m, "metricStat.metric", "namespace", "name", "dimensions") for m in metrics),
    )


def _notified(event: Event) -> Alarm:
    sent = shaped(Notification, event.body, "an alarm's state as SNS tells it", _THEN)
    own = _metric({"own": sent.trigger}, "own", "Namespace", "MetricName", "Dimensions")
    others = (
        _metric(m, "MetricStat.Metric", "Namespace", "MetricName", "Dimensions")
        for m in items(sent.trigger, "Metrics")
    )
    return Alarm(
        name=sent.name,
        arn=sent.arn,
        description=sent.description or "",
        state=sent.value,
        reason=sent.reason or "",
        at=sent.at,
        metrics=(own, *others),
    )


def _metric(body: object, path: str, namespace: str, name: str, dimensions: str) -> Metric:
    from_lists = (text_at(d, "value") for d in items(body, f"{path}.{dimensions}"))
    by_name = at(body, f"{path}.{dimensions}")
    named = members(by_name)
    return Metric(
        namespace=text_at(body, f"{path}.{namespace}"),
        name=text_at(body, f"{path}.{name}"),
        dimensions=(*from_lists, *(v for v in named.values() if isinstance(v, str))),
    )


def _kind(alarm: Alarm, kinds: Mapping[str, Kind]) -> Kind:
    if alarm.name in kinds:
        return kinds[alarm.name]
    for metric in alarm.metrics:
        if metric.namespace == "AWS/EC2" and metric.name.casefold() == "cpuutilization":
            return "cpu"
        if metric.namespace == "AWS/EC2" and metric.name.casefold() in _TRAFFIC:
            return "flowlogs"
        if _FLOW_LOGS.search(f"{metric.namespace} {metric.name}"):
            return "flowlogs"
    if _FLOW_LOGS.search(alarm.name):
        return "flowlogs"
    watched = words([plain(f"{m.namespace} {m.name}", 60) for m in alarm.metrics if m.name]) or "no metric"
    raise refusal(f"The alarm “{plain(alarm.name, 80)}” watches {watched}, which ec2ir can't place", _THEN)


def _instances(alarm: Alarm) -> tuple[str, ...]:
    """The ids in its dimensions; where there are none, those in its name and description."""
    named = [d for metric in alarm.metrics for d in metric.dimensions if INSTANCE.fullmatch(d)]
    found = tuple(dict.fromkeys(named or _WITHIN.findall(f"{alarm.name} {alarm.description}")))[:10]
    if not found:
        raise refusal(f"The alarm “{plain(alarm.name, 80)}” does not say which instance it is about", _THEN)
    return found
