"""A pager in a box: PagerDuty's Events API v2 as far as its documentation tells it, refusals included."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from json import JSONDecodeError
from typing import Any, cast

from aiohttp import web

_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "error", "warning", "info")
_KEY = 32
"""Characters of an integration key."""


@dataclass(slots=True, kw_only=True)
class Alert:
    """One alert: `state` is triggered, acknowledged or resolved; `events` is how many events it took in."""

    dedup_key: str
    summary: str
    state: str = "triggered"
    events: int = 1


@dataclass(slots=True, kw_only=True)
class PagerBox:
    """Alerts in the order in which they rang. `answers` are statuses to answer with first, each once."""

    alerts: list[Alert] = field(default_factory=list[Alert])
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    answers: list[int] = field(default_factory=list[int])
    retry_after: str = "1"

    async def take(self, request: web.Request) -> web.Response:
        """POST /v2/enqueue: 202, 400 with what is wrong, or 429."""
        try:
            body = await request.json()
        except JSONDecodeError:
            body = None
        self.requests.append(cast("dict[str, Any]", body) if isinstance(body, dict) else {})
        if self.answers:
            status = self.answers.pop(0)
            headers = {"Retry-After": self.retry_after} if status == 429 else None
            return web.json_response({"status": "throttled"}, status=status, headers=headers)
        problems = _problems(self.requests[-1])
        if problems:
            wrong = {"status": "invalid event", "message": "Event object is invalid", "errors": problems}
            return web.json_response(wrong, status=400)
        key = self._enter(self.requests[-1])
        return web.json_response(
            {"status": "success", "message": "Event processed", "dedup_key": key}, status=202
        )

    def _enter(self, event: dict[str, Any]) -> str:
        """Events with the key of an alert that is not resolved go into it; only a trigger makes a new one."""
        key, action = str(event.get("dedup_key") or f"made-{len(self.alerts)}"), event["event_action"]
        living = next((a for a in self.alerts if a.dedup_key == key and a.state != "resolved"), None)
        if living is None:
            if action == "trigger":
                self.alerts.append(Alert(dedup_key=key, summary=str(event["payload"]["summary"])))
            return key
        living.events += 1
        if action != "trigger":
            living.state = "acknowledged" if action == "acknowledge" else "resolved"
        return key


def _problems(event: dict[str, Any]) -> list[str]:
    found: list[str] = []
    if len(str(event.get("routing_key", ""))) != _KEY:
        found.append("'routing_key' is missing or not 32 characters long")
    if event.get("event_action") not in _ACTIONS:
        found.append("'event_action' is not trigger, acknowledge or resolve")
    if event.get("event_action") in _ACTIONS[1:] and not event.get("dedup_key"):
        found.append("'dedup_key' is missing")
    if len(str(event.get("dedup_key", ""))) > 255:
        found.append("'dedup_key' is longer than 255 characters")
    if event.get("event_action") == "trigger":
        payload: Any = event.get("payload")
        sent = cast("dict[str, Any]", payload) if isinstance(payload, dict) else {}
        found += [f"'payload.{n}' is missing or blank" for n in ("summary", "source") if not sent.get(n)]
        if sent.get("severity") not in _SEVERITIES:
            found.append("'payload.severity' is invalid")
        if len(str(sent.get("summary", ""))) > 1_024:
            found.append("'payload.summary' is longer than 1024 characters")
    return found


@asynccontextmanager
async def paging(box: PagerBox) -> AsyncGenerator[str]:
    """Serve it on a free port of this machine; the address that `pager_url` names."""
    app = web.Application()
    app.router.add_post("/v2/enqueue", box.take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/v2/enqueue"
    finally:
        await runner.cleanup()
