"""Where the effects of timers are counted, outside the product: one server that plays the pager and Slack."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class Sink:
    """What arrived. A page's effect is its first request (a pager drops what it knows by its key); a message's
    effect is each message, for Slack drops nothing.
    """

    pages: dict[str, float] = field(default_factory=dict[str, float])
    """When each key was first paged, in seconds since the epoch."""
    requests: Counter[str] = field(default_factory=Counter[str])
    messages: Counter[str] = field(default_factory=Counter[str])
    written: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    number: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def page(self, request: web.Request) -> web.Response:
        """One page."""
        key = str((await request.json())["dedup_key"])
        self.requests[key] += 1
        self.pages.setdefault(key, time.time())
        return web.json_response({"status": "success"}, status=202)

    async def slack(self, request: web.Request) -> web.Response:
        """As much of Slack as pings and cards need: what was posted can be read again, with its key."""
        sent: dict[str, Any] = {**request.query, **(await _body(request))}
        method, channel = request.match_info["method"], str(sent.get("channel", ""))
        answer: dict[str, Any] = {"ok": True}
        if method == "chat.postMessage":
            answer |= {"ts": f"{next(self.number)}.000000", "channel": channel}
            said = {"ts": answer["ts"], "bot_id": "B1", "metadata": sent["metadata"]}
            self.written[channel].append(said)
            self.messages[str(sent["metadata"]["event_payload"]["key"])] += 1
        elif method == "conversations.history":
            answer |= {"messages": self.written[channel]}
        return web.json_response(answer)


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {name: _value(str(value)) for name, value in (await request.post()).items()}


def _value(text: str) -> object:
    return json.loads(text) if text.startswith(("{", "[")) else text


@asynccontextmanager
async def sink() -> AsyncGenerator[tuple[Sink, str]]:
    """A sink, and its address."""
    made = Sink()
    server = web.Application(client_max_size=2**20)
    server.router.add_post("/page", made.page)
    server.router.add_route("*", "/api/{method}", made.slack)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield made, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
