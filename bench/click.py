"""Bench *click*: how soon a click is acknowledged, with others in flight and a full database, beside an empty app.

Slack gives three seconds. The clicks are signed and sent over HTTP; what a click does after its acknowledgement
(roles from Slack, the compare-and-set, an answer) goes on beside the next acknowledgements, as in life.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from bench.click_target import CHANNEL

LIMIT_MS = 100.0


async def _slack(request: web.Request) -> web.Response:
    method = request.match_info["method"]
    if method == "auth.test":
        return web.json_response({"ok": True, "team_id": "T0BENCH", "user_id": "U0BOT", "bot_id": "B0BOT"})
    if method == "usergroups.users.list":
        return web.json_response({"ok": True, "users": ["U0"]})
    if method == "users.info":
        return web.json_response(
            {"ok": True, "user": {"id": "U0", "name": "u", "deleted": False, "profile": {}}}
        )
    return web.json_response({"ok": True, "ts": "1.1"})


@asynccontextmanager
async def slack() -> AsyncGenerator[str]:
    """A Slack that agrees to everything at once."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", _slack)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def target(
    slack_url: str, *, incidents: int = 0, empty: bool = False
) -> AsyncGenerator[dict[str, Any]]:
    """The bot in its own process."""
    command = [
        sys.executable,
        "-m",
        "bench.click_target",
        "--slack",
        slack_url,
        "--incidents",
        str(incidents),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        *(["--empty"] if empty else []),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield json.loads(await process.stdout.readline())
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _signed(value: dict[str, str], number: int, slack_url: str) -> tuple[bytes, dict[str, str]]:
    packed = json.dumps({k: v for k, v in value.items() if v}, separators=(",", ":"))
    payload = {
        "type": "block_actions", "team": {"id": "T0BENCH"}, "user": {"id": f"U{number}", "team_id": "T0BENCH"},
        "api_app_id": "A0", "container": {"type": "message", "channel_id": CHANNEL, "message_ts": "1.1"},
        "channel": {"id": CHANNEL}, "trigger_id": str(number), "response_url": f"{slack_url}respond",
        "actions": [{"action_id": "approve", "block_id": "b", "type": "button", "value": packed, "action_ts": "1"}],
    }  # fmt: skip
    body = ("payload=" + quote(json.dumps(payload))).encode()
    stamp = str(int(time.time()))
    signature = hmac.new(b"bench", b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={signature}",
    }


async def clicks(bot: dict[str, Any], slack_url: str, *, flying: int, total: int) -> list[float]:
    """Acknowledgement times in milliseconds, sorted, with so many in flight at any moment."""
    took: list[float] = []
    numbers = iter(range(total))
    url = f"http://127.0.0.1:{bot['port']}/slack/events"
    connector = aiohttp.TCPConnector(limit=flying)

    async def worker(http: aiohttp.ClientSession) -> None:
        for number in numbers:
            body, headers = _signed(bot["value"], number, slack_url)
            began = time.perf_counter()
            async with http.post(url, data=body, headers=headers) as answer:
                await answer.read()
                took.append((time.perf_counter() - began) * 1000)
                if answer.status != 200:
                    raise RuntimeError(f"a click was answered {answer.status}")

    async with aiohttp.ClientSession(connector=connector) as http:
        await asyncio.gather(*(worker(http) for _ in range(flying)))
    return sorted(took)


async def statements(bot: dict[str, Any]) -> int:
    """How many statements the bot has sent to its database so far."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{bot['port']}/statements") as answer,
    ):
        return int((await answer.json())["statements"])


async def settled(bot: dict[str, Any]) -> int:
    """The number of statements once all work behind the acknowledgements is done."""
    found = -1
    while found != (now := await statements(bot)):
        found = now
        await asyncio.sleep(0.5)
    return found


async def main() -> bool:
    """Print a row a case; whether the 99th percentile at 100 in flight is within the limit."""
    print(f"click: acknowledgement in ms; limit {LIMIT_MS:.0f} at p99 with 100 in flight")
    print("  app        stored  in flight     p50     p99  queries a click")
    good = True
    async with slack() as url:
        for name, incidents in (("empty", 0), ("ec2ir", 0), ("ec2ir", 10_000)):
            async with target(url, incidents=incidents, empty=name == "empty") as bot:
                await clicks(bot, url, flying=10, total=50)
                for flying, total in ((1, 100), (10, 300), (100, 600)):
                    before = await settled(bot)
                    took = await clicks(bot, url, flying=flying, total=total)
                    queries = (await settled(bot) - before) / total
                    p50, p99 = took[len(took) // 2], took[int(len(took) * 0.99)]
                    ok = flying < 100 or name == "empty" or p99 <= LIMIT_MS
                    good &= ok
                    print(
                        f"  {name:<9}  {incidents:>6}  {flying:>9}  {p50:>6.1f}  {p99:>6.1f}  {queries:>15.1f}"
                        f"{'' if ok else '   OVER'}"
                    )
    return good


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main()) else 1)
