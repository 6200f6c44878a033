"""Bolt's listeners: acknowledge first, work afterwards, and never leave a person without an answer."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.act import of_click, of_command, of_dialog, of_event
from bot.clicks import CLICKS, clicked
from bot.dialogs import DIALOGS, INPUT, place_of, problem_of, sent_off
from bot.front import Front, Work
from bot.heard import Hearing
from bot.home import REFRESH, show_home
from bot.people import People
from bot.slash import changes, said, slow
from commands.desk import Desk
from playbook.errors import BadInput
from playbook.plan import Json

Listener = Callable[..., Awaitable[None]]


def build_app(
    desk: Desk,
    client: AsyncWebClient,
    *,
    signing_secret: str,
    people: People,
    wrote: Callable[[], None],
    work: Work | None = None,
    hearing: Hearing | None = None,
) -> AsyncApp:
    """The Bolt app, for either transport.

    `client` carries the bot's token; `wrote` wakes the sender; `work.idle()` waits for listeners that still work.
    """
    front = Front(desk=desk, client=client, people=people, wrote=wrote, work=work or Work())
    app = AsyncApp(
        name="ec2ir", client=client, signing_secret=signing_secret,
        # Before anything else: Bolt drops what the bot's own acts made, and its own pins are to be heard of.
        before_authorize=(hearing or Hearing()).middleware,
    )  # fmt: skip
    _listen(app, front)
    return app


def _listen(app: Any, front: Front) -> None:  # Bolt's own types say little of what listeners are
    app.command("/ec2ir")(_command(front))
    app.event("app_home_opened")(_opened(front))
    app.event("pin_added")(_noted)
    app.action(REFRESH)(_refreshed(front))
    for name in CLICKS:
        app.action(name)(_click(front, name))
    app.action(re.compile(".*"))(_stale(front))
    for name in DIALOGS:
        app.view(name)(_dialog(front, name))


def _command(front: Front) -> Listener:
    async def listener(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        act = of_command(body, respond)
        await front.guard(act, "command", lambda: said(front, act), changes=changes(act), slow=slow(act))

    return listener


def _click(front: Front, name: str) -> Listener:
    async def listener(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        act = of_click(body, respond)
        await front.guard(act, name, lambda: clicked(front, act, name), changes=CLICKS[name].changes)

    return listener


def _opened(front: Front) -> Listener:
    async def listener(event: Json, body: Json) -> None:
        if event.get("tab") == "home":  # the same event comes for the messages tab
            act = of_event(body)
            await front.guard(act, "home", lambda: show_home(front, act), changes=False)

    return listener


def _refreshed(front: Front) -> Listener:
    async def listener(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        act = of_click(body, respond)
        await front.guard(act, "home", lambda: show_home(front, act), changes=False)

    return listener


async def _noted(ack: AsyncAck) -> None:
    """That it was heard is all (`bot.heard`)."""
    await ack()


def _stale(front: Front) -> Listener:
    async def refuse() -> None:
        raise BadInput(
            "That button is from another version of ec2ir.",
            means="Nothing was done by your click.",
            then="Use the newest card, or /ec2ir status.",
        )

    async def listener(ack: AsyncAck, body: Json, respond: AsyncRespond) -> None:
        await ack()
        await front.guard(of_click(body, respond), "stale", refuse, changes=False)

    return listener


def _dialog(front: Front, name: str) -> Listener:
    async def listener(ack: AsyncAck, body: Json) -> None:
        act = of_dialog(body)
        problem = problem_of(act, name)
        if problem:
            await ack(response_action="errors", errors={INPUT: problem})
            return
        await ack()
        await front.guard(place_of(act), name, lambda: sent_off(front, act, name), changes=True)

    return listener
