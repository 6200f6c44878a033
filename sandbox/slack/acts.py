"""What people do: run a command, click, submit, open Home, write. Each hands the app its payload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.slack import payloads
from sandbox.slack.blockkit import check_blocks
from sandbox.slack.delivery import Ack, Envelope
from sandbox.slack.dispatch import Dispatcher
from sandbox.slack.errors import CannotActError, SlackError
from sandbox.slack.forms import FIELDS, filled, state_values
from sandbox.slack.interactivity import new_response_url, new_trigger, show
from sandbox.slack.models import JSON, Channel, Ephemeral, Message, ResponseUrl, User, View
from sandbox.slack.outcome import Click, Outcome
from sandbox.slack.query import blocks_in, element_in
from sandbox.slack.state import State
from sandbox.slack.views import push, replace, validated


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """Acts of people in one workspace."""

    state: State
    dispatcher: Dispatcher

    async def command(self, user: User, channel: Channel, text: str) -> Outcome:
        """Run a slash command. Raises: CannotActError."""
        require_present(user, channel)
        if text.split(" ", 1)[0] not in self.state.app.commands:
            raise CannotActError(f"{text.split(' ', 1)[0]} is not a valid command")
        handle = ResponseUrl(user=user.id, channel=channel.id, created=self.state.clock())
        payload = payloads.slash_command(
            self.state,
            user,
            channel,
            text,
            trigger_id=new_trigger(self.state, user.id),
            response_url=new_response_url(self.state, handle),
        )
        since = self.state.new_ts()
        acks = await self.dispatcher.send(Envelope(kind="slash_commands", payload=payload))
        error = acks[0].error
        for ack in acks:
            error = error or self._show_answer(handle, ack)
        return Outcome(
            state=self.state, user=user.id, channel=channel.id, since=since, payload=payload, acks=acks,
            error=error, response_url=handle,
        )  # fmt: skip

    def _show_answer(self, handle: ResponseUrl, ack: Ack) -> str:
        body: JSON = cast("JSON", ack.body) if isinstance(ack.body, dict) else {"text": str(ack.body or "")}
        if not ack.ok or not (body.get("text") or body.get("blocks")):
            return ""
        if check_blocks(body.get("blocks") or [], "message"):
            return "invalid_command_response"
        show(self.state, handle, body, source="ack")
        return ""

    async def click(
        self,
        user: User,
        channel: Channel,
        ts: str,
        click: Click,
    ) -> Outcome:
        """Click an element of a message. Raises: CannotActError."""
        require_present(user, channel)
        message = self._shown_to(user, channel, ts)
        block, element = element_in(message.blocks, click.on, value=click.value, block_id=click.block_id)
        handle = ResponseUrl(
            user=user.id, channel=channel.id, created=self.state.clock(), message_ts=ts,
            ephemeral=isinstance(message, Ephemeral),
        )  # fmt: skip
        payload = payloads.message_click(
            self.state,
            user,
            channel,
            message,
            self._action(block, element, click.choose),
            state_values(message.blocks, click.values),
            trigger_id=new_trigger(self.state, user.id),
            response_url=new_response_url(self.state, handle),
        )
        return await self._interact(user, channel.id, payload, handle=handle, confirm=element.get("confirm"))

    async def click_in_view(self, user: User, view: View, click: Click) -> Outcome:
        """Click an element of a modal or of Home. Raises: CannotActError."""
        self._require_view(user, view)
        blocks = blocks_in(view)
        block, element = element_in(blocks, click.on, value=click.value, block_id=click.block_id)
        payload = payloads.view_click(
            self.state, user, view, self._action(block, element, click.choose), state_values(blocks, click.values),
            trigger_id=new_trigger(self.state, user.id),
        )  # fmt: skip
        return await self._interact(user, "", payload, confirm=element.get("confirm"))

    async def submit(self, user: User, view: View, values: Mapping[str, Any]) -> Outcome:
        """Submit a modal and do what the app answers. Raises: CannotActError."""
        self._require_view(user, view)
        if view.body["type"] != "modal":
            raise CannotActError("only a modal can be submitted")
        filled_in = state_values(blocks_in(view), values, complete=True)
        trigger = new_trigger(self.state, user.id)
        payload = payloads.view_submission(self.state, user, view, filled_in, trigger_id=trigger)
        since = self.state.new_ts()
        acks = await self.dispatcher.send(Envelope(kind="interactive", payload=payload))
        error, errors = acks[0].error, dict[str, str]()
        if acks[0].ok:
            error, errors = self._after_submission(user, view, acks[0].body)
        return Outcome(
            state=self.state, user=user.id, channel="", since=since, payload=payload, acks=acks, error=error,
            errors=errors,
        )  # fmt: skip

    def _after_submission(self, user: User, view: View, body: Any) -> tuple[str, dict[str, str]]:
        answer: JSON = cast("JSON", body) if isinstance(body, dict) else {}
        stack = self.state.modals.get(user.id, [])
        action = answer.get("response_action")
        try:
            if action == "errors":
                errors = cast("dict[str, str]", answer.get("errors") or {})
                known = {str(block["block_id"]) for block in blocks_in(view)}
                if not errors or errors.keys() - known:
                    return "invalid_response_errors", {}
                view.errors = errors
                self.state.changed("view", user=user.id)
                return "", errors
            if action == "update":
                replace(self.state, view, validated(answer.get("view")))
            elif action == "push":
                push(self.state, user.id, validated(answer.get("view")))
            else:
                self.state.modals[user.id] = (
                    [] if action == "clear" else [each for each in stack if each is not view]
                )
        except SlackError as refusal:
            return refusal.code, {}
        self.state.changed("view", user=user.id)
        return "", {}

    async def close(self, user: User, view: View) -> Outcome | None:
        """Close a modal; the app is told if it asked for it."""
        self._require_view(user, view)
        self.state.modals[user.id] = [each for each in self.state.modals[user.id] if each is not view]
        self.state.changed("view", user=user.id)
        if not view.body.get("notify_on_close"):
            return None
        payload = payloads.view_closed(self.state, user, view, is_cleared=False)
        return await self._interact(user, "", payload)

    async def _interact(
        self,
        user: User,
        channel: str,
        payload: JSON,
        *,
        handle: ResponseUrl | None = None,
        confirm: JSON | None = None,
    ) -> Outcome:
        since = self.state.new_ts()
        acks = await self.dispatcher.send(Envelope(kind="interactive", payload=payload))
        return Outcome(
            state=self.state, user=user.id, channel=channel, since=since, payload=payload, acks=acks,
            error=acks[0].error, response_url=handle, confirm=confirm,
        )  # fmt: skip

    def _action(self, block: JSON, element: JSON, choose: Any) -> JSON:
        action = {
            name: element[name] for name in ("type", "action_id", "text", "value", "style") if name in element
        }
        if element["type"] in FIELDS:
            action |= filled(element, choose)
        return {**action, "block_id": block["block_id"], "action_ts": self.state.new_ts()}

    def _shown_to(self, user: User, channel: Channel, ts: str) -> Message | Ephemeral:
        message = self.state.message(channel, ts)
        if message is not None:
            return message
        for each in self.state.ephemerals:
            if (each.ts, each.channel, each.user) == (ts, channel.id, user.id):
                return each
        raise CannotActError(f"{user.name} sees no message {ts} in #{channel.name}")

    def _require_view(self, user: User, view: View) -> None:
        mine = [*self.state.modals.get(user.id, []), self.state.homes.get(user.id)]
        if all(each is not view for each in mine):
            raise CannotActError(f"{user.name} does not have this view open")


def require_present(user: User, channel: Channel) -> None:
    """Refuse what this person can't do here. Raises: CannotActError."""
    if channel.is_private and user.id not in channel.members:
        raise CannotActError(f"{user.name} is not a member of the private channel #{channel.name}")
    if channel.is_archived:
        raise CannotActError(f"#{channel.name} is archived")
    if user.deleted:
        raise CannotActError(f"{user.name} is deactivated")
