"""What stays at a channel's top: pins.add, bookmarks.add."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON
from sandbox.slack.state import State

MOST_PINS = MOST_BOOKMARKS = 100


def add_pin(state: State, args: Arguments) -> JSON:
    """Serve pins.add."""
    channel = state.visible_channel(args.text("channel"))
    if state.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    ts = args.text("timestamp")
    if not ts:
        raise SlackError("no_item_specified")
    if state.message(channel, ts) is None:
        raise SlackError("message_not_found")
    if ts in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise SlackError("too_many_pins")
    channel.pins.append(ts)
    state.changed("channel", channel=channel.id)
    return {}


def add_bookmark(state: State, args: Arguments) -> JSON:
    """Serve bookmarks.add."""
    channel = state.visible_channel(args.text("channel_id"))
    if state.app.bot_user not in channel.members:
        raise SlackError("channel_not_found")
    if args.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    if not args.text("link").startswith(("http://", "https://")):
        raise SlackError("invalid_link")
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    bookmark: JSON = {
        "id": state.new_id("Bk"), "channel_id": channel.id, "title": args.text("title"), "type": "link",
        "link": args.text("link"), "emoji": args.text("emoji"), "date_created": int(state.clock().timestamp()),
    }  # fmt: skip
    channel.bookmarks.append(bookmark)
    state.changed("channel", channel=channel.id)
    return {"bookmark": bookmark}
