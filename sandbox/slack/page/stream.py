"""The stream of changes to every open page: server-sent events, with a heartbeat."""

import asyncio
import contextlib
import json

from aiohttp import web

from sandbox.slack.models import JSON
from sandbox.slack.page.beside import Beside
from sandbox.slack.page.door import SECURITY, require_loopback
from sandbox.slack.workspace import Workspace

HEARTBEAT_SECONDS = 15.0
LOOK_SECONDS = 0.7  # between two looks at what stands beside
CLOSING: JSON = {"kind": "closing"}


class Stream:
    """Pages that listen; while there are any, what stands beside is looked at, and told when it is another."""

    def __init__(self, workspace: Workspace) -> None:
        self.beside: Beside | None = None
        self._workspace = workspace
        self._queues: set[asyncio.Queue[JSON]] = set()
        self._told: JSON | None = None
        self._looking: asyncio.Task[None] | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one page until it goes away or the server ends."""
        require_loopback(request)
        response = web.StreamResponse(headers={**SECURITY, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue = self._workspace.watch()
        self._queues.add(queue)
        self._look()
        if self._told is not None:
            queue.put_nowait(self._told)
        try:
            await response.write(b": connected\n\n")
            while (line := await _next_line(queue)) is not None:
                await response.write(line)
        except ConnectionError:
            return response
        finally:
            self._queues.discard(queue)
            self._workspace.unwatch(queue)
        return response

    async def end(self, _app: web.Application) -> None:
        """Let go of every page."""
        for queue in self._queues:
            queue.put_nowait(CLOSING)
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    def _look(self) -> None:
        if self.beside is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._tell(self.beside))

    async def _tell(self, beside: Beside) -> None:
        while self._queues:
            found: JSON = {"kind": "beside", **await beside.now()}
            if found != self._told:
                self._told = found
                for queue in self._queues:
                    queue.put_nowait(found)
            await asyncio.sleep(LOOK_SECONDS)


async def _next_line(queue: asyncio.Queue[JSON]) -> bytes | None:
    try:
        change = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return b": still here\n\n"
    return None if change is CLOSING else f"data: {json.dumps(change)}\n\n".encode()
