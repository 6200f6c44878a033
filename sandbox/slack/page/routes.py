"""The page's routes: its files, what a person sees, what they do, downloads, and what stands beside."""

from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from aiohttp import web

from sandbox.slack.errors import CannotActError
from sandbox.slack.models import JSON, User
from sandbox.slack.page.beside import Beside
from sandbox.slack.page.did import ACTS
from sandbox.slack.page.door import SECURITY, require_loopback
from sandbox.slack.page.seen import seen_by
from sandbox.slack.page.stream import Stream
from sandbox.slack.workspace import Workspace

STATIC = Path(__file__).parent / "static"
MEDIA = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


class Page:
    """The page of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._stream = Stream(workspace)

    def stand_beside(self, beside: Beside) -> None:
        """Show this beside Slack from now on."""
        self._stream.beside = beside

    def add_to(self, app: web.Application) -> None:
        """Add the page's routes."""
        app.on_shutdown.append(self._stream.end)
        app.router.add_get("/", self._static)
        app.router.add_get("/static/{name}", self._static)
        app.router.add_get("/sandbox/state", self._state)
        app.router.add_get("/sandbox/changes", self._stream.serve)
        app.router.add_get("/sandbox/offers", self._offers)
        app.router.add_get("/sandbox/files/{file}", self._download)
        app.router.add_post("/sandbox/act", self._act)
        app.router.add_post("/sandbox/lever", self._lever)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        known = {path.name: path for path in STATIC.iterdir()}
        path = known.get(request.match_info.get("name", "index.html"))
        if path is None:
            raise web.HTTPNotFound
        return web.Response(text=path.read_text(), content_type=MEDIA[path.suffix], headers=SECURITY)

    def _who(self, request: web.Request) -> User | None:
        people = [user for user in self.workspace.state.users.values() if not user.is_bot]
        asked = self.workspace.state.users.get(request.query.get("as", ""))
        return asked or (people[0] if people else None)

    async def _state(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        who = self._who(request)
        if who is None:
            return web.json_response({"users": []}, headers=SECURITY)
        shown = self.workspace.state.channels.get(request.query.get("channel", ""))
        return web.json_response(seen_by(self.workspace.state, who, shown), headers=SECURITY)

    async def _offers(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        beside = self._stream.beside
        return web.json_response(beside.offers() if beside else {}, headers=SECURITY)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        require_loopback(request)
        state, who = self.workspace.state, self._who(request)
        file = state.files.get(request.match_info["file"])
        channels = [state.channels[each] for each in file.channels] if file else []
        if who is None or file is None or not any(not c.is_private or who.id in c.members for c in channels):
            raise web.HTTPNotFound(text="There is no such file that this person may see.")
        named = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        headers = {**SECURITY, "Content-Disposition": named}
        return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)

    async def _act(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        act = ACTS.get(str(body.get("act")))
        if act is None:
            raise web.HTTPBadRequest(text=f"The acts are: {', '.join(ACTS)}.")
        try:
            outcome = await act(self.workspace, str(body.get("as")), body)
        except (CannotActError, LookupError) as refusal:
            return web.json_response({"error": str(refusal)}, headers=SECURITY)
        answer = {"error": outcome.error, "errors": dict(outcome.errors)} if outcome else {"error": ""}
        return web.json_response(answer, headers=SECURITY)

    async def _lever(self, request: web.Request) -> web.StreamResponse:
        body, beside = await _body(request), self._stream.beside
        if beside is None:
            raise web.HTTPNotFound(text="Nothing stands beside this workspace.")
        try:
            words = await beside.pull(str(body.get("lever")), str(body.get("choice")))
        except CannotActError as refusal:
            return web.json_response({"words": "", "error": str(refusal)}, headers=SECURITY)
        return web.json_response({"words": words, "error": ""}, headers=SECURITY)


async def _body(request: web.Request) -> JSON:
    """Read a JSON object. Raises: HTTPForbidden, HTTPUnsupportedMediaType, HTTPBadRequest."""
    require_loopback(request)
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        asked: Any = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="The body must be JSON.") from None
    return cast("JSON", asked) if isinstance(asked, dict) else {}
