"""Findings for tests, generated from botocore's service model of GuardDuty.

There are no published samples of most types, so these are made: every member of the model's `Finding` shape with a
neutral value, then what the type in question carries. PascalCase is what the model calls a member, camelCase what it
calls it on the wire; both are the model's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from tests.intake.types import SEQUENCE

Json = dict[str, Any]

ACCOUNT = "111111111111"
REGION = "eu-central-1"
ID = "0123456789abcdef0123456789abcdef"
WEB = "i-0aaaaaaaaaaaaaaa1"
DATABASE = "i-0bbbbbbbbbbbbbbb2"
CREATED = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
FIRST_SEEN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LAST_SEEN = datetime(2026, 3, 1, 12, 15, tzinfo=UTC)
UPDATED = datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)


@cache
def shape() -> Shape:
    """The model's `Finding`: one object, because shapes remember the members that they have resolved."""
    return botocore.session.get_session().get_service_model("guardduty").shape_for("Finding")


@cache
def _template() -> str:
    return json.dumps(_neutral(shape()))


def finding(
    kind: str,
    *,
    instance: str | None = WEB,
    resource_type: str | None = None,
    pascal: bool = False,
    epoch: bool = False,
) -> Json:
    """A finding of that type about one instance; `epoch` writes times as milliseconds since 1970."""
    body = cast("Json", json.loads(_template()))
    resource, service = body["Resource"], body["Service"]
    body |= {"AccountId": ACCOUNT, "Region": REGION, "Id": ID, "Type": kind, "Severity": 8.0}
    body |= {"CreatedAt": _time(CREATED, epoch), "UpdatedAt": _time(UPDATED, epoch), "SchemaVersion": "2.0"}
    service |= {"EventFirstSeen": _time(FIRST_SEEN, epoch), "EventLastSeen": _time(LAST_SEEN, epoch)}
    service |= {
        "Count": 3,
        "Archived": False,
        "ResourceRole": "ACTOR",
        "AdditionalInfo": {"Type": "default", "Value": "{}"},
    }
    resource["ResourceType"] = resource_type or _RESOURCES.get(
        kind.partition(":")[2].partition("/")[0], "Instance"
    )
    if instance is None:
        del resource["InstanceDetails"]
    else:
        resource["InstanceDetails"]["InstanceId"] = instance
    _keep(service, _parts_of(kind), out_of=_PARTS)
    if action := service.get("Action"):
        _keep(action, {_action_of(kind)}, out_of=frozenset(action) - {"ActionType"})
    return body if pascal else camel(body)


def sequence(*resources: Json, pascal: bool = False) -> Json:
    """An attack sequence over those resources (PascalCase), which needs no instance details of its own."""
    body = finding(SEQUENCE, instance=None, resource_type="AttackSequence", pascal=True)
    body["Severity"] = 9.0
    body["Service"]["Detection"]["Sequence"]["Resources"] = list(resources)
    return body if pascal else camel(body)


def instance_resource(instance: str, *, account: str = ACCOUNT, region: str = REGION) -> Json:
    """One instance of an attack sequence, named by its ARN."""
    return _resource("EC2_INSTANCE", f"arn:aws:ec2:{region}:{account}:instance/{instance}", account, region)


def profile_resource() -> Json:
    """What instances of a group share, and what is nothing to contain."""
    uid = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
    return _resource("IAM_INSTANCE_PROFILE", uid, ACCOUNT, REGION)


def event(detail: Mapping[str, Any]) -> str:
    """The finding as EventBridge sends it."""
    envelope = {"version": "0", "id": "e-1", "source": "aws.guardduty", "detail-type": "GuardDuty Finding"}
    return json.dumps(envelope | {"account": ACCOUNT, "region": REGION, "resources": [], "detail": detail})


def notification(message: str) -> str:
    """A message as SNS wraps it for a queue."""
    return json.dumps(
        {"Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:aws:sns:::t", "Message": message}
    )


def camel(body: Json) -> Json:
    """The same finding with the names that the members have on the wire."""
    return cast("Json", _camel(body, shape()))


_RESOURCES = {
    "IAMUser": "AccessKey",
    "ECS": "ECSCluster",
    "Kubernetes": "EKSCluster",
    "Container": "Container",
}
_PARTS = frozenset({"Action", "RuntimeDetails", "EbsVolumeScanDetails", "MalwareScanDetails", "Detection"})


def _parts_of(kind: str) -> set[str]:
    if kind.startswith("AttackSequence:"):
        return {"Detection"}
    if "File" in kind and ":Runtime/" not in kind:
        return {"EbsVolumeScanDetails"}
    return {"Action", "RuntimeDetails"} if ":Runtime/" in kind else {"Action"}


def _action_of(kind: str) -> str:
    if "IAMUser" in kind or kind.startswith(("DefenseImpairment", "Exfiltration")):
        return "AwsApiCallAction"
    if "PortProbe" in kind:
        return "PortProbeAction"
    return "DnsRequestAction" if "DNS" in kind or "Domain" in kind else "NetworkConnectionAction"


def _keep(structure: Json, kept: set[str], *, out_of: frozenset[str]) -> None:
    for name in out_of - kept:
        structure.pop(name, None)


def _resource(kind: str, uid: str, account: str, region: str) -> Json:
    return {"Uid": uid, "Name": "", "AccountId": account, "Region": region, "ResourceType": kind}


def _time(moment: datetime, epoch: bool) -> str | int:
    return round(moment.timestamp() * 1000) if epoch else moment.isoformat().replace("+00:00", "Z")


def _neutral(form: Shape, within: tuple[str, ...] = ()) -> Any:
    if isinstance(form, StructureShape):
        inside = (*within, form.name)
        return {n: _neutral(m, inside) for n, m in form.members.items() if m.name not in inside}
    if isinstance(form, ListShape):
        return [_neutral(form.member, within)]
    if isinstance(form, MapShape):
        return {}
    if isinstance(form, StringShape):
        return form.enum[0] if form.enum else "neutral"
    return {"boolean": False, "timestamp": "2026-03-01T09:00:00Z"}.get(form.type_name, 1)


def _camel(value: Any, form: Shape) -> Any:
    if isinstance(form, StructureShape) and isinstance(value, dict):
        members = form.members
        told = cast("Json", value)
        return {_wire_name(n, members[n]): _camel(v, members[n]) for n, v in told.items()}
    if isinstance(form, ListShape):
        return [_camel(one, form.member) for one in cast("list[Any]", value)]
    return value


def _wire_name(name: str, member: Shape) -> str:
    return str(member.serialization.get("name", name))
