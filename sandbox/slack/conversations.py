"""Channels: conversations.create, invite, setTopic, info, list, members, archive, join."""

import re

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel
from sandbox.slack.render import channel_json, page_of
from sandbox.slack.state import State

NAME, TOPIC = 80, 250  # characters
TYPES = {"public_channel", "private_channel", "im", "mpim"}


def create(state: State, args: Arguments) -> JSON:
    """Serve conversations.create: the bot becomes the first member."""
    name = args.text("name")
    if len(name) > NAME:
        raise SlackError("invalid_name_maxlength")
    if not re.search(r"[a-z0-9]", name):
        raise SlackError("invalid_name_punctuation")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise SlackError("invalid_name_specials")
    if any(channel.name == name for channel in state.channels.values() if not channel.is_im):
        raise SlackError("name_taken")
    channel = Channel(
        id=state.new_id("C"),
        name=name,
        created=state.clock(),
        creator=state.app.bot_user,
        is_private=args.flag("is_private"),
        members=[state.app.bot_user],
    )
    state.channels[channel.id] = channel
    state.changed("channel", channel=channel.id)
    return {"channel": channel_json(state, channel)}


def invite(state: State, args: Arguments) -> JSON:
    """Serve conversations.invite: all or nobody, unless `force` is set. User groups can't be invited."""
    channel = _joined(state, args)
    if channel.is_archived:
        raise SlackError("is_archived")
    if not args.items("users"):
        raise SlackError("no_user")
    refused = [
        {"user": user, "ok": False, "error": error}
        for user in args.items("users")
        if (error := _why_not(state, channel, user))
    ]
    refused_users = {each["user"] for each in refused}
    welcome = [user for user in args.items("users") if user not in refused_users]
    if refused and not (args.flag("force") and welcome):
        raise SlackError(str(refused[0]["error"]), errors=refused)
    channel.members += list(dict.fromkeys(welcome))
    state.changed("channel", channel=channel.id)
    return {"channel": channel_json(state, channel)} | ({"errors": refused} if refused else {})


def _why_not(state: State, channel: Channel, user: str) -> str | None:
    known = state.users.get(user)
    if user == state.app.bot_user:
        return "cant_invite_self"
    if known is None or known.deleted:
        return "user_not_found"
    return "already_in_channel" if user in channel.members else None


def set_topic(state: State, args: Arguments) -> JSON:
    """Serve conversations.setTopic."""
    channel = _joined(state, args)
    if channel.is_archived:
        raise SlackError("is_archived")
    if len(args.text("topic")) > TOPIC:
        raise SlackError("too_long")
    channel.topic = args.text("topic")
    state.changed("channel", channel=channel.id)
    return {"channel": channel_json(state, channel)}


def info(state: State, args: Arguments) -> JSON:
    """Serve conversations.info."""
    return {"channel": channel_json(state, state.visible_channel(args.text("channel")))}


def listing(state: State, args: Arguments) -> JSON:
    """Serve conversations.list: private channels and direct messages only where the bot is a member."""
    types = set(args.items("types")) or {"public_channel"}
    if types - TYPES:
        raise SlackError("invalid_types")
    shown = [
        channel
        for channel in state.channels.values()
        if _type_of(channel) in types
        and (not channel.is_private or state.app.bot_user in channel.members)
        and not (channel.is_archived and args.flag("exclude_archived"))
    ]
    page, rest = page_of(shown, args, default=100, most=999)
    return {"channels": [channel_json(state, channel) for channel in page], **rest}


def _type_of(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def members(state: State, args: Arguments) -> JSON:
    """Serve conversations.members."""
    channel = state.visible_channel(args.text("channel"))
    page, rest = page_of(channel.members, args, default=100, most=999)
    return {"members": list(page), **rest}


def archive(state: State, args: Arguments) -> JSON:
    """Serve conversations.archive."""
    channel = _joined(state, args)
    if channel.is_archived:
        raise SlackError("already_archived")
    channel.is_archived = True
    state.changed("channel", channel=channel.id)
    return {}


def join(state: State, args: Arguments) -> JSON:
    """Serve conversations.join: public channels only."""
    channel = state.visible_channel(args.text("channel"))
    if channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if state.app.bot_user in channel.members:
        return {"channel": channel_json(state, channel), "warning": "already_in_channel"}
    channel.members.append(state.app.bot_user)
    state.changed("channel", channel=channel.id)
    return {"channel": channel_json(state, channel)}


def _joined(state: State, args: Arguments) -> Channel:
    channel = state.visible_channel(args.text("channel"))
    if channel.is_im:
        raise SlackError("method_not_supported_for_channel_type")
    if state.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel
