"""HTTP/1.1 over asyncio's bare transport: a framework would cost more than the answers do."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from bench.aws_stand_in.messages import Request, Response

Reply = Callable[[Response], None]
Handle = Callable[[Request, Reply], None]
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Connection(asyncio.Protocol):
    """One kept-alive connection; `handle` may reply at any later time."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._buffer = bytearray()
        self._continued = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand on each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            method, path, headers = parse_head(bytes(self._buffer[:end]))
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._buffer) < whole:
                self._invite(headers)
                return
            body = bytes(self._buffer[end + 4 : whole])
            del self._buffer[:whole]
            self._continued = False
            request = Request(method=method, path=path, headers=headers, body=body)
            self._handle(request, lambda response, method=method: self._write(method, response))

    def _invite(self, headers: dict[str, str]) -> None:
        if headers.get("expect") == "100-continue" and not self._continued and self._transport:
            self._continued = True
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

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


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, path with query, and headers by lower-case name."""
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers: dict[str, str] = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return method, path, headers
