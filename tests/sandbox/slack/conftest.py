from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import App, Workspace

TWO_BLOCKS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*HIGH* · web-prod-7"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "contain",
                "value": "one",
                "text": {"type": "plain_text", "text": "Contain now"},
                "confirm": {
                    "title": {"type": "plain_text", "text": "Sure?"},
                    "text": {"type": "mrkdwn", "text": "It cuts traffic."},
                    "confirm": {"type": "plain_text", "text": "Contain"},
                    "deny": {"type": "plain_text", "text": "Back"},
                },
            },
            {
                "type": "button",
                "action_id": "plan",
                "value": "two",
                "text": {"type": "plain_text", "text": "Show plan"},
            },
        ],
    },
]

REASON_MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "reject",
    "private_metadata": "plan-7f3a",
    "title": {"type": "plain_text", "text": "Reject"},
    "submit": {"type": "plain_text", "text": "Reject"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "reason", "min_length": 3},
        }
    ],
}


@dataclass(slots=True)
class ManualClock:
    now: datetime = datetime(2026, 3, 1, 3, 14, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@dataclass(slots=True)
class Bot:
    """A small Bolt app that remembers what it was sent."""

    app: Any
    seen: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    retries: list[str] = field(default_factory=list[str])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def workspace(clock: ManualClock) -> Workspace:
    events = frozenset({"app_home_opened", "app_mention", "message.channels", "member_joined_channel"})
    workspace = Workspace(clock=clock, app=App(events=events))
    for name in ("ana", "bo", "chai", "dee"):
        workspace.add_user(name)
    workspace.add_group("ir-approvers", ["bo", "chai"], group_id="S0APPROVE")
    workspace.add_channel("incidents", ["ana", "bo", "chai"])
    workspace.add_channel("ir-secret", ["ana", "bo"], private=True)
    return workspace


@pytest.fixture
def client(workspace: Workspace) -> AsyncWebClient:
    return workspace.client()


def small_bot(client: AsyncWebClient, signing_secret: str) -> Bot:
    """Listen to every kind of payload, and answer each in a way that the tests can tell."""
    app: Any = AsyncApp(client=client, token=client.token, signing_secret=signing_secret)
    bot = Bot(app)

    async def command(ack: Any, body: Any, client: Any, respond: Any) -> None:
        bot.seen.append(body)
        verb = body.get("text", "")
        if verb == "modal":
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=REASON_MODAL)
        elif verb == "later":
            await ack()
            await respond("done later")
            await client.chat_postEphemeral(channel=body["channel_id"], user=body["user_id"], text="only you")
        else:
            await ack(f"you said {verb}")

    async def click(ack: Any, body: Any, client: Any) -> None:
        bot.seen.append(body)
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Contained", blocks=[]
        )

    async def submitted(ack: Any, body: Any) -> None:
        bot.seen.append(body)
        reason = body["view"]["state"]["values"]["why"]["reason"]["value"]
        if reason == "bad":
            await ack(response_action="errors", errors={"why": "Say more."})
        else:
            await ack()

    async def home(body: Any, client: Any) -> None:
        bot.seen.append(body)
        await client.views_publish(user_id=body["event"]["user"], view={"type": "home", "blocks": TWO_BLOCKS})

    async def other(body: Any, request: Any) -> None:
        bot.seen.append(body)
        bot.retries.extend(request.headers.get("x-slack-retry-num", []))

    app.command("/ec2ir")(command)
    app.action("contain")(click)
    app.view("reject")(submitted)
    app.event("app_home_opened")(home)
    for event in ("message", "app_mention", "member_joined_channel"):
        app.event(event)(other)
    return bot


@pytest.fixture
def make_bot(workspace: Workspace) -> Callable[[AsyncWebClient], Bot]:
    return lambda client: small_bot(client, workspace.app.signing_secret)


@pytest.fixture
def bot(workspace: Workspace, client: AsyncWebClient) -> Bot:
    bot = small_bot(client, workspace.app.signing_secret)
    workspace.attach(bot.app)
    return bot


@pytest.fixture
def blocks() -> list[dict[str, Any]]:
    return TWO_BLOCKS
