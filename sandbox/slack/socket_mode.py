"""Socket Mode: up to ten websockets, each payload on a random one of them, acknowledged by envelope id."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import WSMsgType, web

from sandbox.slack.delivery import ACK_SECONDS, TIMED_OUT, UNREACHABLE, Ack, Envelope
from sandbox.slack.models import JSON
from sandbox.slack.state import State

MOST_CONNECTIONS = 10
LIFE_SECONDS = 18_060  # what `hello` announces; Slack refreshes a connection every few hours


@dataclass(slots=True, kw_only=True)
class SocketMode:
    """Delivery over websockets. `unasked` keeps envelope ids acknowledged that nothing waited for.

    `deaf` keeps connections alive but loses every payload (seen in the field: slackapi/bolt-python#1529).
    """

    state: State
    ack_seconds: float = ACK_SECONDS
    chance: random.Random = field(default_factory=random.Random)
    connections: list[web.WebSocketResponse] = field(default_factory=list[web.WebSocketResponse])
    retiring: list[web.WebSocketResponse] = field(default_factory=list[web.WebSocketResponse])
    unasked: list[str] = field(default_factory=list[str])
    deaf: bool = False
    _tickets: set[str] = field(default_factory=set[str])
    _waiting: dict[str, asyncio.Future[Ack]] = field(default_factory=dict[str, asyncio.Future[Ack]])

    def new_url(self) -> str:
        """Return a websocket address that serves for one connection."""
        ticket = self.state.new_id("ticket-")
        self._tickets.add(ticket)
        return (
            f"{self.state.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.state.app.id}"
        )

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="invalid ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {}})
            await socket.close()
            return socket
        self.connections.append(socket)
        self.state.changed("connection")
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.connections),
                "connection_info": {"app_id": self.state.app.id},
                "debug_info": {"host": "sandbox", "approximate_connection_time": LIFE_SECONDS},
            }
        )
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._take(cast("str", frame.data))
        finally:
            self._forget(socket)
        return socket

    def _take(self, text: str) -> None:
        try:
            answer: Any = json.loads(text)
        except ValueError:
            return
        body = cast("JSON", answer) if isinstance(answer, dict) else {}
        envelope_id = str(body.get("envelope_id"))
        waiting = self._waiting.pop(envelope_id, None)
        if waiting is None or waiting.done():
            self.unasked.append(envelope_id)
        else:
            waiting.set_result(Ack(status=200, body=body.get("payload") or ""))

    def _forget(self, socket: web.WebSocketResponse) -> None:
        self.connections = [each for each in self.connections if each is not socket]
        self.state.changed("connection")

    async def deliver(self, envelope: Envelope) -> Ack:
        """Send on a random connection and wait for the acknowledgement."""
        if not self.connections:
            return UNREACHABLE
        envelope_id = self.state.new_id("envelope-")
        frame: JSON = {
            "envelope_id": envelope_id,
            "type": envelope.kind,
            "payload": envelope.payload,
            "accepts_response_payload": envelope.kind != "events_api",
        }
        if envelope.kind == "events_api":
            frame |= {"retry_attempt": envelope.retry, "retry_reason": envelope.retry_reason}
        waiting: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = waiting
        try:
            if not self.deaf:
                await self._pick().send_json(frame)
            return await asyncio.wait_for(waiting, self.ack_seconds)
        except TimeoutError:
            return TIMED_OUT
        except ConnectionError:
            return UNREACHABLE
        finally:
            self._waiting.pop(envelope_id, None)

    def _pick(self) -> web.WebSocketResponse:
        fresh = [socket for socket in self.connections if socket not in self.retiring]
        return self.chance.choice(fresh or self.connections)

    async def refresh(self) -> None:
        """Ask for every connection to be replaced, as Slack does every few hours; the app closes the old ones."""
        self.retiring = list(self.connections)
        for socket in self.retiring:
            await socket.send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    async def drop(self) -> None:
        """Close every connection without a word."""
        for socket in list(self.connections):
            await socket.close()
