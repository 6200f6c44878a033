"""The payloads that Slack sends for what people do."""

from typing import Any

from sandbox.slack.models import JSON, Channel, Ephemeral, Message, User, View
from sandbox.slack.render import message_json, view_json
from sandbox.slack.state import State

VERIFICATION_TOKEN = "sandbox-verification-token"  # deprecated by Slack, still sent  # noqa: S105


def channel_name(channel: Channel) -> str:
    """Return the name that payloads show: the real one only for public channels."""
    if channel.is_im:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def slash_command(
    state: State, user: User, channel: Channel, text: str, *, trigger_id: str, response_url: str
) -> JSON:
    """Return the form fields of a slash command."""
    command, _, rest = text.partition(" ")
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": state.team_id,
        "team_domain": state.team_domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": rest.strip(),
        "api_app_id": state.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _interaction(state: State, kind: str, user: User, trigger_id: str) -> JSON:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": state.team_id},
        "api_app_id": state.app.id,
        "token": VERIFICATION_TOKEN,
        "trigger_id": trigger_id,
        "team": {"id": state.team_id, "domain": state.team_domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_click(
    state: State,
    user: User,
    channel: Channel,
    message: Message | Ephemeral,
    action: JSON,
    values: JSON,
    *,
    trigger_id: str,
    response_url: str,
) -> JSON:
    """Return block_actions for an element of a message. Of an ephemeral message Slack sends no copy."""
    ephemeral = isinstance(message, Ephemeral)
    container: JSON = {
        "type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": ephemeral,
    }  # fmt: skip
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    return {
        **_interaction(state, "block_actions", user, trigger_id),
        "container": container,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        **({} if isinstance(message, Ephemeral) else {"message": message_json(state, message)}),
        "state": {"values": values},
        "response_url": response_url,
        "actions": [action],
    }


def view_click(state: State, user: User, view: View, action: JSON, values: JSON, *, trigger_id: str) -> JSON:
    """Return block_actions for an element of a modal or the Home tab."""
    return {
        **_interaction(state, "block_actions", user, trigger_id),
        "container": {"type": "view", "view_id": view.id},
        "view": view_json(state, view, values),
        "actions": [action],
    }


def view_submission(state: State, user: User, view: View, values: JSON, *, trigger_id: str) -> JSON:
    """Return view_submission for a modal."""
    return {
        **_interaction(state, "view_submission", user, trigger_id),
        "view": view_json(state, view, values),
        "response_urls": [],
    }


def view_closed(state: State, user: User, view: View, *, is_cleared: bool) -> JSON:
    """Return view_closed for a modal that asked for it; it carries no trigger."""
    payload = _interaction(state, "view_closed", user, "")
    del payload["trigger_id"]
    return {**payload, "view": view_json(state, view), "is_cleared": is_cleared}


def event(state: State, inner: JSON) -> JSON:
    """Return the outer event that carries an Events API event."""
    authorization: dict[str, Any] = {
        "enterprise_id": None, "team_id": state.team_id, "user_id": state.app.bot_user, "is_bot": True,
        "is_enterprise_install": False,
    }  # fmt: skip
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": state.team_id,
        "api_app_id": state.app.id,
        "event": inner,
        "type": "event_callback",
        "event_id": state.new_id("Ev"),
        "event_time": int(state.clock().timestamp()),
        "authorizations": [authorization],
        "is_ext_shared_channel": False,
    }
