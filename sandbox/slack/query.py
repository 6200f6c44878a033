"""Looking at a workspace in tests: buttons, texts, messages by their metadata."""

from typing import Any, NamedTuple, cast

from sandbox.slack.blockkit import as_blocks, elements_of, texts_of
from sandbox.slack.errors import CannotActError
from sandbox.slack.forms import text_in
from sandbox.slack.models import JSON, Channel, Ephemeral, Message, View


class Button(NamedTuple):
    """A button as a person sees it, with what it sends."""

    label: str
    action_id: str
    value: str


def blocks_in(shown: Message | Ephemeral | View) -> list[JSON]:
    """Return the blocks of a message or a view."""
    return as_blocks(shown.body["blocks"]) if isinstance(shown, View) else shown.blocks


def buttons(shown: Message | Ephemeral | View) -> list[Button]:
    """Return every button, from the top."""
    return [
        Button(element["text"]["text"], str(element["action_id"]), str(element.get("value", "")))
        for block in blocks_in(shown)
        for element in elements_of(block)
        if element["type"] == "button"
    ]


def texts(shown: Message | Ephemeral | View) -> str:
    """Return everything readable, one text a line: of the blocks, or the message's text where it has none."""
    blocks = blocks_in(shown)
    if blocks or isinstance(shown, View):
        return "\n".join(texts_of(blocks))
    return shown.text


def with_metadata(channel: Channel, event_type: str, **payload: Any) -> list[Message]:
    """Return the messages with this metadata; `payload` names fields of the event payload that must agree."""
    return [
        message
        for message in channel.messages
        if message.metadata is not None
        and message.metadata["event_type"] == event_type
        and payload.items() <= cast("JSON", message.metadata["event_payload"]).items()
    ]


def element_in(
    blocks: list[JSON], wanted: str, *, value: str | None = None, block_id: str | None = None
) -> tuple[JSON, JSON]:
    """Return the block and the element with this action_id or, for a button, this label.

    `value` and `block_id` tell apart those that share it. Raises: CannotActError if there is none, or several.
    """
    all_elements = [
        (block, element)
        for block in blocks
        for element in elements_of(block)
        if value in {None, element.get("value")} and block_id in {None, block["block_id"]}
    ]
    found = [pair for pair in all_elements if pair[1].get("action_id") == wanted]
    found = found or [pair for pair in all_elements if _label(pair[1]) == wanted]
    if not found:
        there = ", ".join(str(_label(element) or element.get("action_id")) for _, element in all_elements)
        raise CannotActError(f"there is no {wanted!r} to click; there is: {there or 'nothing'}")
    if len(found) > 1 and len({pair[1].get("value") for pair in found}) > 1:
        raise CannotActError(f"{wanted!r} stands on {len(found)} buttons; name one by its value")
    return found[0]


def _label(element: JSON) -> str:
    return text_in(element, "text") if element["type"] == "button" else ""
