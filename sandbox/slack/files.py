"""Uploads: files.getUploadURLExternal, the URL it gives, files.completeUploadExternal."""

from typing import cast

from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import as_blocks
from sandbox.slack.content import blocks_of
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel, File, Message
from sandbox.slack.state import State

FILE_BYTES = 1_000_000_000  # Slack's help: a file may have up to 1 GB
SNIPPET_BYTES = 1_000_000  # Slack's help: a snippet may have up to 1 MB
ALT_TEXT = 1_000  # characters
CHANNELS = 100  # files.completeUploadExternal: at most 100 in `channels`


def get_upload_url(state: State, args: Arguments) -> JSON:
    """Serve files.getUploadURLExternal."""
    length = args.number("length", 0)
    if length <= 0:
        raise SlackError("invalid_arguments", "[ERROR] must be greater than 0: length")
    if length > FILE_BYTES:
        raise SlackError("file_upload_size_restricted")
    if args.has("snippet_type") and length > SNIPPET_BYTES:
        raise SlackError("snippet_too_large")
    if len(args.text("alt_txt")) > ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    file = File(id=state.new_id("F"), name=args.text("filename"), length=length)
    state.files[file.id] = file
    return {"file_id": file.id, "upload_url": f"{state.base_url}/upload/{file.id}"}


def receive(state: State, file_id: str, content: bytes) -> bool:
    """Take the bytes of an announced file; False if it was not announced, or with another length."""
    file = state.files.get(file_id)
    if file is None or file.completed or len(content) != file.length:
        return False
    file.content = content
    return True


def complete_upload(state: State, args: Arguments) -> JSON:
    """Serve files.completeUploadExternal: shares the files in the channels named, in one message each."""
    asked = as_blocks(args.structure("files", "invalid_arguments"))
    uploaded = [state.files.get(str(each.get("id"))) for each in asked]
    if not asked or any(file is None or file.content is None or file.completed for file in uploaded):
        raise SlackError("file_not_found")
    channels = _destinations(state, args)
    blocks = _blocks(state, args)
    shared: list[JSON] = []
    for file, wish in zip(cast("list[File]", uploaded), asked, strict=True):
        file.completed, file.channels = True, [channel.id for channel in channels]
        file.title = str(wish.get("title") or file.name)
        shared.append({"id": file.id, "name": file.name, "title": file.title, "size": file.length})
    for channel in channels:
        message = Message(
            channel=channel.id, ts=state.new_ts(), user=state.app.bot_user, bot_id=state.app.bot_id,
            text=args.text("initial_comment"), blocks=blocks, thread_ts=args.text("thread_ts") or None,
            files=shared,
        )  # fmt: skip
        channel.messages.append(message)
        state.changed("message", channel=channel.id, ts=message.ts)
    return {"files": shared}


def _destinations(state: State, args: Arguments) -> list[Channel]:
    ids = args.items("channels") or args.items("channel_id")
    if len(ids) > CHANNELS:
        raise SlackError("channels_limit_exceeded")
    channels = [state.visible_channel(channel_id) for channel_id in ids]
    if any(state.app.bot_user not in channel.members for channel in channels):
        raise SlackError("not_in_channel")
    if any(channel.is_archived or channel.is_read_only for channel in channels):
        raise SlackError("posting_to_channel_denied")
    return channels


def _blocks(state: State, args: Arguments) -> list[JSON]:
    """Return the message's blocks, which exclude an initial comment; every fault of theirs has one code here."""
    try:
        return blocks_of(state, args, too_long="invalid_blocks") or []
    except SlackError as refusal:
        raise SlackError("invalid_blocks", *refusal.messages) from refusal
