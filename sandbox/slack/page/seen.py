"""What one person sees of the workspace, with one channel in full."""

from sandbox.slack.models import JSON, Channel, Ephemeral, User
from sandbox.slack.render import message_json
from sandbox.slack.state import State

SHOWN_MESSAGES = 300


def seen_by(state: State, who: User, asked: Channel | None) -> JSON:
    """Return people, groups, channels, the channel asked for, Home and the open modal, as `who` sees them."""
    visible = [each for each in state.channels.values() if not each.is_private or who.id in each.members]
    channel = asked if asked in visible else next(iter(visible), None)
    home = state.homes.get(who.id)
    modals = state.modals.get(who.id) or []
    return {
        "me": who.id,
        "users": [
            {"id": user.id, "name": user.name, "real_name": user.real_name, "bot": user.is_bot}
            for user in state.users.values()
        ],
        "groups": [
            {"id": group.id, "handle": group.handle, "mine": who.id in group.members}
            for group in state.groups.values()
        ],
        "channels": [_entry(each, who) for each in visible],
        "channel": _channel(state, who, channel) if channel else None,
        "home": {"id": home.id, "blocks": home.body["blocks"]} if home else None,
        "modal": {**modals[-1].body, "id": modals[-1].id, "errors": modals[-1].errors, "depth": len(modals)}
        if modals
        else None,
    }  # fmt: skip


def _entry(channel: Channel, who: User) -> JSON:
    return {
        "id": channel.id, "name": channel.name, "private": channel.is_private, "im": channel.is_im,
        "archived": channel.is_archived, "member": who.id in channel.members,
        "latest": channel.messages[-1].ts if channel.messages else "",
    }  # fmt: skip


def _channel(state: State, who: User, channel: Channel) -> JSON:
    messages = [
        message_json(state, message, metadata=False) | {"pinned": message.ts in channel.pins}
        for message in channel.messages[-SHOWN_MESSAGES:]
    ]
    whispers = [
        _whisper(state.app.bot_user, each)
        for each in state.ephemerals
        if (each.channel, each.user) == (channel.id, who.id)
    ]
    return {
        "id": channel.id,
        "topic": channel.topic,
        "members": channel.members,
        "bookmarks": [{"title": each["title"], "link": each["link"]} for each in channel.bookmarks],
        "messages": sorted([*messages, *whispers], key=lambda each: str(each["ts"])),
    }


def _whisper(bot: str, shown: Ephemeral) -> JSON:
    return {
        "ts": shown.ts, "user": bot, "bot_id": "app", "text": shown.text, "blocks": shown.blocks, "ephemeral": True,
        **({"thread_ts": shown.thread_ts} if shown.thread_ts else {}),
    }  # fmt: skip
