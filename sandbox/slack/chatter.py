"""What people do that reaches the app as events: writing, joining, opening Home."""

from dataclasses import dataclass

from sandbox.slack import payloads
from sandbox.slack.acts import require_present
from sandbox.slack.delivery import Ack, Envelope
from sandbox.slack.dispatch import Dispatcher
from sandbox.slack.errors import CannotActError
from sandbox.slack.models import JSON, Channel, Message, User
from sandbox.slack.render import view_json
from sandbox.slack.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatter:
    """Events of one workspace. Only those that the app subscribes to are sent, and only where it is a member."""

    state: State
    dispatcher: Dispatcher

    async def post(self, user: User, channel: Channel, text: str, thread_ts: str | None) -> Message:
        """Write a message. Raises: CannotActError."""
        require_present(user, channel)
        if user.id not in channel.members:
            raise CannotActError(f"{user.name} must join #{channel.name} before writing there")
        message = Message(
            channel=channel.id, ts=self.state.new_ts(), user=user.id, text=text, thread_ts=thread_ts
        )
        channel.messages.append(message)
        self.state.changed("message", channel=channel.id, ts=message.ts)
        event: JSON = {
            "user": user.id, "text": text, "ts": message.ts, "channel": channel.id, "team": self.state.team_id,
            "event_ts": message.ts, **({"thread_ts": thread_ts} if thread_ts else {}),
        }  # fmt: skip
        kind = "im" if channel.is_im else "group" if channel.is_private else "channel"
        subscription = f"message.{kind}s" if kind != "im" else "message.im"
        await self._tell(subscription, channel, {"type": "message", "channel_type": kind, **event})
        if f"<@{self.state.app.bot_user}>" in text:
            await self._tell("app_mention", channel, {"type": "app_mention", **event})
        return message

    async def join(self, user: User, channel: Channel, inviter: User | None = None) -> tuple[Ack, ...]:
        """Become a member: of a public channel alone, of a private one by somebody inside. Raises: CannotActError."""
        if channel.is_private and (inviter is None or inviter.id not in channel.members):
            raise CannotActError(f"{user.name} can enter #{channel.name} only if a member invites them")
        if user.id in channel.members:
            return ()
        channel.members.append(user.id)
        self.state.changed("channel", channel=channel.id)
        event: JSON = {
            "type": "member_joined_channel", "user": user.id, "channel": channel.id, "team": self.state.team_id,
            "channel_type": "G" if channel.is_private else "C", "event_ts": self.state.new_ts(),
            **({"inviter": inviter.id} if inviter else {}),
        }  # fmt: skip
        return await self._tell("member_joined_channel", channel, event)

    async def open_home(self, user: User) -> tuple[Ack, ...]:
        """Open the app's Home tab."""
        home = self.state.homes.get(user.id)
        event: JSON = {
            "type": "app_home_opened", "user": user.id, "channel": self.state.direct_message(user.id).id,
            "tab": "home", "event_ts": self.state.new_ts(),
            **({"view": view_json(self.state, home)} if home else {}),
        }  # fmt: skip
        return await self._tell("app_home_opened", None, event)

    async def tell_own(self) -> None:
        """Send what the app's own calls made happen."""
        while self.state.events:
            channel, event = self.state.events.pop(0)
            await self._tell(str(event["type"]), channel, event)

    async def _tell(self, subscription: str, channel: Channel | None, event: JSON) -> tuple[Ack, ...]:
        app = self.state.app
        if subscription not in app.events or (channel is not None and app.bot_user not in channel.members):
            return ()
        envelope = Envelope(kind="events_api", payload=payloads.event(self.state, event))
        return await self.dispatcher.send(envelope)
