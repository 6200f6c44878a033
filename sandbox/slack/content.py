"""What a message may carry: text, markdown, blocks, attachments, metadata; read from arguments and checked."""

import json
from dataclasses import dataclass
from typing import Any, cast

from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import MESSAGE_CHARACTERS, characters, check_blocks, with_block_ids
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON
from sandbox.slack.state import State

POSTED_TEXT = 40_000  # characters; Slack cuts longer text of a new message
UPDATED_TEXT = 4_000  # characters; chat.update refuses longer text
MARKDOWN = 12_000  # characters of `markdown_text`
ATTACHMENTS = 100  # chat.postMessage: "a maximum of 100 attachments are allowed on a message"
METADATA_BYTES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message's content; a part that was not given is None."""

    text: str | None
    blocks: list[JSON] | None
    attachments: list[JSON] | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.blocks or self.attachments)


def content_of(state: State, args: Arguments, *, too_long: str, bad_attachments: str) -> Content:
    """Return the content that arguments describe. Raises: SlackError, among them `too_long`, `bad_attachments`.

    `markdown_text` excludes text and blocks, and shows as a markdown block.
    """
    text = args.text("text") if args.has("text") else None
    blocks = blocks_of(state, args, too_long=too_long)
    if args.has("markdown_text"):
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        text = args.text("markdown_text")
        if len(text) > MARKDOWN:
            raise SlackError(too_long)
        blocks = with_block_ids([{"type": "markdown", "text": text}], state.new_id("b"))
    return Content(text=text, blocks=blocks, attachments=_attachments_of(args, bad_attachments))


def blocks_of(state: State, args: Arguments, *, too_long: str) -> list[JSON] | None:
    """Return the validated blocks of a message with their ids, or None if none were given. Raises: SlackError."""
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = check_blocks(cast("Any", blocks), "message")
    if problems:
        raise SlackError("invalid_blocks", *problems)
    good = cast("list[JSON]", blocks)
    if characters(good) > MESSAGE_CHARACTERS:
        raise SlackError(too_long)
    return with_block_ids(good, state.new_id("b"))


def _attachments_of(args: Arguments, refusal: str) -> list[JSON] | None:
    attachments = args.structure("attachments", refusal)
    if attachments is None:
        return None
    if not isinstance(attachments, list) or not all(
        isinstance(each, dict) for each in cast("list[Any]", attachments)
    ):
        raise SlackError(refusal)
    good = cast("list[JSON]", attachments)
    if len(good) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    return good


def metadata_of(args: Arguments) -> JSON | None:
    """Return a message's metadata; None if none was given, empty to take it away. Raises: SlackError."""
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return metadata
    good = cast("JSON", metadata) if isinstance(metadata, dict) else {}
    if not isinstance(good.get("event_type"), str) or not isinstance(good.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(good)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return good
