"""HTTP/1.1 over asyncio's bare transport: a framework would cost more than the answers do."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from bench.aws_stand_in.messages import Request, Response

Reply = Callable[[Response], None]
Handle = Callable[[Request, Reply], None]
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A request without its body, which is `length` bytes long."""

    method: str
    path: str
    headers: dict[str, str]
    length: int


class Backlog:
    """Work done one piece a turn of the loop, so that arrivals are noticed, and answers sent, in between."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, work: Callable[[], None]) -> None:
        """Put a piece at the end of the line."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._do_one)
        self._waiting.append(work)

    def _do_one(self) -> None:
        try:
            self._waiting[0]()
        finally:
            self._waiting.popleft()
            if self._waiting:
                asyncio.get_running_loop().call_soon(self._do_one)


class Connection(asyncio.Protocol):
    """One kept-alive connection; `handle` may reply at any later time."""

    def __init__(self, handle: Handle, backlog: Backlog) -> None:
        self._handle = handle
        self._backlog = backlog
        self._buffer = bytearray()
        self._head: Head | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Note the time, and work later: a burst must not wait in line, as it would not at AWS."""
        self._buffer += data
        self._backlog.add(partial(self._take, time.monotonic()))

    def _take(self, arrived: float) -> None:
        while head := self._head or self._read_head():
            self._head = head
            if len(self._buffer) < head.length:
                return
            body = bytes(self._buffer[: head.length])
            del self._buffer[: head.length]
            self._head = None
            request = Request(
                method=head.method, path=head.path, headers=head.headers, body=body, arrived=arrived
            )
            self._handle(request, lambda response, method=head.method: self._write(method, response))

    def _read_head(self) -> Head | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        try:
            head = parse_head(bytes(self._buffer[:end]))
        except ValueError:
            self._refuse()
            return None
        del self._buffer[: end + 4]
        if head.headers.get("expect") == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return head

    def _refuse(self) -> None:
        self._buffer.clear()
        self._write("", Response(status=400, headers=(("Connection", "close"),)))
        if self._transport:
            self._transport.close()

    def _write(self, method: str, response: Response) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        lines = [f"HTTP/1.1 {response.status} {REASONS[response.status]}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if method == "HEAD":
            if not any(name == "Content-Length" for name, _ in response.headers):
                lines.append("Content-Length: 0")
            self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
            return
        lines.append(f"Content-Length: {len(response.body)}")
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + response.body)


def parse_head(text: bytes) -> Head:
    """A request's first line and headers.

    Raises:
        ValueError: it is no HTTP request, or its body comes in chunks, which no SDK sends here.

    """
    first, *rest = text.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise ValueError("chunked bodies are not read here")
    return Head(method=method, path=path, headers=headers, length=int(headers.get("content-length", 0)))
