"""Who is who: auth.test, apps.connections.open, users.info, users.lookupByEmail."""

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


def user_by_email(state: State, args: Arguments) -> JSON:
    """Serve users.lookupByEmail: people whose account is active."""
    wanted = args.text("email").lower()
    for user in state.users.values():
        if wanted == user.email and not user.deleted:
            return {"user": user_json(state, user)}
    raise SlackError("users_not_found")
