"""The same workspace over real sockets: signed HTTP, Socket Mode, and every encoding of the Web API."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Fault, HttpDelivery, Limits, Server, Workspace, serving

pytestmark = pytest.mark.process


@pytest.fixture
async def server(workspace: Workspace) -> AsyncIterator[Server]:
    async with serving(workspace) as server:
        yield server


@pytest.fixture
async def web_bot(workspace: Workspace, server: Server, make_bot: Any) -> Any:
    """The bot, reaching the workspace over HTTP, with no transport for payloads yet."""
    client: Any = AsyncWebClient(token=workspace.app.bot_token, base_url=server.api_url)
    return make_bot(client)


@pytest.fixture
async def request_url(web_bot: Any) -> AsyncIterator[str]:
    """Bolt behind its aiohttp adapter."""

    async def events(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await web_bot.app.async_dispatch(await to_bolt_request(request)))

    app = web.Application()
    app.router.add_post("/slack/events", events)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    await runner.cleanup()


@pytest.fixture
async def socket_bot(workspace: Workspace, server: Server, web_bot: Any) -> AsyncIterator[Any]:
    handler = AsyncSocketModeHandler(web_bot.app, workspace.app.app_token)
    workspace.deliver_by(server.socket_mode)
    await handler.connect_async()
    await workspace.until(lambda: server.socket_mode.connections)
    yield web_bot
    await handler.close_async()


async def play(workspace: Workspace, bot: Any, blocks: list[dict[str, Any]]) -> None:
    """A command, a modal, a card, a click, Home: each over the transport in use."""
    outcome = await workspace.says("ana", "ir-secret", "/ec2ir isolate i-0abc")
    assert outcome.text == "you said isolate i-0abc"

    outcome = await workspace.says("ana", "ir-secret", "/ec2ir later")
    assert outcome.acked
    await workspace.until(lambda: len(outcome.ephemerals) == 2)
    assert [post["text"] for post in outcome.responses] == ["done later"]

    await workspace.says("ana", "ir-secret", "/ec2ir modal")
    await workspace.until(lambda: any(workspace.state.modals.values()))
    refused = await workspace.submit("ana", workspace.modal("ana"), {"why": "bad"})
    assert refused.errors == {"why": "Say more."}
    assert not (await workspace.submit("ana", workspace.modal("ana"), {"why": "ours"})).errors

    workspace.call("chat.postMessage", channel=workspace.channel("ir-secret").id, text="card", blocks=blocks)
    card = workspace.messages("ir-secret")[-1]
    assert (await workspace.click("bo", "ir-secret", card.ts, "contain")).acked
    await workspace.until(lambda: card.text == "Contained")

    assert (await workspace.opens_home("dee"))[0].ok
    await workspace.until(lambda: workspace.state.homes)


async def test_signed_http(
    workspace: Workspace, web_bot: Any, request_url: str, blocks: list[dict[str, Any]]
) -> None:
    workspace.deliver_by(HttpDelivery(request_url, workspace.app.signing_secret))
    await play(workspace, web_bot, blocks)


async def test_http_refuses_forged_and_skewed_requests(
    workspace: Workspace, web_bot: Any, request_url: str
) -> None:
    for delivery in (
        HttpDelivery(request_url, "another-secret"),
        HttpDelivery(request_url, workspace.app.signing_secret, timestamp=lambda: 1_000_000_000.0),
    ):
        workspace.deliver_by(delivery)
        outcome = await workspace.says("ana", "incidents", "/ec2ir status")
        assert (outcome.acks[0].status, outcome.error) == (401, "dispatch_failed")
    assert web_bot.seen == []


async def test_http_without_an_app_or_with_a_slow_one(workspace: Workspace) -> None:
    release = asyncio.Event()

    async def hang(_request: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hang)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/"

    workspace.deliver_by(HttpDelivery(address, "secret", ack_seconds=0.05))
    assert (await workspace.says("ana", "incidents", "/ec2ir x")).error == "operation_timeout"
    release.set()
    await runner.cleanup()
    assert (await workspace.says("ana", "incidents", "/ec2ir x")).error == "dispatch_failed"


async def test_socket_mode(workspace: Workspace, socket_bot: Any, blocks: list[dict[str, Any]]) -> None:
    await play(workspace, socket_bot, blocks)


async def test_socket_mode_survives_a_refresh(workspace: Workspace, server: Server, socket_bot: Any) -> None:
    old = server.socket_mode.connections[0]
    await server.socket_mode.refresh()
    await workspace.until(lambda: [each for each in server.socket_mode.connections if each is not old])
    outcome = await workspace.says("ana", "incidents", "/ec2ir status")
    assert outcome.text == "you said status"


async def test_a_deaf_connection_looks_alive_and_hears_nothing(
    workspace: Workspace, server: Server, socket_bot: Any
) -> None:
    server.socket_mode.deaf = True
    server.socket_mode.ack_seconds = 0.05
    outcome = await workspace.says("ana", "incidents", "/ec2ir status")
    assert (outcome.error, len(server.socket_mode.connections)) == ("operation_timeout", 1)
    assert socket_bot.seen == []


async def test_an_event_without_an_acknowledgement_comes_again_and_says_so(
    workspace: Workspace, server: Server
) -> None:
    server.socket_mode.ack_seconds = 0.1
    workspace.deliver_by(server.socket_mode)
    frames: list[dict[str, Any]] = []

    async def listen(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            body = json.loads(frame.data)
            if body["type"] == "events_api":
                frames.append(body)
                if body["retry_attempt"] == 1:
                    await socket.send_json({"envelope_id": body["envelope_id"]})

    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(server.socket_mode.new_url())
        listener = asyncio.create_task(listen(socket))
        await workspace.until(lambda: server.socket_mode.connections)
        assert (await workspace.opens_home("ana"))[0].ok
        await socket.close()
        await listener
    assert [frame["retry_attempt"] for frame in frames] == [0, 1]
    assert frames[0]["payload"] == frames[1]["payload"]
    assert frames[1]["retry_reason"] == "http_timeout"


async def test_ten_connections_share_payloads_and_the_eleventh_is_turned_away(
    workspace: Workspace, server: Server
) -> None:
    heard: list[int] = []

    async def listen(number: int, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            body = json.loads(frame.data)
            if body["type"] == "slash_commands":
                heard.append(number)
                await socket.send_json({"envelope_id": body["envelope_id"], "payload": {"text": "yes"}})

    workspace.deliver_by(server.socket_mode)
    async with aiohttp.ClientSession() as session:
        sockets: list[aiohttp.ClientWebSocketResponse] = []
        for expected in range(1, 11):
            socket = await session.ws_connect(server.socket_mode.new_url())
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", expected)
            sockets.append(socket)
        eleventh = await session.ws_connect(server.socket_mode.new_url())
        assert (await eleventh.receive_json())["reason"] == "too_many_websockets"

        listeners = [asyncio.create_task(listen(number, each)) for number, each in enumerate(sockets)]
        for _ in range(40):
            assert (await workspace.says("ana", "incidents", "/ec2ir x")).text == "yes"
        assert len(set(heard)) > 3
        assert len(heard) == 40
        for socket in sockets:
            await socket.close()
        await asyncio.gather(*listeners)


async def test_a_websocket_address_serves_once_and_needs_the_app_token(
    workspace: Workspace, server: Server
) -> None:
    client: Any = AsyncWebClient(base_url=server.api_url)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=workspace.app.bot_token)
    url = str((await client.apps_connections_open(app_token=workspace.app.app_token))["url"])
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(url)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        await socket.close()


@pytest.mark.parametrize("way", ["query GET", "query POST", "form", "json", "multipart"])
async def test_every_encoding_is_understood(
    workspace: Workspace, server: Server, blocks: list[dict[str, Any]], way: str
) -> None:
    channel = workspace.channel("incidents")
    plain: dict[str, str] = {"channel": channel.id, "text": "hi", "blocks": json.dumps(blocks)}
    bearer = {"Authorization": f"Bearer {workspace.app.bot_token}"}
    with_token = {**plain, "token": workspace.app.bot_token}
    multipart = aiohttp.FormData()
    for name, value in with_token.items():
        multipart.add_field(name, value, content_type="text/plain")
    options: dict[str, Any] = {
        "query GET": {"method": "GET", "params": with_token},
        "query POST": {"method": "POST", "params": plain, "headers": bearer},
        "form": {"method": "POST", "data": with_token},
        "json": {"method": "POST", "json": {**plain, "blocks": blocks}, "headers": bearer},
        "multipart": {"method": "POST", "data": multipart},
    }
    async with (
        aiohttp.ClientSession() as session,
        session.request(url=f"{server.api_url}chat.postMessage", **options[way]) as response,
    ):
        answer = await response.json()
    assert answer["ok"], answer
    assert channel.messages[-1].blocks[0]["text"] == blocks[0]["text"]


async def test_files_are_uploaded(workspace: Workspace, server: Server) -> None:
    client: Any = AsyncWebClient(token=workspace.app.bot_token, base_url=server.api_url)
    channel = workspace.channel("incidents")
    await client.files_upload_v2(
        channel=channel.id, filename="before.json", content="{}", title="Before", initial_comment="evidence"
    )
    assert channel.messages[-1].files[0]["title"] == "Before"
    assert [file.content for file in workspace.state.files.values()] == [b"{}"]


async def test_an_upload_must_be_announced_and_whole_but_may_come_as_multipart(
    workspace: Workspace, server: Server
) -> None:
    announced = workspace.call("files.getUploadURLExternal", filename="a", length=2)
    async with aiohttp.ClientSession() as session:
        assert (await session.post(f"{server.base_url}/upload/F404", data=b"{}")).status == 400
        assert (await session.post(announced["upload_url"], data=b"{")).status == 400
        form = aiohttp.FormData()
        form.add_field("body", b"{}", filename="a")
        assert (await session.post(announced["upload_url"], data=form)).status == 200
    assert workspace.state.files[announced["file_id"]].content == b"{}"


async def test_a_dropped_answer_leaves_the_message_posted(workspace: Workspace, server: Server) -> None:
    client: Any = AsyncWebClient(token=workspace.app.bot_token, base_url=server.api_url, retry_handlers=[])
    channel = workspace.channel("incidents")
    workspace.faults.order("chat.postMessage", Fault.dropped())
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel.id, text="once")
    assert [message.text for message in channel.messages] == ["once"]


async def test_an_answer_that_never_comes_times_the_caller_out(workspace: Workspace, server: Server) -> None:
    channel = workspace.channel("incidents")
    workspace.faults.order("chat.postMessage", Fault.timeout())
    limit = aiohttp.ClientTimeout(total=0.1)
    async with aiohttp.ClientSession(timeout=limit) as session:
        with pytest.raises(TimeoutError):
            await session.post(
                f"{server.api_url}chat.postMessage",
                data={"token": workspace.app.bot_token, "channel": channel.id, "text": "once"},
            )
    assert [message.text for message in channel.messages] == ["once"]


async def test_429_carries_retry_after(clock: Any) -> None:
    workspace = Workspace(clock=clock, limits=Limits.slack())
    channel = workspace.add_channel("incidents", [])
    async with serving(workspace) as server, aiohttp.ClientSession() as session:
        fields = {"token": workspace.app.bot_token, "channel": channel.id, "text": "x"}
        url = f"{server.api_url}chat.postMessage"
        assert (await session.post(url, data=fields)).status == 200
        refused = await session.post(url, data=fields)
        assert (refused.status, refused.headers["Retry-After"]) == (429, "1")
        assert await refused.json() == {"ok": False, "error": "ratelimited"}
