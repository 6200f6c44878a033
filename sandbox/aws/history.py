"""CloudTrail's event history of the box: what was called, by whom, and what happened before the box was opened."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

KEPT: Final = 20_000
_ID: Final = re.compile(
    r"\b(?:i|eni|sg|vol|snap|ami|vpc|subnet|acl|rtb|eipalloc|lt)-(?:[0-9a-f]{17}|[0-9a-f]{8})\b"
)
_NAMED: Final = frozenset(
    {
        "RoleName",
        "UserName",
        "GroupName",
        "InstanceProfileName",
        "PolicyArn",
        "KeyName",
        "AutoScalingGroupName",
    }
)
_READS: Final = ("Describe", "Get", "List", "Head", "Lookup", "Filter", "Search")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One management event. `identity` is the record's `userIdentity`; `resources` are names of what it was about."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: datetime
    name: str
    source: str
    identity: Mapping[str, Any]
    address: str
    agent: str
    region: str
    resources: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: str = ""

    @property
    def reads(self) -> bool:
        """Whether CloudTrail calls it read-only; it goes by the operation."""
        return self.name.startswith(_READS)

    @property
    def user(self) -> str:
        """`Username` of a look-up: the user's name, a session's name, or the service that called."""
        who = self.identity
        arn = str(who.get("arn", ""))
        return str(who.get("userName") or arn.rpartition("/")[2] or who.get("invokedBy") or "")

    @property
    def access_key(self) -> str:
        """The access key that signed the call, or nothing."""
        return str(self.identity.get("accessKeyId", ""))

    def record(self, account: str) -> str:
        """The event's own JSON. Source: CloudTrail user guide, "CloudTrail record contents", version 1.09."""
        whole: dict[str, Any] = {
            "eventVersion": "1.09",
            "userIdentity": dict(self.identity),
            "eventTime": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.address,
            "userAgent": self.agent,
            "requestParameters": dict(self.parameters) or None,
            "eventID": self.id,
            "readOnly": self.reads,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
        }
        if self.error:
            whole["errorCode"] = self.error
        return json.dumps(whole)


def resources_in(*things: Any) -> tuple[str, ...]:
    """The ids of EC2 resources, and the names of IAM's, in parameters or in the text of an answer."""
    found: dict[str, None] = {}
    for thing in things:
        found |= dict.fromkeys(
            _ID.findall(thing if isinstance(thing, str) else json.dumps(thing, default=str))
        )
        if isinstance(thing, Mapping):
            named = cast("Mapping[str, Any]", thing)
            found |= {str(named[key]): None for key in sorted(_NAMED & set(named))}
    return tuple(found)


def user_identity(account: str, name: str, access_key: str) -> dict[str, Any]:
    """`userIdentity` of an IAM user."""
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper().replace('-', '')}",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": access_key,
        "userName": name,
    }


_TYPES: Final = {"i": "AWS::EC2::Instance", "sg": "AWS::EC2::SecurityGroup", "vol": "AWS::EC2::Volume",
                 "eni": "AWS::EC2::NetworkInterface", "snap": "AWS::EC2::Snapshot", "ami": "AWS::EC2::Ami"}  # fmt: skip


def _type_of(name: str) -> str:
    return _TYPES.get(name.partition("-")[0], "")


ATTRIBUTES: Final[Mapping[str, Callable[[Recorded], Sequence[str]]]] = {
    "EventId": lambda e: (e.id,),
    "EventName": lambda e: (e.name,),
    "ReadOnly": lambda e: (str(e.reads).lower(),),
    "Username": lambda e: (e.user,),
    "ResourceName": lambda e: e.resources,
    "ResourceType": lambda e: tuple(_type_of(name) for name in e.resources),
    "EventSource": lambda e: (e.source,),
    "AccessKeyId": lambda e: (e.access_key,),
}
"""What a look-up may go by. Source: CloudTrail API reference, LookupAttribute."""


def matching(events: Iterable[Recorded], key: str, value: str) -> list[Recorded]:
    """The events with that attribute, newest first; values match exactly. Source: LookupEvents, LookupAttribute."""
    read = ATTRIBUTES[key]
    return sorted((e for e in events if value in read(e)), key=lambda e: e.at, reverse=True)


def entry(event: Recorded, account: str) -> dict[str, Any]:
    """The event as LookupEvents answers it."""
    return {
        "EventId": event.id,
        "EventName": event.name,
        "ReadOnly": str(event.reads).lower(),
        "AccessKeyId": event.access_key,
        "EventTime": event.at,
        "EventSource": event.source,
        "Username": event.user,
        "Resources": [{"ResourceType": _type_of(n), "ResourceName": n} for n in event.resources],
        "CloudTrailEvent": event.record(account),
    }
