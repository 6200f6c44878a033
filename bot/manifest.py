"""The Slack app's manifest, with the reason for every scope: exactly what the methods called here need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.api import Method
from playbook.plan import Json

VERSION = 1
COMMAND = "/ec2ir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A bot token's scope, why it is asked for, and the methods that need it."""

    name: str
    why: str
    methods: tuple[Method, ...] = ()


SCOPES: tuple[Scope, ...] = (
    Scope(name="commands", why="the command /ec2ir"),
    Scope(
        name="chat:write",
        why="cards, plans and decisions; refusals that only their person sees",
        methods=("chat.postMessage", "chat.update", "chat.postEphemeral"),
    ),
    Scope(
        name="groups:write",
        why="a private channel for each incident, its topic, and those who are invited to it",
        methods=("conversations.create", "conversations.invite", "conversations.setTopic"),
    ),
    Scope(
        name="groups:read",
        why="finding the incident's channel again when the answer to its creation was lost",
        methods=("conversations.list",),
    ),
    Scope(
        name="groups:history",
        why="looking whether a message arrived when the answer to it was lost, so that none comes twice",
        methods=("conversations.history", "conversations.replies"),
    ),
    Scope(
        name="channels:read",
        why="the same for the channel where incidents are announced, if it is public: finding it by name",
        methods=("conversations.list",),
    ),
    Scope(
        name="channels:history",
        why="the same for the channel where incidents are announced, if it is public: looking before posting",
        methods=("conversations.history",),
    ),
    Scope(
        name="files:write",
        why="reports and lists of indicators, in the incident's channel",
        methods=("files.getUploadURLExternal", "files.completeUploadExternal"),
    ),
    Scope(name="pins:read", why="the event pin_added, by which a replica knows that Slack still reaches it"),
    Scope(name="pins:write", why="pinning the card", methods=("pins.add",)),
    Scope(
        name="usergroups:read",
        why="who is a responder and who an approver, read anew at each approval",
        methods=("usergroups.list", "usergroups.users.list"),
    ),
    Scope(
        name="users:read",
        why="names for the record, and whether an account is still active",
        methods=("users.info",),
    ),
)

UNSCOPED: Mapping[Method, str] = {
    "auth.test": "whether the token is good, before anything is promised",
    "apps.connections.open": "Socket Mode; the app-level token needs connections:write, the bot's token nothing",
    "views.open": "a dialog, opened by the trigger of a click",
    "views.publish": "a person's Home, when they open it",
    "views.update": "a dialog, once its question is answered",
}
"""Methods for which the bot's token needs no scope, and why."""


EVENTS: Mapping[str, str] = {
    "app_home_opened": "drawing a person's Home when they open it; it needs no scope",
    "pin_added": "hearing of the bot's own pins: a replica to which Slack delivers nothing is told by that",
}
"""Events that Slack sends, and why."""


def scope_table() -> str:
    """The scopes as a Markdown table: what each is for."""
    rows = (f"| `{scope.name}` | {scope.why} |" for scope in SCOPES)
    return "\n".join(("| scope | why |", "| --- | --- |", *rows))


def manifest(*, socket_mode: bool, url: str | None = None) -> Json:
    """The manifest as JSON. Over HTTP `url` is where Slack reaches ec2ir, such as `https://ir.example.com`.

    Raises ValueError without a URL where one is needed.
    """
    if not socket_mode and not url:
        raise ValueError("over HTTP the manifest needs the URL at which Slack reaches ec2ir")
    request = {} if socket_mode else {"url": f"{(url or '').rstrip('/')}/slack/events"}
    interactivity: Json = {"is_enabled": True}
    if not socket_mode:
        interactivity["request_url"] = request["url"]
    command: Json = {
        "command": COMMAND,
        "description": "Respond to a compromised EC2 instance",
        "usage_hint": "help | status | declare i-… | plan | isolate | undo …",
        "should_escape": False,
        **request,
    }
    events: Json = {"bot_events": list(EVENTS), **({"request_url": request["url"]} if request else {})}
    return {
        "_metadata": {"major_version": VERSION, "minor_version": 1},
        "display_information": {
            "name": "ec2ir",
            "description": "Plan, approve, contain, prove and undo: AWS EC2 compromise",
            "background_color": "#1f2933",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": False,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "ec2ir", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted(scope.name for scope in SCOPES)}},
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket_mode,
            "token_rotation_enabled": False,
        },
    }
