"""The state of a workspace and the look-ups that every method shares; it decides nothing about Slack's rules."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.slack.errors import SlackError
from sandbox.slack.models import (
    JSON,
    App,
    Call,
    Channel,
    Ephemeral,
    File,
    Message,
    ResponseUrl,
    Trigger,
    User,
    UserGroup,
    View,
)

Clock = Callable[[], datetime]


@dataclass(slots=True, kw_only=True)
class State:
    """Everything that a workspace remembers. `clock` returns aware UTC.

    `is_paid` is whether it has a paid plan; `installed` whether the app is still in it.
    """

    clock: Clock
    app: App = field(default_factory=App)
    team_id: str = "T0000000001"
    team_domain: str = "sandbox"
    base_url: str = "http://slack.invalid"
    is_paid: bool = True
    installed: bool = True
    users: dict[str, User] = field(default_factory=dict[str, User])
    groups: dict[str, UserGroup] = field(default_factory=dict[str, UserGroup])
    channels: dict[str, Channel] = field(default_factory=dict[str, Channel])
    ephemerals: list[Ephemeral] = field(default_factory=list[Ephemeral])
    homes: dict[str, View] = field(default_factory=dict[str, View])
    modals: dict[str, list[View]] = field(default_factory=dict[str, list[View]])
    files: dict[str, File] = field(default_factory=dict[str, File])
    triggers: dict[str, Trigger] = field(default_factory=dict[str, Trigger])
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict[str, ResponseUrl])
    calls: list[Call] = field(default_factory=list[Call])
    watchers: set[asyncio.Queue[JSON]] = field(default_factory=set[asyncio.Queue[JSON]])
    socket_url: Callable[[], str] | None = None
    events: list[tuple[Channel, JSON]] = field(default_factory=list[tuple[Channel, JSON]])
    """What the app's own calls made happen and it was not told of yet, each with the channel where it did."""
    _serial: int = 0
    _last_micros: int = 0

    def new_id(self, prefix: str) -> str:
        """Return an id that nothing else in this workspace has, such as `C0000000004`."""
        self._serial += 1
        return f"{prefix}{self._serial:010d}"

    def new_ts(self) -> str:
        """Return a message timestamp, unique and rising, which is also the message's id in its channel."""
        now = self.clock()
        micros = int(now.timestamp()) * 1_000_000 + now.microsecond
        self._last_micros = max(micros, self._last_micros + 1)
        seconds, rest = divmod(self._last_micros, 1_000_000)
        return f"{seconds}.{rest:06d}"

    def changed(self, kind: str, **details: str | None) -> None:
        """Tell whoever watches that something happened."""
        for queue in self.watchers:
            queue.put_nowait({"kind": kind, **details})

    def visible_channel(self, reference: str) -> Channel:
        """Return the channel with this id that the bot may know of.

        Raises: SlackError `channel_not_found`, also for a private channel that the bot is not in.
        """
        channel = self.channels.get(reference)
        if channel is None or (channel.is_private and self.app.bot_user not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def message(self, channel: Channel, ts: str) -> Message | None:
        """Return the message with this timestamp; the newest are looked at first."""
        return next((message for message in reversed(channel.messages) if message.ts == ts), None)

    def view(self, view_id: str) -> View | None:
        """Return an open modal or a Home by its id."""
        open_views = [view for stack in self.modals.values() for view in stack]
        return next((view for view in (*open_views, *self.homes.values()) if view.id == view_id), None)

    def direct_message(self, user_id: str) -> Channel:
        """Return the direct message between the bot and a user, opened if need be.

        Raises: SlackError `channel_not_found` for somebody who does not exist.
        """
        user = self.users.get(user_id)
        if user is None or user.is_bot or user.deleted:
            raise SlackError("channel_not_found")
        for channel in self.channels.values():
            if channel.is_im and user_id in channel.members:
                return channel
        channel = Channel(
            id=self.new_id("D"), name=user.name, created=self.clock(), creator=self.app.bot_user,
            is_private=True, is_im=True, members=[user_id, self.app.bot_user],
        )  # fmt: skip
        self.channels[channel.id] = channel
        self.changed("channel", channel=channel.id)
        return channel
