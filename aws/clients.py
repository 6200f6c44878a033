"""boto3 clients: one session an account, one client per account, region and service, made once.

A session's first EC2 client costs 117 ms and 24 MB, each further client of it 8 ms and 1.3 MB (measured).
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, cast

import boto3
from botocore.config import Config

from aws.errors import THROTTLED
from aws.limits import Pace
from aws.record import note

POOL = 64
"""Threads and connections: calls of several runs at once never wait for each other's sockets."""

_FURTHER, _FIRST_WAIT = 5, 0.5

SessionFor = Callable[[str], boto3.Session]
"""The session for an account id: ambient credentials, or an assumed role."""


def _config(service: str, *, once: bool) -> Config:
    # botocore signs S3's presigned URLs with version 2 and for the global endpoint unless told otherwise: buckets
    # made since June 2020 refuse the first, and those outside us-east-1 answer the second with a redirect.
    presigned: dict[str, Any] = (
        {"signature_version": "s3v4", "s3": {"addressing_style": "virtual"}} if service == "s3" else {}
    )
    return Config(
        **presigned,
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=POOL,
        retries={"mode": "standard", "total_max_attempts": 1 if once else 4},
        user_agent_extra="ec2ir",
    )


def patience(response: tuple[Any, Mapping[str, Any]] | None, attempts: int) -> float | None:
    """Seconds after which a refused call is sent again, None when it is not.

    Only what AWS refused because too much was asked for: such a call was not carried out, so that sending it again
    is safe even where it has no idempotency token. Where no answer came, nobody knows. Five further attempts,
    about 15 seconds in all, with jitter so that runs which were refused together do not come back together.
    """
    if response is None or attempts > _FURTHER:
        return None
    code = cast("Mapping[str, Any]", response[1].get("Error") or {}).get("Code")
    if code not in THROTTLED:
        return None
    return random.uniform(0.5, 1.0) * _FIRST_WAIT * 2 ** (attempts - 1)  # noqa: S311


def _again(
    response: tuple[Any, Mapping[str, Any]] | None = None, attempts: int = 1, **_: object
) -> float | None:
    return patience(response, attempts)


def outcome(status: int, code: str) -> str:
    """An answer as one of four words: ok, throttled, refused, failed."""
    if status < 300:
        return "ok"
    if code in THROTTLED:
        return "throttled"
    return "refused" if status < 500 else "failed"


class Clients:
    """Thread-safe; clients themselves are too. `pace` is where everybody who uses them keeps AWS's limits.

    `tally` counts the answers by outcome.
    """

    def __init__(self, session_for: SessionFor) -> None:
        self.pace = Pace()
        self.tally = Counter[str]()
        self._tallying = threading.Lock()
        self._session_for = session_for
        self._sessions: dict[str, boto3.Session] = {}
        self._made: dict[tuple[str, str, str, bool], Any] = {}
        self._lock = threading.Lock()

    def get(self, account: str, region: str, service: str, *, once: bool = False) -> Any:
        """The client; with `once`, one whose calls are sent again only when AWS did not carry them out."""
        key = (account, region, service, once)
        made = self._made.get(key)
        if made is not None:
            return made
        with self._lock:
            if key not in self._made:
                self._made[key] = self._make(account, region, service, once=once)
            return self._made[key]

    def _make(self, account: str, region: str, service: str, *, once: bool) -> Any:
        session = self._sessions.get(account)
        if session is None:
            session = self._sessions[account] = self._session_for(account)
        make = cast("Callable[..., Any]", session.client)
        client = make(service, region_name=region, config=_config(service, once=once))
        client.meta.events.register("after-call", note)
        client.meta.events.register("after-call", self._count)
        if once:
            client.meta.events.register("needs-retry", _again)
        return client

    def _count(self, http_response: Any, parsed: Mapping[str, Any], **_: object) -> None:
        code = str(parsed.get("Error", {}).get("Code", ""))
        with self._tallying:
            self.tally[outcome(int(http_response.status_code), code)] += 1
