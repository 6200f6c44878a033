"""What was said: conversations.history and conversations.replies."""

import re
from collections.abc import Sequence

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel, Message
from sandbox.slack.render import message_json, page_of
from sandbox.slack.state import State


def history(state: State, args: Arguments) -> JSON:
    """Serve conversations.history: newest first, without thread replies."""
    channel = _readable(state, args)
    found = [message for message in _between(channel.messages, args) if not message.thread_ts]
    found.reverse()
    return _answer(state, found, args)


def replies(state: State, args: Arguments) -> JSON:
    """Serve conversations.replies: the parent and its thread, oldest first."""
    channel = _readable(state, args)
    asked = state.message(channel, args.text("ts"))
    if asked is None:
        raise SlackError("thread_not_found")
    parent = asked.thread_ts or asked.ts
    thread = [message for message in channel.messages if parent in {message.ts, message.thread_ts}]
    return _answer(state, _between(thread, args), args)


def _readable(state: State, args: Arguments) -> Channel:
    channel = state.visible_channel(args.text("channel"))
    if state.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _answer(state: State, found: Sequence[Message], args: Arguments) -> JSON:
    page, rest = page_of(found, args, default=100, most=999)
    metadata = args.flag("include_all_metadata")
    shown = [message_json(state, message, metadata=metadata) for message in page]
    return {"messages": shown, "has_more": bool(rest["response_metadata"]["next_cursor"]), **rest}


def _between(messages: Sequence[Message], args: Arguments) -> list[Message]:
    bounds: dict[str, str] = {}
    for name in ("oldest", "latest"):
        bounds[name] = args.text(name) or ("0" if name == "oldest" else "9999999999")
        if not re.fullmatch(r"\d+(\.\d+)?", bounds[name]):
            raise SlackError(f"invalid_ts_{name}")
    oldest, latest = _micros(bounds["oldest"]), _micros(bounds["latest"])
    if args.flag("inclusive"):
        return [message for message in messages if oldest <= _micros(message.ts) <= latest]
    return [message for message in messages if oldest < _micros(message.ts) < latest]


def _micros(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))
