"""What stays at a channel's top: pins.add, pins.remove, bookmarks.add, bookmarks.edit."""

import re

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel
from sandbox.slack.state import State
from sandbox.slack.timestamps import require_timestamp

MOST_PINS = MOST_BOOKMARKS = 100
EMOJI = re.compile(r":[a-z0-9_+'-]+:")


def add_pin(state: State, args: Arguments) -> JSON:
    """Serve pins.add."""
    channel = state.visible_channel(args.text("channel"))
    if state.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    ts = _pinnable(state, channel, args)
    if ts in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise SlackError("too_many_pins")
    channel.pins.append(ts)
    state.changed("channel", channel=channel.id)
    # https://docs.slack.dev/reference/events/pin_added: the app hears of its own pins, too.
    event: JSON = {
        "type": "pin_added", "user": state.app.bot_user, "channel_id": channel.id, "event_ts": state.new_ts(),
        "item": {"type": "message", "channel": channel.id, "created_by": state.app.bot_user, "message": {"ts": ts}},
    }  # fmt: skip
    state.events.append((channel, event))
    return {}


def remove_pin(state: State, args: Arguments) -> JSON:
    """Serve pins.remove: of a channel that the bot is not in it knows nothing."""
    channel = _inside(state, args.text("channel"))
    ts = _pinnable(state, channel, args)
    if ts not in channel.pins:
        raise SlackError("no_pin")
    channel.pins.remove(ts)
    state.changed("channel", channel=channel.id)
    return {}


def _pinnable(state: State, channel: Channel, args: Arguments) -> str:
    ts = args.text("timestamp")
    if not ts:
        raise SlackError("no_item_specified")
    require_timestamp(ts)
    if state.message(channel, ts) is None:
        raise SlackError("message_not_found")
    return ts


def add_bookmark(state: State, args: Arguments) -> JSON:
    """Serve bookmarks.add: links only."""
    channel = _inside(state, args.text("channel_id"))
    if args.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    _check_bookmark(args, link=args.text("link"))
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    bookmark: JSON = {
        "id": state.new_id("Bk"), "channel_id": channel.id, "title": args.text("title"), "type": "link",
        "link": args.text("link"), "emoji": args.text("emoji"), "date_created": int(state.clock().timestamp()),
    }  # fmt: skip
    channel.bookmarks.append(bookmark)
    state.changed("channel", channel=channel.id)
    return {"bookmark": bookmark}


def edit_bookmark(state: State, args: Arguments) -> JSON:
    """Serve bookmarks.edit: what is not given stays."""
    channel = _inside(state, args.text("channel_id"))
    bookmark = next((each for each in channel.bookmarks if each.get("id") == args.text("bookmark_id")), None)
    if bookmark is None:
        raise SlackError("not_found")
    _check_bookmark(args, link=args.text("link") or str(bookmark["link"]))
    bookmark.update({name: args.text(name) for name in ("title", "link", "emoji") if args.has(name)})
    bookmark["date_updated"] = int(state.clock().timestamp())
    state.changed("channel", channel=channel.id)
    return {"bookmark": bookmark}


def _check_bookmark(args: Arguments, *, link: str) -> None:
    if not link.startswith(("http://", "https://")):
        raise SlackError("invalid_link")
    if args.has("emoji") and not EMOJI.fullmatch(args.text("emoji")):
        raise SlackError("invalid_emoji")


def _inside(state: State, reference: str) -> Channel:
    channel = state.visible_channel(reference)
    if state.app.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    return channel
