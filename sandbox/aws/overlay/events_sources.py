"""EventBridge: what AWS services say, nobody else may; and targets get the event as it was put."""

import json
from typing import Any, Final

from moto.events.models import Rule
from moto.events.responses import EventsHandler

from sandbox.aws.overlay.base import Override

_put_events = EventsHandler.put_events
_put_targets = EventsHandler.put_targets
_send = Rule.send_to_targets
_RESERVED: Final = "NotAuthorizedForSourceException"


def put_events(self: Any) -> str:
    """PutEvents: an entry whose source begins with `aws.` fails by itself; the others are taken.

    Source: EventBridge API reference, PutEventsResultEntry, `ErrorCode`: NotAuthorizedForSourceException; user
    guide, "Sending events with PutEvents": the result's entries are in the order of the request's.
    """
    asked = list[dict[str, Any]](self._get_param("Entries") or [])
    ours = [str(entry.get("Source") or "").startswith("aws.") for entry in asked]
    if not any(ours):
        return _put_events(self)
    taken = [entry for entry, reserved in zip(asked, ours, strict=True) if not reserved]
    results = iter(self.events_backend.put_events(taken))
    words = "Not authorized for the source."
    entries = [
        {"ErrorCode": _RESERVED, "ErrorMessage": words} if reserved else next(results) for reserved in ours
    ]
    return json.dumps({"FailedEntryCount": sum("ErrorCode" in e for e in entries), "Entries": entries})


def put_targets(self: Any) -> tuple[str, dict[str, Any]]:
    """PutTargets: what would change the event on its way is not emulated, and refused when it is set.

    Source: EventBridge API reference, PutTargets.
    """
    targets = list[dict[str, Any]](self._get_param("Targets") or [])
    for name in ("Input", "InputPath", "InputTransformer"):
        if any(target.get(name) for target in targets):
            raise NotImplementedError(f"{name} of an EventBridge target")
    return _put_targets(self)


def send_to_targets(self: Any, original_event: dict[str, Any], **_: Any) -> None:
    """A rule's delivery: the whole event, as it was put; a rule of a schedule alone matches none.

    Source: EventBridge user guide, "Amazon EventBridge event structure"; PutTargets: without `Input`, `InputPath`
    and `InputTransformer` "the entire event is passed to the target".
    """
    if self.event_pattern.get_pattern():
        event: Any = {name: value for name, value in original_event.items() if name != "ingestion-time"}
        _send(self, event, transform_input=False)


OVERRIDES = (
    Override(owner=EventsHandler, name="put_events", value=put_events),
    Override(owner=EventsHandler, name="put_targets", value=put_targets),
    Override(owner=Rule, name="send_to_targets", value=send_to_targets),
)
