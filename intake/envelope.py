"""What findings come wrapped in: an EventBridge event, an SNS notification around it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn, cast

from playbook.errors import BadInput
from playbook.text import plain, words

MOST_BYTES = 1024 * 1024
"""The largest message that SQS carries, since August 2025."""

_NOTHING_OPENED = "No incident was opened for it, and nothing was done."
_LOOK = "Look at the message as it came, and at what writes to this queue."


def unwrap(text: str | bytes) -> Mapping[str, object]:
    """The finding within `text`, as its source wrote it. Raises BadInput for anything else.

    Takes the event of EventBridge, the same as an SNS notification's `Message` (or delivered raw), and a bare finding.
    """
    body = _object(_decoded(text), "The message")
    match body:
        case {"Type": "Notification", "Message": str(message)}:
            return _of_event(_object(_decoded(message), "The message within the SNS notification"))
        case {"Type": "SubscriptionConfirmation" | "UnsubscribeConfirmation" as kind}:
            raise _refusal(f"The message is an SNS {kind}", then="Confirm the subscription at SNS, by hand.")
        case _:
            return _of_event(body)


def _of_event(body: Mapping[str, object]) -> Mapping[str, object]:
    match body:
        case {"source": "aws.guardduty", "detail-type": "GuardDuty Finding"}:
            return _object(body.get("detail"), "The event's detail")
        case {"source": source, "detail-type": kind}:
            raise _refusal(f"The message is the event “{plain(str(kind), 80)}” of {plain(str(source), 80)}")
        case {"accountId": _, "type": _} | {"AccountId": _, "Type": _}:
            return body
        case _:
            members = words([plain(name, 30) for name in list(body)[:6]]) or "no members"
            raise _refusal(f"The message is an object with {members}, which is no GuardDuty finding")


def _decoded(text: str | bytes) -> object:
    # Measured before it is decoded: what is too long costs nothing more.
    if len(text) > MOST_BYTES:
        raise _refusal(f"The message is {len(text):,} long, more than SQS carries ({MOST_BYTES:,} bytes)")
    try:
        # Text that can't be encoded (half a surrogate pair) could be read, but never stored.
        known = text if isinstance(text, bytes) else text.encode()
        return json.loads(known.decode(), object_pairs_hook=_once_each, parse_constant=_no_number)
    except UnicodeError as problem:
        raise _refusal("The message is not UTF-8") from problem
    except RecursionError as problem:
        raise _refusal("The message is nested too deeply to be read") from problem
    except ValueError as problem:
        raise _refusal(f"The message is not JSON: {plain(str(problem), 120)}") from problem


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        kind = {"list": "an array", "str": "a string", "NoneType": "null or absent"}.get(type(value).__name__)
        raise _refusal(f"{what} is {kind or 'a plain value'}, where a JSON object belongs")
    return cast("dict[str, object]", value)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Readers differ in which of two equal names they believe; whoever profits from that wrote it.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice within one object")
    return members


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _refusal(what: str, then: str = _LOOK) -> BadInput:
    return BadInput(f"{what}.", means=_NOTHING_OPENED, then=then)
