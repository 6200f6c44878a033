"""What alerts come wrapped in: an EventBridge event, an SNS notification around it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, cast

from playbook.errors import BadInput
from playbook.text import plain, words

MOST_BYTES = 1024 * 1024
"""The largest message that SQS carries, since August 2025."""

NOTHING_OPENED = "No incident was opened for it, and nothing was done."
_LOOK = "Look at the message as it came, and at what sends it."

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An alert out of its wrapping. `source` and `kind` are EventBridge's `source` and `detail-type`.

    A body that came bare gets those that EventBridge would give it; an alarm as SNS tells it has `ALARM_BY_SNS`.
    """

    source: str
    kind: str
    body: Body
    account: str = ""
    region: str = ""
    resources: tuple[str, ...] = ()


ALARM_BY_SNS = "CloudWatch alarm notification"


def unwrap(text: str | bytes) -> Event:
    """The alert within `text`, as its source wrote it. Raises BadInput for anything that is none.

    Takes the event of EventBridge, the same as an SNS notification's `Message` (or delivered raw), a CloudWatch
    alarm as SNS tells it, and a bare finding of GuardDuty.
    """
    body = document(text)
    match body:
        case {"Type": "Notification", "Message": str(message)}:
            return _of_event(_object(_decoded(message), "The message within the SNS notification"))
        case {"Type": "SubscriptionConfirmation" | "UnsubscribeConfirmation" as kind}:
            raise refusal(f"The message is an SNS {kind}", then="Confirm the subscription at SNS, by hand.")
        case _:
            return _of_event(body)


def document(text: str | bytes) -> Body:
    """`text` as one JSON object. Raises BadInput."""
    return _object(_decoded(text), "The message")


def refusal(what: str, then: str = _LOOK) -> BadInput:
    """The error for a message that can't be understood; `what` is a sentence without its full stop."""
    return BadInput(f"{what}.", means=NOTHING_OPENED, then=then)


def _of_event(body: Body) -> Event:
    match body:
        case {"source": str(source), "detail-type": str(kind)}:
            return Event(
                source=source,
                kind=kind,
                body=_object(body.get("detail"), "The event's detail"),
                account=_text(body.get("account")),
                region=_text(body.get("region")),
                resources=_texts(body.get("resources")),
            )
        case {"accountId": _, "type": _} | {"AccountId": _, "Type": _}:
            return Event(source="aws.guardduty", kind="GuardDuty Finding", body=body)
        case {"AlarmName": _, "NewStateValue": _}:
            return Event(source="aws.cloudwatch", kind=ALARM_BY_SNS, body=body)
        case _:
            members = words([plain(name, 30) for name in list(body)[:6]]) or "no members"
            raise refusal(f"The message is an object with {members}, which is no alert that ec2ir knows")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    found = cast("list[object]", value) if isinstance(value, list) else []
    return tuple(one for one in found if isinstance(one, str))


def _decoded(text: str | bytes) -> object:
    # Measured before it is decoded: what is too long costs nothing more.
    if len(text) > MOST_BYTES:
        raise refusal(f"The message is {len(text):,} long, more than SQS carries ({MOST_BYTES:,} bytes)")
    try:
        # Text that can't be encoded (half a surrogate pair) could be read, but never stored.
        known = text if isinstance(text, bytes) else text.encode()
        return json.loads(known.decode(), object_pairs_hook=_once_each, parse_constant=_no_number)
    except UnicodeError as problem:
        raise refusal("The message is not UTF-8") from problem
    except RecursionError as problem:
        raise refusal("The message is nested too deeply to be read") from problem
    except ValueError as problem:
        raise refusal(f"The message is not JSON: {plain(str(problem), 120)}") from problem


def _object(value: object, what: str) -> Body:
    if not isinstance(value, dict):
        kind = {"list": "an array", "str": "a string", "NoneType": "null or absent"}.get(type(value).__name__)
        raise refusal(f"{what} is {kind or 'a plain value'}, where a JSON object belongs")
    return cast("dict[str, object]", value)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Readers differ in which of two equal names they believe; whoever profits from that wrote it.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice within one object")
    return members


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")
