"""A Slack workspace in a box: its state, its Web API, and the people who act in it."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.acts import Acts
from sandbox.slack.chatter import Chatter
from sandbox.slack.delivery import Ack, Delivery
from sandbox.slack.dispatch import Dispatcher
from sandbox.slack.endpoint import Endpoint
from sandbox.slack.errors import CannotActError
from sandbox.slack.in_process import InProcessDelivery, in_process_client
from sandbox.slack.interactivity import TRIGGER_LIFE
from sandbox.slack.limits import Faults, Limits, Meter
from sandbox.slack.models import JSON, App, Call, Channel, Ephemeral, Message, User, UserGroup, View
from sandbox.slack.outcome import Click, Outcome
from sandbox.slack.query import with_metadata
from sandbox.slack.state import Clock, State
from sandbox.slack.web import WebApi

T = TypeVar("T")


class Workspace:
    """One workspace with one app installed. People and channels may be named by id or by name.

    `clock` returns aware UTC; `limits` is `Limits.none()` unless a test or the demo wants Slack's own.
    """

    def __init__(self, *, clock: Clock, app: App | None = None, limits: Limits | None = None) -> None:
        self.app = app or App()
        self.state = State(clock=clock, app=self.app)
        self.faults = Faults()
        self.meter = Meter(limits=limits or Limits.none())
        self.api = WebApi(state=self.state, meter=self.meter, faults=self.faults)
        self.dispatcher = Dispatcher(state=self.state, faults=self.faults)
        self._acts = Acts(state=self.state, dispatcher=self.dispatcher)
        self._chatter = Chatter(state=self.state, dispatcher=self.dispatcher)
        self.endpoint = Endpoint(self.api, self._chatter.tell_own)
        bot = User(id=self.app.bot_user, name=self.app.name, real_name=self.app.name, is_bot=True)
        self.state.users[bot.id] = bot

    # -- set-up

    def add_user(
        self, name: str, *, real_name: str = "", tz: str = "Asia/Singapore", user_id: str = ""
    ) -> User:
        """Add a person, whose address is `name@example.com`."""
        user = User(
            id=user_id or self.state.new_id("U"), name=name, real_name=real_name or name.title(), tz=tz,
            email=f"{name}@example.com",
        )  # fmt: skip
        self.state.users[user.id] = user
        return user

    def add_group(
        self, handle: str, members: Sequence[str], *, group_id: str = "", enabled: bool = True
    ) -> UserGroup:
        """Add a user group; `members` are people by id or name."""
        group = UserGroup(
            id=group_id or self.state.new_id("S"), handle=handle, name=handle, enabled=enabled,
            members=[self.user(member).id for member in members],
        )  # fmt: skip
        self.state.groups[group.id] = group
        return group

    def add_channel(
        self,
        name: str,
        members: Sequence[str],
        *,
        private: bool = False,
        bot: bool = True,
        channel_id: str = "",
    ) -> Channel:
        """Add a channel with these people, and with the bot unless `bot` is false."""
        people = [self.user(member).id for member in members]
        channel = Channel(
            id=channel_id or self.state.new_id("C"), name=name, created=self.state.clock(), is_private=private,
            creator=people[0] if people else self.app.bot_user,
            members=[*people, *([self.app.bot_user] if bot else [])],
        )  # fmt: skip
        self.state.channels[channel.id] = channel
        return channel

    def uninstall(self) -> None:
        """Take the app out of the workspace: its tokens serve no more (`account_inactive`)."""
        self.state.installed = False

    def client(self) -> AsyncWebClient:
        """Return slack_sdk's client, with the bot's token, that reaches this workspace without a socket."""
        return in_process_client(self.endpoint, self.app.bot_token, base_url=self.state.base_url)

    def attach(self, app: AsyncApp) -> None:
        """Deliver what people do to this Bolt app directly, signed, without a socket."""
        self.deliver_by(InProcessDelivery(app, self.endpoint, self.app.signing_secret))

    def deliver_by(self, delivery: Delivery | None) -> None:
        """Deliver what people do over this transport."""
        self.dispatcher.delivery = delivery

    def call(self, method: str, **arguments: Any) -> JSON:
        """Call the Web API as the bot and return the answer, refusals too: for tests that look or set up."""
        answer = self.api.call(method, arguments, f"Bearer {self.app.bot_token}")
        return json.loads(answer.body)

    # -- look-ups

    def user(self, who: str) -> User:
        """Return a person by id or name. Raises: LookupError."""
        found = self.state.users.get(who) or next(
            (u for u in self.state.users.values() if u.name == who), None
        )
        if found is None:
            raise LookupError(f"no user {who!r} in this workspace")
        return found

    def channel(self, which: str) -> Channel:
        """Return a channel by id or name. Raises: LookupError."""
        named = which.removeprefix("#")
        found = self.state.channels.get(which) or next(
            (channel for channel in self.state.channels.values() if channel.name == named), None
        )
        if found is None:
            raise LookupError(f"no channel {which!r}; there are: {', '.join(self.channel_names)}")
        return found

    @property
    def channel_names(self) -> list[str]:
        """Return the names of all channels, oldest first."""
        return [channel.name for channel in self.state.channels.values() if not channel.is_im]

    @property
    def calls(self) -> list[Call]:
        """Return every Web API call so far, in order."""
        return self.state.calls

    def messages(self, channel: str) -> list[Message]:
        """Return a channel's messages, oldest first, with thread replies."""
        return self.channel(channel).messages

    def thread(self, channel: str, ts: str) -> list[Message]:
        """Return the replies to a message."""
        return [message for message in self.messages(channel) if message.thread_ts == ts]

    def card(self, channel: str, event_type: str, **payload: Any) -> Message:
        """Return the newest message with this metadata. Raises: LookupError."""
        found = with_metadata(self.channel(channel), event_type, **payload)
        if not found:
            raise LookupError(f"no message with metadata {event_type} {payload} in #{channel}")
        return found[-1]

    def ephemerals(self, user: str) -> list[Ephemeral]:
        """Return what only this person was shown, oldest first."""
        return [each for each in self.state.ephemerals if each.user == self.user(user).id]

    def modal(self, user: str) -> View:
        """Return the modal that this person sees on top. Raises: LookupError."""
        stack = self.state.modals.get(self.user(user).id)
        if not stack:
            raise LookupError(f"{user} has no modal open")
        return stack[-1]

    def view(self, view_id: str) -> View:
        """Return an open modal or a Home by id. Raises: LookupError."""
        view = self.state.view(view_id)
        if view is None:
            raise LookupError("this dialog is no longer open")
        return view

    def home(self, user: str) -> View:
        """Return this person's Home tab. Raises: LookupError if nothing was published."""
        view = self.state.homes.get(self.user(user).id)
        if view is None:
            raise LookupError(f"nothing was published to the Home of {user}")
        return view

    # -- acts

    async def says(self, user: str, channel: str, text: str) -> Outcome:
        """Run a slash command. Raises: CannotActError."""
        return await self._acts.command(self.user(user), self.channel(channel), text)

    async def click(self, user: str, channel: str, ts: str, on: str, **more: Any) -> Outcome:
        """Click what has this action_id or label; `more` are the fields of `Click`: value, block_id, choose, values.

        Raises: CannotActError if this person can't see the message or it has no such element.
        """
        return await self._acts.click(self.user(user), self.channel(channel), ts, Click(on=on, **more))

    async def click_in_view(self, user: str, view: View, on: str, **more: Any) -> Outcome:
        """Click in a modal or in Home. Raises: CannotActError."""
        return await self._acts.click_in_view(self.user(user), view, Click(on=on, **more))

    async def submit(self, user: str, view: View, values: Mapping[str, Any] | None = None) -> Outcome:
        """Submit a modal; `values` are keyed by block id, action id or label. Raises: CannotActError."""
        return await self._acts.submit(self.user(user), view, values or {})

    async def closes(self, user: str, view: View) -> Outcome | None:
        """Close a modal. Raises: CannotActError."""
        return await self._acts.close(self.user(user), view)

    async def posts(self, user: str, channel: str, text: str, *, thread_ts: str | None = None) -> Message:
        """Write a message. Raises: CannotActError."""
        if text.startswith("/"):
            raise CannotActError("a text that begins with a slash is a command: use says()")
        return await self._chatter.post(self.user(user), self.channel(channel), text, thread_ts)

    async def opens_home(self, user: str) -> tuple[Ack, ...]:
        """Open the app's Home tab."""
        return await self._chatter.open_home(self.user(user))

    async def joins(self, user: str, channel: str, *, invited_by: str | None = None) -> tuple[Ack, ...]:
        """Become a member of a channel. Raises: CannotActError."""
        inviter = self.user(invited_by) if invited_by else None
        return await self._chatter.join(self.user(user), self.channel(channel), inviter)

    def settled(self) -> bool:
        """Whether no act's trigger can still be spent; until then, putting the clock forward would end one early."""
        now = self.state.clock()
        return all(t.used or now - t.created > TRIGGER_LIFE for t in self.state.triggers.values())

    async def retry_due(self) -> int:
        """Send again the events whose retry is due by the clock; return how many."""
        return await self.dispatcher.send_due()

    # -- waiting

    def watch(self) -> asyncio.Queue[JSON]:
        """Return a queue that gets every change from now on; give it back with `unwatch`."""
        queue: asyncio.Queue[JSON] = asyncio.Queue()
        self.state.watchers.add(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[JSON]) -> None:
        """Stop a watch."""
        self.state.watchers.discard(queue)

    async def until(self, condition: Callable[[], T], *, seconds: float = 5.0) -> T:
        """Wait, change by change, until the condition holds, and return its value. Raises: TimeoutError."""
        queue = self.watch()
        try:
            async with asyncio.timeout(seconds):
                while not (found := condition()):
                    await queue.get()
                return found
        finally:
            self.unwatch(queue)
