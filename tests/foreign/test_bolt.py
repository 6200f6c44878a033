"""Bolt for JavaScript, which we did not write, plays against the sandbox over both transports."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import pytest

from sandbox.slack import App, HttpDelivery, Limits, Server, Workspace, serving, texts

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.process,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("foreign"),
]

Mode = Literal["socket", "http"]
SECONDS = 20.0


class Foreign:
    """The client's process, and the lines that it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            said = await self._process.stdout.readline()
        assert said, "the client ended before it said anything"
        return json.loads(said)

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.communicate()


@asynccontextmanager
async def running(command: tuple[str, ...], server: Server, app: App, mode: Mode) -> AsyncGenerator[Foreign]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        env={
            "PATH": os.environ.get("PATH", ""),
            "SLACK_API_URL": server.api_url,
            "BOT_TOKEN": app.bot_token,
            "APP_TOKEN": app.app_token,
            "SIGNING_SECRET": app.signing_secret,
            "MODE": mode,
        },
    )
    foreign = Foreign(process)
    try:
        yield foreign
    finally:
        await foreign.stop()


class Scene(NamedTuple):
    workspace: Workspace
    foreign: Foreign


@pytest.fixture(params=["socket", "http"])
async def scene(bolt_app: tuple[str, ...], request: Any) -> AsyncGenerator[Scene]:
    """A workspace with the client connected over one transport, under Slack's own rate limits."""
    workspace = Workspace(clock=lambda: datetime.now(UTC), limits=Limits.slack())
    for name in ("ana", "bo"):
        workspace.add_user(name)
    workspace.add_channel("incidents", ["ana", "bo"], private=True)
    mode: Mode = request.param
    async with (
        serving(workspace) as server,
        running(bolt_app, server, workspace.app, mode) as foreign,
    ):
        port = (await foreign.line())["ready"]
        workspace.deliver_by(
            server.socket_mode
            if mode == "socket"
            else HttpDelivery(f"http://127.0.0.1:{port}/slack/events", workspace.app.signing_secret)
        )
        yield Scene(workspace, foreign)


@pytest.fixture
def workspace(scene: Scene) -> Workspace:
    return scene.workspace


def no_call_was_refused(workspace: Workspace) -> bool:
    """Whether all calls were taken; being told to wait is no refusal."""
    return {call.answer.get("error") for call in workspace.calls} <= {None, "ratelimited"}


async def test_a_command_is_answered_in_its_acknowledgement(workspace: Workspace) -> None:
    outcome = await workspace.says("ana", "incidents", "/ec2ir help")
    assert outcome.acked
    assert [shown.text for shown in outcome.ephemerals] == ["isolate, help"]
    assert no_call_was_refused(workspace)


async def test_a_command_is_answered_over_its_response_url(workspace: Workspace) -> None:
    outcome = await workspace.says("ana", "incidents", "/ec2ir later")
    assert outcome.acked
    await workspace.until(lambda: workspace.messages("incidents"), seconds=SECONDS)
    assert [message.text for message in workspace.messages("incidents")] == ["answered later"]
    assert [post["text"] for post in outcome.responses] == ["answered later"]


async def test_a_modal_a_card_and_a_click(workspace: Workspace) -> None:
    ana = workspace.user("ana").id
    assert (await workspace.says("ana", "incidents", "/ec2ir isolate")).acked
    await workspace.until(lambda: workspace.state.modals.get(ana), seconds=SECONDS)

    refused = await workspace.submit("ana", workspace.modal("ana"), {"Reason": "short"})
    assert refused.errors == {"reason": "Say more than that."}
    accepted = await workspace.submit("ana", workspace.modal("ana"), {"Reason": "it talks to a miner"})
    assert (accepted.acked, workspace.state.modals.get(ana)) == (True, [])

    await workspace.until(lambda: workspace.messages("incidents"), seconds=SECONDS)
    card = workspace.card("incidents", "foreign_card", reason="it talks to a miner")
    assert "it talks to a miner" in texts(card)

    clicked = await workspace.click("bo", "incidents", card.ts, "Approve")
    assert clicked.acked
    await workspace.until(lambda: clicked.responses, seconds=SECONDS)
    assert (card.text, card.edits) == ("approved", 1)
    bo = workspace.user("bo").id
    assert [reply.text for reply in workspace.thread("incidents", card.ts)] == [f"yes by <@{bo}>"]
    assert [shown.text for shown in clicked.ephemerals] == ["Only you see this."]
    assert no_call_was_refused(workspace)


async def test_home_is_published_when_it_is_opened(workspace: Workspace) -> None:
    assert [ack.ok for ack in await workspace.opens_home("bo")] == [True]
    await workspace.until(lambda: workspace.state.homes, seconds=SECONDS)
    assert texts(workspace.home("bo")) == "Nothing burns."


async def test_bolt_refuses_what_we_sign_wrongly(bolt_app: tuple[str, ...]) -> None:
    workspace = Workspace(clock=lambda: datetime.now(UTC))
    workspace.add_user("ana")
    workspace.add_channel("incidents", ["ana"])
    async with (
        serving(workspace) as server,
        running(bolt_app, server, workspace.app, "http") as foreign,
    ):
        port = (await foreign.line())["ready"]
        workspace.deliver_by(HttpDelivery(f"http://127.0.0.1:{port}/slack/events", "another-secret"))
        outcome = await workspace.says("ana", "incidents", "/ec2ir help")
    assert (outcome.acks[0].status, outcome.error) == (401, "dispatch_failed")


async def test_a_refusal_reaches_bolts_error_handler_in_slacks_words(scene: Scene) -> None:
    """The card's channel is archived while the modal is open."""
    workspace, foreign = scene
    ana = workspace.user("ana").id
    await workspace.says("ana", "incidents", "/ec2ir isolate")
    await workspace.until(lambda: workspace.state.modals.get(ana), seconds=SECONDS)
    workspace.channel("incidents").is_archived = True
    assert (await workspace.submit("ana", workspace.modal("ana"), {"Reason": "it talks to a miner"})).acked
    assert await foreign.line() == {"error": "is_archived"}


async def test_the_rate_limit_is_understood_and_waited_for(scene: Scene) -> None:
    """Two cards within a second are one too many for a channel; Bolt waits as Retry-After says, then posts."""
    workspace, _ = scene
    ana = workspace.user("ana").id
    for _ in range(2):
        await workspace.says("ana", "incidents", "/ec2ir isolate")
        await workspace.until(lambda: workspace.state.modals.get(ana), seconds=SECONDS)
        await workspace.submit("ana", workspace.modal("ana"), {"Reason": "it talks to a miner"})
    await workspace.until(lambda: len(workspace.messages("incidents")) == 2, seconds=SECONDS)
    assert [call.status for call in workspace.calls if call.method == "chat.postMessage"] == [200, 429, 200]
