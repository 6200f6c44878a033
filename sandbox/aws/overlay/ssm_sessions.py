"""Session Manager's history."""

from datetime import datetime
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.world import Session

_ACTIVE: Final = frozenset({"Connected", "Connecting", "Disconnected"})
_KEYS: Final = frozenset(
    {"InvokedAfter", "InvokedBefore", "Target", "Owner", "Status", "SessionId", "AccessType"}
)


def _passes(session: Session, filters: dict[str, str]) -> bool:
    after, before = filters.get("InvokedAfter"), filters.get("InvokedBefore")
    exact = {
        "Target": session.target,
        "Owner": session.owner,
        "Status": session.status,
        "SessionId": session.id,
    }
    return (
        all(filters.get(name, value) == value for name, value in exact.items())
        and (after is None or session.started >= datetime.fromisoformat(after))
        and (before is None or session.started <= datetime.fromisoformat(before))
    )


def describe_sessions(self: Any) -> ActionResult:
    """DescribeSessions: active ones, or those ended in the last 30 days; newest first.

    Source: Systems Manager API reference, DescribeSessions, SessionFilter: InvalidFilterKey.
    """
    asked = list[dict[str, str]](self._get_param("Filters") or [])
    filters = {f["key"]: f["value"] for f in asked}
    for unknown in set(filters) - _KEYS:
        refuse("InvalidFilterKey", f"The filter key {unknown} is not valid.")
    active = self._get_param("State") == "Active"
    found = [s for s in world_for(self).sessions if (s.status in _ACTIVE) is active and _passes(s, filters)]
    rows = [
        {
            "SessionId": s.id,
            "Target": s.target,
            "Status": s.status,
            "StartDate": s.started,
            "DocumentName": s.document,
            "Owner": s.owner,
        }
        | ({"Reason": s.reason} if s.reason else {})
        | ({"EndDate": s.ended} if s.ended else {})
        for s in sorted(found, key=lambda s: s.started, reverse=True)
    ]
    return ActionResult({"Sessions": rows})


OVERRIDES = (
    Override(owner=SimpleSystemManagerResponse, name="describe_sessions", value=describe_sessions),
)  # fmt: skip
