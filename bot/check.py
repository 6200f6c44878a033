"""Slack's limits on a message, checked before it leaves: what is too long is split by us or refused, never cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from playbook.plan import Json

BLOCKS = 50
CHARACTERS = 12_000
"""Over all blocks of a message; Slack refuses at about 13,200 (`msg_blocks_too_long`, undocumented)."""
SECTION = 3_000
FIELD = 2_000
ELEMENTS = {"context": 10, "actions": 25}
TEXT = 4_000
"""Top-level text: chat.update refuses more."""


class LimitError(ValueError):
    """A message that Slack would refuse; its rendering is wrong."""


def checked(blocks: Sequence[Block]) -> list[Json]:
    """The blocks as JSON. Raises LimitError, or slack_sdk's SlackObjectFormationError, when a limit is broken."""
    made = as_json(blocks)
    problems = list(_problems(made))
    if problems:
        raise LimitError("; ".join(problems))
    return made


def fitting(blocks: Sequence[Block]) -> list[Json] | None:
    """The blocks as JSON, or None when Slack would not take them as one message."""
    try:
        return checked(blocks)
    except (LimitError, SlackObjectFormationError):  # slack_sdk checks a part of the limits itself
        return None


def as_json(blocks: Sequence[Block]) -> list[Json]:
    """The blocks as JSON values, unchecked."""
    return [cast("Json", block.to_dict()) for block in blocks]  # pyright: ignore[reportUnknownMemberType]


def characters(blocks: Sequence[Json]) -> int:
    """How many characters the blocks show, entities written out."""
    return sum(len(text) for text in _texts(blocks))


def _problems(blocks: Sequence[Json]) -> Iterator[str]:
    if len(blocks) > BLOCKS:
        yield f"{len(blocks)} blocks; {BLOCKS} are allowed"
    total = characters(blocks)
    if total > CHARACTERS:
        yield f"{total} characters; {CHARACTERS} are allowed"
    for place, block in enumerate(blocks):
        most = ELEMENTS.get(block["type"])
        if most is not None and len(block["elements"]) > most:
            yield f"block {place}: {len(block['elements'])} elements; {most} are allowed"
        limit = SECTION if block["type"] == "section" else FIELD
        own = {key: block[key] for key in ("text", "elements") if key in block}
        yield from (f"block {place}: {len(t)} characters" for t in _texts(own) if len(t) > limit)
        yield from (
            f"block {place}: a field of {len(t)}" for t in _texts(block.get("fields")) if len(t) > FIELD
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in cast("Json", value).items():
            if key == "text" and isinstance(inner, str):
                yield inner
            elif key != "confirm":
                yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for item in cast("Sequence[Any]", value):
            yield from _texts(item)
