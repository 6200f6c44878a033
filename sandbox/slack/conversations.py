"""Channels: conversations.create, rename, setTopic, archive, info, list."""

import re

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.membership import joined
from sandbox.slack.models import JSON, Channel
from sandbox.slack.render import channel_json, page_of
from sandbox.slack.state import State

NAME, TOPIC = 80, 250  # characters
TYPES = {"public_channel", "private_channel", "im", "mpim"}


def create(state: State, args: Arguments) -> JSON:
    """Serve conversations.create: the bot becomes the first member."""
    name = args.text("name")
    _check_name(state, name)
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


def rename(state: State, args: Arguments) -> JSON:
    """Serve conversations.rename: only of a channel that the bot made itself."""
    channel = joined(state, args)
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.creator != state.app.bot_user:
        raise SlackError("not_authorized")
    _check_name(state, args.text("name"))
    channel.name = args.text("name")
    state.changed("channel", channel=channel.id)
    return {"channel": channel_json(state, channel)}


def _check_name(state: State, name: str) -> None:
    """Refuse what can't name a channel: lower case letters, digits, hyphens and underscores, 80 at most."""
    if len(name) > NAME:
        raise SlackError("invalid_name_maxlength")
    if not re.search(r"[a-z0-9]", name):
        raise SlackError("invalid_name_punctuation")
    if not re.fullmatch(r"[a-z0-9_-]+", name):
        raise SlackError("invalid_name_specials")
    if any(channel.name == name for channel in state.channels.values() if not channel.is_im):
        raise SlackError("name_taken")


def set_topic(state: State, args: Arguments) -> JSON:
    """Serve conversations.setTopic."""
    channel = joined(state, args)
    if channel.is_archived:
        raise SlackError("is_archived")
    if len(args.text("topic")) > TOPIC:
        raise SlackError("too_long")
    channel.topic = args.text("topic")
    state.changed("channel", channel=channel.id)
    return {"channel": channel_json(state, channel)}


def archive(state: State, args: Arguments) -> JSON:
    """Serve conversations.archive."""
    channel = joined(state, args)
    if channel.is_archived:
        raise SlackError("already_archived")
    if channel.is_general:
        raise SlackError("cant_archive_general")
    channel.is_archived = True
    state.changed("channel", channel=channel.id)
    return {}


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
    page, rest = page_of(shown, args, default=100, most=999, refuse_limit=True)
    return {"channels": [channel_json(state, channel) for channel in page], **rest}


def _type_of(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    if channel.is_group_message:
        return "mpim"
    return "private_channel" if channel.is_private else "public_channel"
