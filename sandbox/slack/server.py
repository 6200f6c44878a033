"""The workspace on a socket: Web API, uploads, response_urls, Socket Mode, and the page for people."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from sandbox.slack.endpoint import Endpoint, Incoming
from sandbox.slack.page import Page
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.workspace import Workspace

HOST = "127.0.0.1"
RETRY_BEAT_SECONDS = 1.0
LOST_ANSWER_SECONDS = 60.0  # longer than any client waits for an answer that was ordered lost
LARGEST_BODY = 64 * 1024 * 1024  # bytes; uploads come here too


@dataclass(slots=True, kw_only=True)
class Server:
    """A running workspace. `base_url` is where the page is; the Web API is under `/api/`."""

    workspace: Workspace
    socket_mode: SocketMode
    page: Page
    base_url: str
    _runner: web.AppRunner
    _beat: asyncio.Task[None]

    @property
    def api_url(self) -> str:
        """Return what an app sets as Slack's API address."""
        return f"{self.base_url}/api/"

    async def stop(self) -> None:
        """Close every connection and the port."""
        self._beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._beat
        await self.socket_mode.drop()
        self.workspace.state.socket_url = None
        await self._runner.cleanup()


async def start(workspace: Workspace, *, port: int = 0) -> Server:
    """Serve a workspace on loopback; port 0 takes any free one. Delivery stays what it was.

    For Socket Mode: `workspace.deliver_by(server.socket_mode)`. Raises: OSError if the port is taken.
    """
    socket_mode = SocketMode(state=workspace.state)
    front = _Front(endpoint=workspace.endpoint)
    app = web.Application(client_max_size=LARGEST_BODY)
    app.router.add_get("/link/", socket_mode.connect)
    for path in ("/api/{method}", "/upload/{file}", "/respond/{key}"):
        app.router.add_route("*", path, front.handle)
    page = Page(workspace)
    page.add_to(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    try:
        await site.start()
    except OSError:
        await runner.cleanup()
        raise
    bound = runner.addresses[0][1]
    base_url = f"http://{HOST}:{bound}"
    workspace.state.base_url = base_url
    workspace.state.socket_url = socket_mode.new_url
    beat = asyncio.create_task(_send_retries(workspace))
    return Server(
        workspace=workspace, socket_mode=socket_mode, page=page, base_url=base_url, _runner=runner, _beat=beat
    )  # fmt: skip


@contextlib.asynccontextmanager
async def serving(workspace: Workspace, *, port: int = 0) -> AsyncGenerator[Server]:
    """Serve a workspace for the length of a `with`."""
    server = await start(workspace, port=port)
    try:
        yield server
    finally:
        await server.stop()


async def _send_retries(workspace: Workspace) -> None:
    while True:
        await asyncio.sleep(RETRY_BEAT_SECONDS)
        await workspace.retry_due()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    endpoint: Endpoint

    async def handle(self, request: web.Request) -> web.StreamResponse:
        kind, body = request.headers.get("Content-Type", ""), b""
        if request.content_type == "multipart/form-data":
            kind, body = await _multipart(request)
        else:
            body = await request.read()
        answer = await self.endpoint.handle(
            Incoming(
                verb=request.method,
                path=request.path,
                query=request.query_string,
                authorization=request.headers.get("Authorization", ""),
                content_type=kind,
                body=body,
            )
        )
        if answer.lost == "timeout":
            await asyncio.sleep(LOST_ANSWER_SECONDS)
        if answer.lost and request.transport is not None:
            request.transport.abort()
        return web.Response(status=answer.status, body=answer.body.encode(), headers=answer.headers)


async def _multipart(request: web.Request) -> tuple[str, bytes]:
    """Read a multipart body: one with a file is an upload (slack's SDK for Node sends them so), others are forms."""
    fields = await request.post()
    for value in fields.values():
        if isinstance(value, web.FileField):
            return "application/octet-stream", value.file.read()
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return "application/x-www-form-urlencoded", urlencode(texts).encode()
