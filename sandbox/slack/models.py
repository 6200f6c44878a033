"""What a workspace is made of: people, groups, channels, messages, views, files and the app installed in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# JSON as Slack speaks it. The shapes are Slack's, so they are checked at the edges and not in the type.
JSON = dict[str, Any]

DEFAULT_SCOPES = frozenset(
    {
        "bookmarks:write", "channels:history", "channels:join", "channels:manage", "channels:read", "chat:write",
        "commands", "files:write", "groups:history", "groups:read", "groups:write", "im:history", "im:read",
        "im:write", "mpim:history", "mpim:read", "mpim:write", "pins:write", "reactions:write", "usergroups:read",
        "usergroups:write", "users:read", "users:read.email",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app installed in the workspace, as its manifest has it; `events` are those of the Events API it gets."""

    id: str = "A0000000001"
    name: str = "ec2ir"
    bot_id: str = "B0000000001"
    bot_user: str = "U0000000BOT"
    bot_token: str = "xoxb-sandbox-bot"  # noqa: S105
    app_token: str = "xapp-sandbox-app"  # noqa: S105
    signing_secret: str = "sandbox-signing-secret"  # noqa: S105
    commands: frozenset[str] = frozenset({"/ec2ir"})
    scopes: frozenset[str] = DEFAULT_SCOPES
    events: frozenset[str] = frozenset({"app_home_opened"})
    home_tab: bool = True
    messages_tab: bool = True


@dataclass(slots=True, kw_only=True)
class User:
    """A person, or the bot."""

    id: str
    name: str
    real_name: str
    tz: str = "Asia/Singapore"
    email: str = ""
    is_bot: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class UserGroup:
    """A user group ("subteam"); a disabled one keeps its members but is not listed unless asked for.

    A `locked` one may be changed by administrators alone, as a workspace can set it.
    """

    id: str
    handle: str
    name: str
    description: str = ""
    members: list[str] = field(default_factory=list[str])
    enabled: bool = True
    locked: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """One message. `user` is who wrote it; `metadata` is `{"event_type": …, "event_payload": {…}}`.

    `reactions` maps an emoji's name to those who reacted with it.
    """

    channel: str
    ts: str
    user: str
    text: str = ""
    blocks: list[JSON] = field(default_factory=list[JSON])
    thread_ts: str | None = None
    attachments: list[JSON] = field(default_factory=list[JSON])
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    metadata: JSON | None = None
    edits: int = 0
    edited_ts: str | None = None
    bot_id: str | None = None
    subtype: str | None = None
    files: list[JSON] = field(default_factory=list[JSON])


@dataclass(slots=True, kw_only=True)
class Ephemeral:
    """A message that only `user` sees. `source` is `chat.postEphemeral`, `ack` or `response_url`."""

    channel: str
    ts: str
    user: str
    source: str
    text: str = ""
    blocks: list[JSON] = field(default_factory=list[JSON])
    thread_ts: str | None = None


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel or a direct message; `pins` holds message timestamps, oldest first.

    The general channel can't be archived; in a read-only one the bot may not write, as administrators can set it.
    """

    id: str
    name: str
    created: datetime
    creator: str
    is_private: bool = False
    is_im: bool = False
    is_group_message: bool = False
    is_archived: bool = False
    is_general: bool = False
    is_read_only: bool = False
    topic: str = ""
    members: list[str] = field(default_factory=list[str])
    messages: list[Message] = field(default_factory=list[Message])
    pins: list[str] = field(default_factory=list[str])
    bookmarks: list[JSON] = field(default_factory=list[JSON])


@dataclass(slots=True, kw_only=True)
class View:
    """A modal, or the app's Home tab, as one user sees it. `body` is what the app sent, block ids filled in."""

    id: str
    user: str
    body: JSON
    hash: str
    root_id: str
    previous_id: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True, kw_only=True)
class File:
    """An upload: announced by `length`, filled through its URL, shared on completion."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    channels: list[str] = field(default_factory=list[str])
    completed: bool = False


@dataclass(slots=True, kw_only=True)
class Trigger:
    """A trigger id: lives three seconds and serves once."""

    user: str
    created: datetime
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """A response_url: serves five times in thirty minutes. `posts` keeps what came, in order."""

    user: str
    channel: str
    created: datetime
    message_ts: str | None = None
    ephemeral: bool = False
    posts: list[JSON] = field(default_factory=list[JSON])


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One Web API call as the workspace saw it, with what it answered."""

    method: str
    arguments: Mapping[str, Any]
    status: int
    answer: JSON
