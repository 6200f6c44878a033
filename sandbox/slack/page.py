"""The page for people: what one of them sees, as JSON; their acts; and a stream of changes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from aiohttp import web

from sandbox.slack.acts import Outcome
from sandbox.slack.errors import CannotActError
from sandbox.slack.models import JSON, Channel, Ephemeral, User
from sandbox.slack.render import message_json
from sandbox.slack.workspace import Workspace

STATIC = Path(__file__).parent / "static"
MEDIA = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SHOWN_MESSAGES = 300
HEARTBEAT_SECONDS = 15.0
CLOSING: JSON = {"kind": "closing"}
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Act = Callable[["Page", str, JSON], Awaitable[Outcome | None]]


def require_loopback(request: web.Request) -> None:
    """Refuse other hosts and foreign origins, so that no web site can reach in. Raises: HTTPForbidden."""
    origin = request.headers.get("Origin")
    host = urlsplit(f"//{request.host}").hostname
    if host not in LOOPBACK or (origin and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="This page answers only to its own address on this machine.")


class Page:
    """The page of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._streams: set[asyncio.Queue[JSON]] = set()

    def add_to(self, app: web.Application) -> None:
        """Add the page's routes."""
        app.on_shutdown.append(self._end_streams)
        app.router.add_get("/", self._file)
        app.router.add_get("/static/{name}", self._file)
        app.router.add_get("/sandbox/state", self._state)
        app.router.add_get("/sandbox/changes", self._changes)
        app.router.add_post("/sandbox/act", self._act)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        known = {path.name: path for path in STATIC.iterdir()}
        path = known.get(request.match_info.get("name", "index.html"))
        if path is None:
            raise web.HTTPNotFound
        return web.Response(text=path.read_text(), content_type=MEDIA[path.suffix], headers=SECURITY)

    async def _state(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        people = [user for user in self.workspace.state.users.values() if not user.is_bot]
        who = self.workspace.state.users.get(request.query.get("as", "")) or (people[0] if people else None)
        if who is None:
            return web.json_response({"users": []}, headers=SECURITY)
        shown = self.workspace.state.channels.get(request.query.get("channel", ""))
        return web.json_response(self.seen_by(who, shown), headers=SECURITY)

    def seen_by(self, who: User, asked: Channel | None) -> JSON:
        """Return what one person sees, with one channel in full."""
        state = self.workspace.state
        visible = [each for each in state.channels.values() if not each.is_private or who.id in each.members]
        channel = asked if asked in visible else next(iter(visible), None)
        home = state.homes.get(who.id)
        modals = state.modals.get(who.id) or []
        return {
            "me": who.id,
            "users": [
                {"id": user.id, "name": user.name, "real_name": user.real_name, "bot": user.is_bot}
                for user in state.users.values()
            ],
            "groups": [{"id": group.id, "handle": group.handle} for group in state.groups.values()],
            "channels": [
                {
                    "id": each.id, "name": each.name, "private": each.is_private, "im": each.is_im,
                    "archived": each.is_archived, "member": who.id in each.members,
                    "latest": each.messages[-1].ts if each.messages else "",
                }
                for each in visible
            ],
            "channel": self._channel(who, channel) if channel else None,
            "home": {"id": home.id, "blocks": home.body["blocks"]} if home else None,
            "modal": {**modals[-1].body, "id": modals[-1].id, "errors": modals[-1].errors} if modals else None,
        }  # fmt: skip

    def _channel(self, who: User, channel: Channel) -> JSON:
        state = self.workspace.state
        messages = [
            message_json(state, message, metadata=False) | {"pinned": message.ts in channel.pins}
            for message in channel.messages[-SHOWN_MESSAGES:]
        ]
        whispers = [
            _whisper(self.workspace.app.bot_user, each)
            for each in state.ephemerals
            if (each.channel, each.user) == (channel.id, who.id)
        ]
        return {
            "id": channel.id,
            "topic": channel.topic,
            "members": channel.members,
            "bookmarks": [{"title": each["title"], "link": each["link"]} for each in channel.bookmarks],
            "messages": sorted([*messages, *whispers], key=lambda each: str(each["ts"])),
        }

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        response = web.StreamResponse(headers={**SECURITY, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue = self.workspace.watch()
        self._streams.add(queue)
        try:
            await response.write(b": connected\n\n")
            while (line := await _next_line(queue)) is not None:
                await response.write(line)
        except ConnectionError:
            return response
        finally:
            self._streams.discard(queue)
            self.workspace.unwatch(queue)
        return response

    async def _end_streams(self, _app: web.Application) -> None:
        for queue in self._streams:
            queue.put_nowait(CLOSING)

    async def _act(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType
        try:
            asked: Any = await request.json()
        except ValueError:
            raise web.HTTPBadRequest(text="The body must be JSON.") from None
        body = cast("JSON", asked) if isinstance(asked, dict) else {}
        act = ACTS.get(str(body.get("act")))
        if act is None:
            raise web.HTTPBadRequest(text=f"The acts are: {', '.join(ACTS)}.")
        try:
            outcome = await act(self, str(body.get("as")), body)
        except (CannotActError, LookupError) as refusal:
            return web.json_response({"error": str(refusal)}, headers=SECURITY)
        answer = {"error": outcome.error, "errors": dict(outcome.errors)} if outcome else {"error": ""}
        return web.json_response(answer, headers=SECURITY)


async def _next_line(queue: asyncio.Queue[JSON]) -> bytes | None:
    try:
        change = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return b": still here\n\n"
    return None if change is CLOSING else f"data: {json.dumps(change)}\n\n".encode()


def _whisper(bot: str, shown: Ephemeral) -> JSON:
    return {
        "ts": shown.ts, "user": bot, "text": shown.text, "blocks": shown.blocks, "ephemeral": True,
        **({"thread_ts": shown.thread_ts} if shown.thread_ts else {}),
    }  # fmt: skip


def _values(body: JSON) -> Mapping[str, Any]:
    values = body.get("values")
    return cast("JSON", values) if isinstance(values, dict) else {}


async def _say(page: Page, who: str, body: JSON) -> Outcome | None:
    text, channel = str(body.get("text", "")), str(body.get("channel"))
    if text.startswith("/"):
        return await page.workspace.says(who, channel, text)
    await page.workspace.posts(who, channel, text, thread_ts=body.get("thread_ts"))
    return None


def _how(body: JSON) -> JSON:
    return {name: body.get(name) for name in ("value", "block_id", "choose")} | {"values": _values(body)}


async def _click(page: Page, who: str, body: JSON) -> Outcome | None:
    channel, ts, action = (str(body.get(name)) for name in ("channel", "ts", "action"))
    return await page.workspace.click(who, channel, ts, action, **_how(body))


async def _click_in_view(page: Page, who: str, body: JSON) -> Outcome | None:
    view = page.workspace.view(str(body.get("view")))
    return await page.workspace.click_in_view(who, view, str(body.get("action")), **_how(body))


async def _submit(page: Page, who: str, body: JSON) -> Outcome | None:
    return await page.workspace.submit(who, page.workspace.view(str(body.get("view"))), _values(body))


async def _close(page: Page, who: str, body: JSON) -> Outcome | None:
    return await page.workspace.closes(who, page.workspace.view(str(body.get("view"))))


async def _home(page: Page, who: str, _body: JSON) -> Outcome | None:
    await page.workspace.opens_home(who)
    return None


async def _join(page: Page, who: str, body: JSON) -> Outcome | None:
    await page.workspace.joins(who, str(body.get("channel")))
    return None


ACTS: dict[str, Act] = {
    "say": _say, "click": _click, "click_in_view": _click_in_view, "submit": _submit, "close": _close,
    "home": _home, "join": _join,
}  # fmt: skip
