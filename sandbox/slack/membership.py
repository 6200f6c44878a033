"""Who is in which conversation: conversations.invite, kick, join, members, open."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Channel
from sandbox.slack.render import channel_json, page_of
from sandbox.slack.state import State

DIRECT = 8  # people whom one direct message may hold, besides the caller


def invite(state: State, args: Arguments) -> JSON:
    """Serve conversations.invite: all or nobody, unless `force` is set. User groups can't be invited."""
    channel = joined(state, args)
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


def kick(state: State, args: Arguments) -> JSON:
    """Serve conversations.kick: nobody is removed from the general channel, nor the caller from any."""
    channel = joined(state, args)
    if channel.is_archived:
        raise SlackError("not_supported")
    if channel.is_general:
        raise SlackError("cant_kick_from_general")
    user = args.text("user")
    if user == state.app.bot_user:
        raise SlackError("cant_kick_self")
    if user not in state.users:
        raise SlackError("user_not_found")
    if user not in channel.members:
        raise SlackError("not_in_channel")
    channel.members.remove(user)
    state.changed("channel", channel=channel.id)
    return {"errors": {}}


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


def members(state: State, args: Arguments) -> JSON:
    """Serve conversations.members."""
    channel = state.visible_channel(args.text("channel"))
    page, rest = page_of(channel.members, args, default=100, most=999, refuse_limit=True)
    return {"members": list(page), **rest}


def open_direct(state: State, args: Arguments) -> JSON:
    """Serve conversations.open: a direct message by its id, or with one person or several (`mpim:write`)."""
    if args.has("channel"):
        channel = state.visible_channel(args.text("channel"))
        if not (channel.is_im or channel.is_group_message):
            raise SlackError("method_not_supported_for_channel_type")
        return _opened(state, channel, args)
    people = list(dict.fromkeys(args.items("users")))
    if not people:
        raise SlackError("users_list_not_supplied")
    if len(people) > DIRECT:
        raise SlackError("too_many_users")
    for person in people:
        known = state.users.get(person)
        if known is None or known.is_bot:
            raise SlackError("user_not_found")
        if known.deleted:
            raise SlackError("user_disabled")
    if len(people) == 1:
        return _opened(state, state.direct_message(people[0]), args)
    if "mpim:write" not in state.app.scopes:
        raise SlackError("missing_scope", needed="mpim:write", provided=",".join(sorted(state.app.scopes)))
    return _opened(state, _group_message(state, people), args)


def _group_message(state: State, people: list[str]) -> Channel:
    wanted = {*people, state.app.bot_user}
    for channel in state.channels.values():
        if channel.is_group_message and set(channel.members) == wanted:
            return channel
    names = [state.users[person].name for person in people]
    channel = Channel(
        id=state.new_id("C"), name=f"mpdm-{'--'.join([*names, state.app.name])}-1", created=state.clock(),
        creator=state.app.bot_user, is_private=True, is_group_message=True, members=[*people, state.app.bot_user],
    )  # fmt: skip
    state.channels[channel.id] = channel
    state.changed("channel", channel=channel.id)
    return channel


def _opened(state: State, channel: Channel, args: Arguments) -> JSON:
    full = args.flag("return_im")
    return {"channel": channel_json(state, channel) if full else {"id": channel.id}}


def joined(state: State, args: Arguments) -> Channel:
    """Return the channel named, which must be one with members and have the bot among them. Raises: SlackError."""
    channel = state.visible_channel(args.text("channel"))
    if channel.is_im or channel.is_group_message:
        raise SlackError("method_not_supported_for_channel_type")
    if state.app.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    return channel
