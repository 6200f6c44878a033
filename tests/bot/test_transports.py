"""The same bot behind real sockets: signed HTTP and Socket Mode, and what forged requests get."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.client import check_token, listening_client
from bot.http import MOST_BYTES, http_app
from bot.http import serving as serving_http
from bot.socket import connected, problem_of
from playbook.errors import BadInput
from sandbox.slack import HttpDelivery, Server, Workspace, serving, sign, texts
from storage.store import SqlStore
from tests.bot.conftest import ManualClock, Room, new_room

pytestmark = pytest.mark.process


@pytest.fixture
async def server(workspace: Workspace) -> AsyncIterator[Server]:
    async with serving(workspace) as server:
        yield server


@pytest.fixture
def room(server: Server, workspace: Workspace, clock: ManualClock, memory_store: SqlStore) -> Room:
    """The room before anything has happened, with a bot that reaches Slack over HTTP."""
    client = listening_client(workspace.app.bot_token, server.api_url)
    return new_room(workspace, clock, memory_store, client)


@pytest.fixture
async def url(room: Room) -> AsyncIterator[str]:
    async def fine() -> str:
        return ""

    async with serving_http(http_app(room.app, ready={"database": fine}), host="127.0.0.1", port=0) as port:
        room.slack.deliver_by(
            HttpDelivery(f"http://127.0.0.1:{port}/slack/events", room.slack.app.signing_secret)
        )
        yield f"http://127.0.0.1:{port}"


async def contains(room: Room) -> None:
    """Play a finding until it is approved."""
    await room.finding()
    await room.clicks("ana", "Contain now ▸")
    assert "You are not in the approvers." in room.told("ana")
    await room.clicks("bo", "Contain now ▸")
    await room.says("ana", "/ec2ir lead")
    assert len(room.executor.carried) == 1
    assert "✅ Approved by" in texts(room.plan())
    assert "Lead <@" in texts(room.card())


async def test_over_http(room: Room, url: str) -> None:
    await contains(room)


async def test_over_a_socket(room: Room, server: Server) -> None:
    async with connected(room.app, room.slack.app.app_token) as handler:
        room.slack.deliver_by(server.socket_mode)
        await room.slack.until(lambda: server.socket_mode.connections)
        assert await problem_of(handler) == ""
        await contains(room)
    assert "not connected" in await problem_of(handler)


async def test_a_wrong_app_token_ends_the_start_with_the_mend(room: Room, server: Server) -> None:
    with pytest.raises(BadInput, match="Set EC2IR_SLACK_APP_TOKEN"):
        async with connected(room.app, "xapp-wrong"):
            pytest.fail("connected with a wrong token")


async def test_a_double_delivery_over_a_socket_has_one_effect(room: Room, server: Server) -> None:
    async with connected(room.app, room.slack.app.app_token):
        room.slack.deliver_by(server.socket_mode)
        await room.slack.until(lambda: server.socket_mode.connections)
        await room.finding()
        room.slack.faults.duplicate_next(concurrent=True)
        await room.clicks("bo", "Contain now ▸")
        assert len(room.executor.carried) == 1


async def post(url: str, body: str, *, secret: str, timestamp: int, **headers: str) -> tuple[int, str]:
    signed = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": str(timestamp),
        "x-slack-signature": sign(secret, timestamp, body),
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/slack/events", data=body, headers=signed | headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_forged_skewed_and_replayed_requests_do_nothing(room: Room, url: str) -> None:
    await room.finding()
    channel = room.slack.channel(room.channel)
    now, secret = int(time.time()), room.slack.app.signing_secret
    body = urlencode(
        {
            "command": "/ec2ir", "text": "lead", "user_id": room.slack.user("ana").id, "team_id": "T1",
            "channel_id": channel.id, "trigger_id": "t1", "response_url": f"{url}/nowhere",
        }
    )  # fmt: skip

    assert (await post(url, body, secret="wrong", timestamp=now))[0] == 401
    assert (await post(url, body, secret=secret, timestamp=now - 301))[0] == 401
    assert (await post(url, body, secret=secret, timestamp=now, **{"x-slack-signature": "v0="}))[0] == 401
    assert (await room.incident()).lead == ""

    for _ in range(2):
        assert (await post(url, body, secret=secret, timestamp=now))[0] == 200
    await room.settle()
    assert sum("leads" in texts(m) for m in room.messages()) == 1
    assert room.told("ana") == ""


async def test_bodies_that_are_too_large_or_no_text_are_refused(room: Room, url: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/slack/events", data=io.BytesIO(b"a" * (MOST_BYTES + 1))) as answer,
    ):
        assert answer.status == 413
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/slack/events", data=b"\xff\xfe") as answer,
    ):
        assert answer.status == 400
    async with aiohttp.ClientSession() as session, session.get(f"{url}/slack/events") as answer:
        assert answer.status == 405


async def test_health_is_about_the_process_and_readiness_about_its_world(room: Room) -> None:
    said = {"database": "The database did not answer."}

    async def check() -> str:
        return said["database"]

    async with (
        serving_http(http_app(None, ready={"database": check}), host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        async with session.get("/healthz") as answer:
            assert answer.status == 200
        async with session.get("/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json())["problems"] == said
        said["database"] = ""
        async with session.get("/readyz") as answer:
            assert answer.status == 200
        async with session.post("/slack/events") as answer:
            assert answer.status == 404


async def test_a_wrong_bot_token_is_said_before_anything_is_promised(server: Server) -> None:
    await check_token(listening_client(server.workspace.app.bot_token, server.api_url))
    with pytest.raises(BadInput, match="EC2IR_SLACK_BOT_TOKEN is refused"):
        await check_token(listening_client("xoxb-wrong", server.api_url))


async def test_a_slack_that_is_away_says_nothing_about_the_token() -> None:
    await check_token(listening_client("xoxb-any", "http://127.0.0.1:1/api/"))
