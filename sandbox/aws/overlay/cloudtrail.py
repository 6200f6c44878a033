"""CloudTrail's event history: look-ups over what was really called in the box, and over its seeded past."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult

from sandbox.aws.history import ATTRIBUTES, entry, matching
from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.world import World, system_clock

DAYS: Final = 90
PER_SECOND: Final = 2


def _paced(world: World) -> None:
    """Two requests a second. A box whose clock is held by hand has no seconds to count in.

    Source: CloudTrail API reference, LookupEvents: "limited to two per second, per account, per Region".
    """
    if world.clock is not system_clock:
        return
    now = time.monotonic()
    world.lookups = [moment for moment in world.lookups if moment > now - 1]
    if len(world.lookups) >= PER_SECOND:
        refuse("ThrottlingException", "Rate exceeded")
    world.lookups.append(now)


def _moment(value: Any, otherwise: datetime) -> datetime:
    return datetime.fromtimestamp(float(value), UTC) if value is not None else otherwise


def lookup_events(self: Any) -> ActionResult:
    """LookupEvents: 90 days, one attribute, at most 50 a page, newest first.

    Source: CloudTrail API reference, LookupEvents: InvalidLookupAttributesException,
    InvalidMaxResultsException, InvalidTimeRangeException, InvalidNextTokenException.
    """
    world = world_for(self)
    _paced(world)
    wanted = list[dict[str, str]](self._get_param("LookupAttributes") or [])
    if len(wanted) > 1 or any(a.get("AttributeKey") not in ATTRIBUTES for a in wanted):
        refuse("InvalidLookupAttributesException", "Specify exactly one valid lookup attribute.")
    most = int(self._get_param("MaxResults") or 50)
    if not 1 <= most <= 50:
        refuse("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
    oldest = world.now() - timedelta(days=DAYS)
    start, end = (
        _moment(self._get_param("StartTime"), oldest),
        _moment(self._get_param("EndTime"), world.now()),
    )
    if start > end:
        refuse("InvalidTimeRangeException", "StartTime is after EndTime.")
    token = str(self._get_param("NextToken") or "0")
    if not token.isdigit():
        refuse("InvalidNextTokenException", "The token is not valid.")
    shown = [e for e in world.history if max(start, oldest) <= e.at <= end]
    found = (
        matching(shown, wanted[0]["AttributeKey"], wanted[0]["AttributeValue"])
        if wanted
        else sorted(shown, key=lambda e: e.at, reverse=True)
    )
    skip = int(token)
    page: dict[str, Any] = {"Events": [entry(e, self.current_account) for e in found[skip : skip + most]]}
    if skip + most < len(found):
        page["NextToken"] = str(skip + most)
    return ActionResult(page)


OVERRIDES = (Override(owner=CloudTrailResponse, name="lookup_events", value=lookup_events),)
