"""Messages: chat.postMessage, chat.update, chat.postEphemeral, chat.delete, chat.getPermalink."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.content import POSTED_TEXT, UPDATED_TEXT, content_of, metadata_of
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel, Ephemeral, Message
from sandbox.slack.render import message_json
from sandbox.slack.state import State


def post_message(state: State, args: Arguments) -> JSON:
    """Serve chat.postMessage."""
    _refuse_as_user(args)
    channel = _destination(state, args.text("channel"))
    _require_open(state, channel, read_only="restricted_action_read_only_channel")
    content = content_of(state, args, too_long="msg_blocks_too_long", bad_attachments="invalid_arguments")
    if content.empty:
        raise SlackError("no_text")
    message = Message(
        channel=channel.id,
        ts=state.new_ts(),
        user=state.app.bot_user,
        bot_id=state.app.bot_id,
        text=(content.text or "")[:POSTED_TEXT],
        blocks=content.blocks or [],
        attachments=content.attachments or [],
        metadata=metadata_of(args) or None,
        thread_ts=_thread_of(state, channel, args),
    )
    channel.messages.append(message)
    state.changed("message", channel=channel.id, ts=message.ts)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(state, message)}


def update(state: State, args: Arguments) -> JSON:
    """Serve chat.update: blocks, attachments and metadata that are not given stay as they were."""
    _refuse_as_user(args)
    channel = state.visible_channel(args.text("channel"))
    if channel.is_archived:
        raise SlackError("is_inactive")
    message = state.message(channel, args.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.bot_id != state.app.bot_id:
        raise SlackError("cant_update_message")
    content = content_of(state, args, too_long="msg_too_long", bad_attachments="invalid_attachments")
    metadata = metadata_of(args)
    if content.text is None and content.blocks is None and content.attachments is None:
        raise SlackError("no_text")
    if len(args.text("text")) > UPDATED_TEXT:
        raise SlackError("msg_too_long")
    message.text = message.text if content.text is None else content.text
    message.blocks = message.blocks if content.blocks is None else content.blocks
    message.attachments = message.attachments if content.attachments is None else content.attachments
    message.metadata = message.metadata if metadata is None else (metadata or None)
    message.edits += 1
    message.edited_ts = state.new_ts()
    state.changed("message", channel=channel.id, ts=message.ts)
    shown = message_json(state, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def post_ephemeral(state: State, args: Arguments) -> JSON:
    """Serve chat.postEphemeral."""
    channel = state.visible_channel(args.text("channel"))
    _require_open(state, channel, read_only="restricted_action")
    if args.text("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    content = content_of(state, args, too_long="msg_too_long", bad_attachments="invalid_attachments")
    if content.empty:
        raise SlackError("no_text")
    if len(content.text or "") > POSTED_TEXT:
        raise SlackError("msg_too_long")
    shown = Ephemeral(
        channel=channel.id,
        ts=state.new_ts(),
        user=args.text("user"),
        source="chat.postEphemeral",
        text=content.text or "",
        blocks=content.blocks or [],
        thread_ts=_thread_of(state, channel, args),
    )
    state.ephemerals.append(shown)
    state.changed("ephemeral", channel=channel.id, user=shown.user)
    return {"message_ts": shown.ts}


def delete(state: State, args: Arguments) -> JSON:
    """Serve chat.delete: a bot's token deletes only what that bot wrote; what was pinned is unpinned with it."""
    channel = state.visible_channel(args.text("channel"))
    message = state.message(channel, args.text("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.bot_id != state.app.bot_id:
        raise SlackError("cant_delete_message")
    channel.messages = [each for each in channel.messages if each is not message]
    channel.pins = [ts for ts in channel.pins if ts != message.ts]
    state.changed("message", channel=channel.id, ts=message.ts)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(state: State, args: Arguments) -> JSON:
    """Serve chat.getPermalink."""
    channel = state.visible_channel(args.text("channel"))
    message = state.message(channel, args.text("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"{state.base_url}/archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _refuse_as_user(args: Arguments) -> None:
    """Refuse `as_user`, which today's bot tokens do not have."""
    if args.flag("as_user"):
        raise SlackError("as_user_not_supported")


def _destination(state: State, reference: str) -> Channel:
    if reference in state.users:
        return state.direct_message(reference)
    named = reference.removeprefix("#")
    found = next((channel.id for channel in state.channels.values() if channel.name == named), reference)
    return state.visible_channel(found)


def _require_open(state: State, channel: Channel, *, read_only: str) -> None:
    """Refuse a channel in which the bot can't write; `chat:write.public` serves for public ones without joining."""
    if channel.is_archived:
        raise SlackError("is_archived")
    public = not channel.is_private and "chat:write.public" in state.app.scopes
    if state.app.bot_user not in channel.members and not public:
        raise SlackError("not_in_channel")
    if channel.is_im and not state.app.messages_tab:
        raise SlackError("messages_tab_disabled")
    if channel.is_read_only:
        raise SlackError(read_only)


def _thread_of(state: State, channel: Channel, args: Arguments) -> str | None:
    if not args.has("thread_ts"):
        return None
    parent = state.message(channel, args.text("thread_ts"))
    if parent is None or parent.thread_ts:
        raise SlackError("cannot_reply_to_message")
    return parent.ts
