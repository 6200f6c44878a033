"""Messages: chat.postMessage, chat.update, chat.postEphemeral, chat.getPermalink."""

import json
from typing import Any, cast

from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import MESSAGE_CHARACTERS, characters, check_blocks, with_block_ids
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel, Ephemeral, Message
from sandbox.slack.render import message_json
from sandbox.slack.state import State

POSTED_TEXT = 40_000  # characters; Slack cuts longer text of a new message
UPDATED_TEXT = 4_000  # characters; chat.update refuses longer text
METADATA_BYTES = 16_384


def post_message(state: State, args: Arguments) -> JSON:
    """Serve chat.postMessage."""
    channel = _destination(state, args.text("channel"))
    _require_open(state, channel)
    blocks = blocks_of(state, args, too_long="msg_blocks_too_long")
    if not args.text("text") and not blocks:
        raise SlackError("no_text")
    message = Message(
        channel=channel.id,
        ts=state.new_ts(),
        user=state.app.bot_user,
        bot_id=state.app.bot_id,
        text=args.text("text")[:POSTED_TEXT],
        blocks=blocks or [],
        metadata=_metadata_of(args) or None,
        thread_ts=_thread_of(state, channel, args),
    )
    channel.messages.append(message)
    state.changed("message", channel=channel.id, ts=message.ts)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(state, message)}


def update(state: State, args: Arguments) -> JSON:
    """Serve chat.update: blocks and metadata that are not given stay as they were."""
    channel = state.visible_channel(args.text("channel"))
    if channel.is_archived:
        raise SlackError("is_inactive")
    message = state.message(channel, args.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.bot_id != state.app.bot_id:
        raise SlackError("cant_update_message")
    blocks, metadata = blocks_of(state, args, too_long="msg_too_long"), _metadata_of(args)
    if not args.has("text") and blocks is None:
        raise SlackError("no_text")
    if len(args.text("text")) > UPDATED_TEXT:
        raise SlackError("msg_too_long")
    message.text = args.text("text", message.text)
    message.blocks = message.blocks if blocks is None else blocks
    message.metadata = message.metadata if metadata is None else (metadata or None)
    message.edits += 1
    message.edited_ts = state.new_ts()
    state.changed("message", channel=channel.id, ts=message.ts)
    shown = message_json(state, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def post_ephemeral(state: State, args: Arguments) -> JSON:
    """Serve chat.postEphemeral."""
    channel = state.visible_channel(args.text("channel"))
    _require_open(state, channel)
    if args.text("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    blocks = blocks_of(state, args, too_long="msg_too_long")
    if not args.text("text") and not blocks:
        raise SlackError("no_text")
    if len(args.text("text")) > POSTED_TEXT:
        raise SlackError("msg_too_long")
    shown = Ephemeral(
        channel=channel.id,
        ts=state.new_ts(),
        user=args.text("user"),
        source="chat.postEphemeral",
        text=args.text("text"),
        blocks=blocks or [],
        thread_ts=args.text("thread_ts") or None,
    )
    state.ephemerals.append(shown)
    state.changed("ephemeral", channel=channel.id, user=shown.user)
    return {"message_ts": shown.ts}


def get_permalink(state: State, args: Arguments) -> JSON:
    """Serve chat.getPermalink."""
    channel = state.visible_channel(args.text("channel"))
    message = state.message(channel, args.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"{state.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


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


def _metadata_of(args: Arguments) -> JSON | None:
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is None or metadata == {}:
        return metadata
    good = cast("JSON", metadata) if isinstance(metadata, dict) else {}
    if not isinstance(good.get("event_type"), str) or not isinstance(good.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(good)) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return good


def _destination(state: State, reference: str) -> Channel:
    if reference in state.users:
        return state.direct_message(reference)
    named = reference.removeprefix("#")
    found = next((channel.id for channel in state.channels.values() if channel.name == named), reference)
    return state.visible_channel(found)


def _require_open(state: State, channel: Channel) -> None:
    if channel.is_archived:
        raise SlackError("is_archived")
    if state.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")


def _thread_of(state: State, channel: Channel, args: Arguments) -> str | None:
    if not args.has("thread_ts"):
        return None
    parent = state.message(channel, args.text("thread_ts"))
    if parent is None or parent.thread_ts:
        raise SlackError("cannot_reply_to_message")
    return parent.ts
