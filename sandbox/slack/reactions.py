"""Reactions to messages: reactions.add."""

import re

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON
from sandbox.slack.state import State
from sandbox.slack.timestamps import require_timestamp

# Slack's help on emoji reactions: 23 different ones of one person on a message, 50 of all.
MINE, ALL = 23, 50
EMOJI = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def add(state: State, args: Arguments) -> JSON:
    """Serve reactions.add: the name stands without colons."""
    name, ts = args.text("name"), args.text("timestamp")
    if not EMOJI.fullmatch(name):
        raise SlackError("invalid_name")
    channel = state.visible_channel(args.text("channel"))
    require_timestamp(ts)
    if state.app.bot_user not in channel.members:
        raise SlackError("no_access")
    if channel.is_archived:
        raise SlackError("is_archived")
    message = state.message(channel, ts)
    if message is None:
        raise SlackError("message_not_found")
    people = message.reactions.get(name, [])
    if state.app.bot_user in people:
        raise SlackError("already_reacted")
    if sum(state.app.bot_user in each for each in message.reactions.values()) >= MINE:
        raise SlackError("too_many_reactions")
    if name not in message.reactions and len(message.reactions) >= ALL:
        raise SlackError("too_many_emoji")
    message.reactions[name] = [*people, state.app.bot_user]
    state.changed("message", channel=channel.id, ts=ts)
    return {}
