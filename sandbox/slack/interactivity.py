"""Short-lived handles that a user's act gives the app: trigger ids and response_urls."""

from datetime import timedelta
from typing import cast

from sandbox.slack.arguments import Arguments
from sandbox.slack.blockkit import with_block_ids
from sandbox.slack.content import blocks_of
from sandbox.slack.errors import SlackError
from sandbox.slack.models import JSON, Ephemeral, Message, ResponseUrl, Trigger
from sandbox.slack.state import State

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)
RESPONSE_URL_USES = 5


def new_trigger(state: State, user: str) -> str:
    """Return a trigger id for an act of this user."""
    trigger_id = f"{state.new_id('')}.{state.team_id}"
    state.triggers[trigger_id] = Trigger(user=user, created=state.clock())
    return trigger_id


def spend_trigger(state: State, trigger_id: str) -> str:
    """Use a trigger id up and return its user. Raises: SlackError."""
    trigger = state.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if state.clock() - trigger.created > TRIGGER_LIFE:
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger.user


def new_response_url(state: State, handle: ResponseUrl) -> str:
    """Return a response_url for an act."""
    key = state.new_id("R")
    state.response_urls[key] = handle
    return f"{state.base_url}/respond/{key}"


def respond(state: State, key: str, body: JSON) -> tuple[int, str]:
    """Take what the app posts to a response_url; return the HTTP status and body that Slack answers."""
    handle = state.response_urls.get(key)
    if handle is None:
        return 404, "no_service"
    if state.clock() - handle.created > RESPONSE_URL_LIFE or len(handle.posts) >= RESPONSE_URL_USES:
        return 404, "expired_url" if len(handle.posts) < RESPONSE_URL_USES else "used_url"
    try:
        blocks = blocks_of(state, Arguments(body), too_long="msg_too_long")
    except SlackError as error:
        return 400, error.code
    handle.posts.append(body)
    if body.get("delete_original"):
        _delete_original(state, handle)
    elif body.get("replace_original") and handle.message_ts:
        _replace_original(state, handle, body, blocks or [])
    else:
        show(state, handle, body, source="response_url")
    return 200, "ok"


def show(state: State, handle: ResponseUrl, body: JSON, *, source: str) -> None:
    """Show an answer to an act: to the actor alone, or in the channel if it says `in_channel`."""
    blocks = with_block_ids(cast("list[JSON]", body.get("blocks") or []), state.new_id("b"))
    text = str(body.get("text") or "")
    thread = cast("str | None", body.get("thread_ts"))
    if body.get("response_type") == "in_channel":
        message = Message(
            channel=handle.channel, ts=state.new_ts(), user=state.app.bot_user, bot_id=state.app.bot_id,
            text=text, blocks=blocks, thread_ts=thread,
        )  # fmt: skip
        state.channels[handle.channel].messages.append(message)
        state.changed("message", channel=handle.channel, ts=message.ts)
        return
    state.ephemerals.append(
        Ephemeral(
            channel=handle.channel, ts=state.new_ts(), user=handle.user, source=source, text=text, blocks=blocks,
            thread_ts=thread,
        )
    )  # fmt: skip
    state.changed("ephemeral", channel=handle.channel, user=handle.user)


def _delete_original(state: State, handle: ResponseUrl) -> None:
    channel = state.channels[handle.channel]
    channel.messages = [each for each in channel.messages if each.ts != handle.message_ts]
    state.ephemerals = [each for each in state.ephemerals if each.ts != handle.message_ts]
    state.changed("message", channel=handle.channel, ts=handle.message_ts)


def _replace_original(state: State, handle: ResponseUrl, body: JSON, blocks: list[JSON]) -> None:
    originals: list[Message | Ephemeral] = [*state.channels[handle.channel].messages, *state.ephemerals]
    for original in originals:
        if original.ts == handle.message_ts:
            original.text, original.blocks = str(body.get("text") or ""), blocks
    state.changed("message", channel=handle.channel, ts=handle.message_ts)
