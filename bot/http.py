"""Slack over signed HTTP, beside the two questions that a supervisor asks: is it alive, and is it ready."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp

MOST_BYTES = 1024 * 1024
"""Slack's payloads stay well below; a longer body gets 413 before it is read."""
_SHUTDOWN = 5.0

Check = Callable[[], Awaitable[str]]
"""Answers what is wrong in words, or an empty string."""


def http_app(app: AsyncApp | None, *, ready: Mapping[str, Check]) -> web.Application:
    """An aiohttp application with `/healthz` and `/readyz`, and `POST /slack/events` unless `app` is None.

    `ready` names what must work before events are taken. More routes can be added to it.
    """
    server = web.Application(client_max_size=MOST_BYTES)
    server.router.add_get("/healthz", _alive)
    server.router.add_get("/readyz", _ready(ready))
    if app is not None:
        server.router.add_post("/slack/events", _events(app))
    return server


@asynccontextmanager
async def serving(server: web.Application, *, host: str, port: int) -> AsyncGenerator[int]:
    """Serve until the block ends; answers the port, which is any free one for 0. Raises OSError when it is taken.

    On the way out no new request is taken, and those under way may end.
    """
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _events(app: AsyncApp) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def events(request: web.Request) -> web.StreamResponse:
        try:
            asked = await to_bolt_request(request)
        except (UnicodeDecodeError, LookupError):
            return web.Response(status=400, text="The body is not text of a known encoding.")
        return await to_aiohttp_response(await app.async_dispatch(asked))

    return events


async def _alive(_request: web.Request) -> web.Response:
    return web.json_response({"alive": True})


def _ready(checks: Mapping[str, Check]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def ready(_request: web.Request) -> web.Response:
        problems = {name: said for name, check in checks.items() if (said := await check())}
        return web.json_response(
            {"ready": not problems, "problems": problems}, status=503 if problems else 200
        )

    return ready
