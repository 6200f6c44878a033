"""What a person fills in: values of inputs and selects, in the shapes that payloads carry."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any, cast

from sandbox.slack.blockkit import as_blocks, elements_of
from sandbox.slack.errors import CannotActError
from sandbox.slack.models import JSON

TYPED = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}
LONGEST = 3000  # characters that an input takes when the app sets no max_length
# element type → (field of the payload, field of the element with what is set at first)
FIELDS = {
    **dict.fromkeys(TYPED, ("value", "initial_value")),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}


def text_in(thing: JSON, field: str) -> str:
    """Return the text of a text object in a block or element, or nothing where it has none."""
    found = cast("JSON", thing.get(field) or {})
    return str(found.get("text", ""))


def options_of(element: JSON) -> list[JSON]:
    """Return the options of a select, those in groups too."""
    grouped = [
        option for group in as_blocks(element.get("option_groups")) for option in as_blocks(group["options"])
    ]
    return [*as_blocks(element.get("options")), *grouped]


def filled(element: JSON, value: Any) -> JSON:
    """Return `{"type": …, field: value}` for an element. Options are chosen by value or label.

    Raises: CannotActError for an option that is not there, or a text that is too short or too long.
    """
    kind = str(element["type"])
    field, _ = FIELDS[kind]
    if field == "selected_option":
        value = _option(element, value)
    elif field == "selected_options":
        value = [_option(element, each) for each in cast("list[Any]", value or [])]
    elif kind in TYPED and value is not None:
        _check_length(element, str(value))
    elif kind == "datepicker" and value is not None:
        value = date.fromisoformat(str(value)).isoformat()
    elif kind == "timepicker" and value is not None:
        value = time.fromisoformat(str(value)).strftime("%H:%M")
    return {"type": kind, field: value}


def _option(element: JSON, wanted: Any) -> JSON | None:
    if wanted is None or isinstance(wanted, dict):
        return cast("JSON | None", wanted)
    for option in options_of(element):
        if wanted in {option["value"], option["text"]["text"]}:
            return {"text": option["text"], "value": option["value"]}
    raise CannotActError(f"there is no option {wanted!r}")


def _check_length(element: JSON, text: str) -> None:
    least, most = int(element.get("min_length") or 0), int(element.get("max_length") or LONGEST)
    if not least <= len(text) <= most:
        raise CannotActError(f"the text must have {least} to {most} characters, not {len(text)}")


def state_values(blocks: list[JSON], values: Mapping[str, Any], *, complete: bool = False) -> JSON:
    """Return `{block_id: {action_id: value}}` for blocks; keys of `values` are block ids, action ids or labels.

    Raises: CannotActError for a value that has no input, and, if `complete`, for a required input left empty.
    """
    found: JSON = {}
    unused = set(values)
    for block in blocks:
        for element in elements_of(block):
            if element["type"] not in FIELDS or element["type"] == "overflow":
                continue
            action_id = str(element.get("action_id") or "")
            names = [str(block.get("block_id")), action_id, text_in(block, "label")]
            given = next((name for name in names if name in values), None)
            unused.discard(str(given))
            answer = filled(element, values[given] if given else element.get(FIELDS[str(element["type"])][1]))
            if complete and block["type"] == "input" and not block.get("optional"):
                _require(answer, names[2])
            found.setdefault(str(block["block_id"]), {})[action_id] = answer
    if unused:
        raise CannotActError(f"there is no input for {', '.join(sorted(unused))}")
    return found


def _require(answer: JSON, label: str) -> None:
    value = answer[FIELDS[str(answer["type"])][0]]
    if value in (None, "", []):
        raise CannotActError(f"the required input {label!r} is empty")
