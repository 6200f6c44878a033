"""HTTP requests and responses as values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request; header names are lower case; `arrived` is the monotonic second of its last byte."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    arrived: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response; `headers` are those besides Content-Length, which a HEAD's answer gives itself."""

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
