"""CloudTrail's event history as checks read it: 90 days, one attribute a look-up, two look-ups a second.

Source: CloudTrail API reference, LookupEvents.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from actions.scene import Scene
from aws.account import Account
from aws.errors import THROTTLED, AwsRefused
from playbook.errors import StepFailed

if TYPE_CHECKING:
    from mypy_boto3_cloudtrail.literals import LookupAttributeKeyType
    from mypy_boto3_cloudtrail.type_defs import (
        EventTypeDef,
        LookupEventsRequestTypeDef,
        LookupEventsResponseTypeDef,
    )

EVENTS = frozenset({"cloudtrail:LookupEvents"})
OURS = "ec2ir"
"""What ec2ir's own user agent says; anybody can write it, so such calls are shown with their identity."""
PER_SECOND = 2
"""Look-ups that AWS takes in a second, per account and region."""
PAGE, PAGES = 50, 4
"""Events of a page, and pages that are read of one look-up: 200 events, newest first, in two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEvent:
    """One recorded call. `identity` is the caller's ARN; for a role's session, the session's.

    `by_service` is the AWS service that called on somebody's behalf, `agent` the user agent, `error` AWS's code
    where the call failed. `resources` are names of what it was about. `detail` is the whole record.
    """

    id: str
    name: str
    service: str
    at: datetime
    identity: str
    user: str
    access_key: str
    address: str
    agent: str
    by_service: str = ""
    error: str = ""
    reads: bool = False
    resources: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The events found, newest first; `more` when there were more than were read."""

    events: tuple[TrailEvent, ...]
    more: bool = False


async def events(
    scene: Scene, attribute: LookupAttributeKeyType, value: str, region: str | None = None
) -> History:
    """What CloudTrail kept of the last 90 days with this attribute, such as `ResourceName` or `AccessKeyId`.

    Events take some minutes to appear. Raises StepFailed in words when AWS's limit can't be kept to.
    """
    where = region or scene.target.region
    aws = scene.aws if where == scene.aws.region else scene.elsewhere(where)
    return await scene.once(
        f"events {where} {attribute} {value}", lambda: _looked_up(scene, aws, attribute, value)
    )


async def _looked_up(scene: Scene, aws: Account, attribute: LookupAttributeKeyType, value: str) -> History:
    found: list[TrailEvent] = []
    token = ""
    for _ in range(PAGES):
        if (wait := aws.turn("LookupEvents", PER_SECOND)) > 0:
            await scene.pause(wait)
        page = await _page(aws, attribute, value, token)
        found += [event_of(raw) for raw in page.get("Events", [])]
        token = page.get("NextToken", "")
        if not token:
            break
    return History(events=tuple(found), more=bool(token))


async def _page(
    aws: Account, attribute: LookupAttributeKeyType, value: str, token: str
) -> LookupEventsResponseTypeDef:
    request: LookupEventsRequestTypeDef = {
        "LookupAttributes": [{"AttributeKey": attribute, "AttributeValue": value}],
        "MaxResults": PAGE,
    }
    if token:
        request["NextToken"] = token
    try:
        return await aws.call(aws.cloudtrail.lookup_events, **request)
    except AwsRefused as refusal:
        if refusal.code in THROTTLED:
            raise _throttled(refusal) from refusal
        raise


def _throttled(refusal: AwsRefused) -> StepFailed:
    return StepFailed(
        f"CloudTrail takes only {PER_SECOND} look-ups a second of this account and region, and somebody else "
        f"uses them up ({refusal.code}).",
        means="Who did what is not known yet; this is no sign that nothing was done.",
        then="Ask again in a minute.",
    )


def event_of(raw: EventTypeDef) -> TrailEvent:
    """One event as LookupEvents gives it; what its record lacks, or can't be read, is left empty."""
    try:
        parsed: object = json.loads(raw.get("CloudTrailEvent", "{}"))
    except ValueError:
        parsed = {}
    detail = cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else {}
    who = cast("dict[str, Any]", detail.get("userIdentity") or {})
    return TrailEvent(
        id=raw.get("EventId", ""),
        name=raw.get("EventName", ""),
        service=raw.get("EventSource", ""),
        at=raw.get("EventTime", datetime.min.replace(tzinfo=UTC)),
        identity=str(who.get("arn") or who.get("invokedBy") or ""),
        user=raw.get("Username", "") or str(who.get("userName") or ""),
        access_key=raw.get("AccessKeyId", "") or str(who.get("accessKeyId") or ""),
        address=str(detail.get("sourceIPAddress") or ""),
        agent=str(detail.get("userAgent") or ""),
        by_service=str(who.get("invokedBy") or ""),
        error=str(detail.get("errorCode") or ""),
        reads=raw.get("ReadOnly", "false") == "true",
        resources=tuple(r.get("ResourceName", "") for r in raw.get("Resources", [])),
        detail=detail,
    )


async def history(scene: Scene) -> History:
    """Everything CloudTrail kept about the instance itself."""
    return await events(scene, "ResourceName", scene.target.instance)


async def launcher(scene: Scene) -> TrailEvent | None:
    """Who launched the instance; None when that is older than 90 days, or was not recorded here."""
    found = (await history(scene)).events
    return next((e for e in reversed(found) if e.name == "RunInstances" and not e.error), None)
