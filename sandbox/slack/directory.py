"""Who is who: auth.test, apps.connections.open, users.info, usergroups.list, usergroups.users.list."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON
from sandbox.slack.render import user_json
from sandbox.slack.state import State


def auth_test(state: State, _args: Arguments) -> JSON:
    """Serve auth.test."""
    bot = state.users[state.app.bot_user]
    return {
        "url": f"{state.base_url}/",
        "team": state.team_domain,
        "user": bot.name,
        "team_id": state.team_id,
        "user_id": bot.id,
        "bot_id": state.app.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(state: State, _args: Arguments) -> JSON:
    """Serve apps.connections.open. Without a listening server there is nothing to connect to."""
    if state.socket_url is None:
        raise SlackError("service_unavailable")
    return {"url": state.socket_url()}


def user_info(state: State, args: Arguments) -> JSON:
    """Serve users.info."""
    user = state.users.get(args.text("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(state, user)}


def group_list(state: State, args: Arguments) -> JSON:
    """Serve usergroups.list."""
    shown: list[JSON] = []
    for group in state.groups.values():
        if not group.enabled and not args.flag("include_disabled"):
            continue
        row: JSON = {
            "id": group.id, "team_id": state.team_id, "is_usergroup": True, "name": group.name,
            "handle": group.handle, "date_delete": 0 if group.enabled else 1,
        }  # fmt: skip
        row |= {"users": list(group.members)} if args.flag("include_users") else {}
        row |= {"user_count": len(group.members)} if args.flag("include_count") else {}
        shown.append(row)
    return {"usergroups": shown}


def group_members(state: State, args: Arguments) -> JSON:
    """Serve usergroups.users.list: a disabled group is no error, and shows nobody unless asked for."""
    group = state.groups.get(args.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members) if group.enabled or args.flag("include_disabled") else []}
