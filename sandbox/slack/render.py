"""How the Web API and payloads show messages, channels, users and views."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel, Message, User, View
from sandbox.slack.state import State

T = TypeVar("T")


def message_json(state: State, message: Message, *, metadata: bool = True) -> JSON:
    """Return a message as the API and block_actions payloads carry it."""
    shown: dict[str, Any] = {
        "type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": state.team_id,
    }  # fmt: skip
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.attachments:
        shown["attachments"] = message.attachments
    if message.reactions:
        shown["reactions"] = [
            {"name": name, "users": users, "count": len(users)} for name, users in message.reactions.items()
        ]
    if message.bot_id:
        shown |= {"bot_id": message.bot_id, "app_id": state.app.id}
    if message.edited_ts:
        shown["edited"] = {"user": message.user, "ts": message.edited_ts}
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    if message.files:
        shown["files"] = message.files
    if message.subtype:
        shown["subtype"] = message.subtype
    return shown | _thread_json(state, message)


def _thread_json(state: State, message: Message) -> JSON:
    if message.thread_ts:
        return {"thread_ts": message.thread_ts}
    replies = [each for each in state.channels[message.channel].messages if each.thread_ts == message.ts]
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": sorted({each.user for each in replies}),
        "latest_reply": replies[-1].ts,
    }


def channel_json(state: State, channel: Channel) -> JSON:
    """Return a channel as conversations.* show it to the bot."""
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": int(channel.created.timestamp()),
        "creator": channel.creator,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private and not (channel.is_im or channel.is_group_message),
        "is_im": channel.is_im,
        "is_mpim": channel.is_group_message,
        "is_general": channel.is_general,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_member": state.app.bot_user in channel.members,
        "context_team_id": state.team_id,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic, "creator": channel.creator, "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def user_json(state: State, user: User) -> JSON:
    """Return a user as users.info shows it: with the address only to a token that has `users:read.email`."""
    email = {"email": user.email} if user.email and "users:read.email" in state.app.scopes else {}
    return {
        "id": user.id,
        "team_id": state.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "profile": {"real_name": user.real_name, "display_name": user.name, "team": state.team_id, **email},
    }


def view_json(state: State, view: View, values: JSON | None = None) -> JSON:
    """Return a view as views.* and payloads show it; `values` is what the user filled in."""
    defaults: JSON = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "submit": None,
        "close": None,
    }
    return {
        **defaults,
        **view.body,
        "id": view.id,
        "team_id": state.team_id,
        "app_id": state.app.id,
        "app_installed_team_id": state.team_id,
        "bot_id": state.app.bot_id,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "state": {"values": values or {}},
    }


def page_of(
    items: Sequence[T], args: Arguments, *, default: int, most: int, refuse_limit: bool = False
) -> tuple[Sequence[T], JSON]:
    """Return one page of items and its `response_metadata`. The cursor is the offset, made opaque.

    `refuse_limit` is for methods that document `invalid_limit`; others take the nearest limit that they have.
    Raises: SlackError `invalid_cursor`, `invalid_limit`.
    """
    asked = args.number("limit", default)
    limit = min(max(asked, 1), most)
    if refuse_limit and limit != asked:
        raise SlackError("invalid_limit")
    cursor = args.text("cursor")
    prefix, _, offset = cursor.partition(":")
    if cursor and (prefix != "next" or not offset.isdigit()):
        raise SlackError("invalid_cursor")
    start = int(offset or 0)
    more = start + limit < len(items)
    next_cursor = f"next:{start + limit}" if more else ""
    return items[start : start + limit], {"response_metadata": {"next_cursor": next_cursor}}
