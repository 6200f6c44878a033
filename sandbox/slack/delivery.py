"""How a user's act reaches the app: one interface, whatever the transport, and the v0 signature."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

from sandbox.slack.models import JSON

ACK_SECONDS = 3.0  # an app that has not answered by then has failed

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One payload on its way to the app. `retry` counts from 0; only events are retried."""

    kind: Kind
    payload: JSON
    retry: int = 0
    retry_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What came back: an HTTP status, or None if nothing came in time; `body` is text, JSON or empty.

    `error` is what Slack tells the person: `operation_timeout` or `dispatch_failed`, empty if all is well.
    """

    status: int | None
    body: Any = ""
    error: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the app took the payload."""
        return not self.error


class Delivery(Protocol):
    """A transport."""

    async def deliver(self, envelope: Envelope) -> Ack:
        """Hand the payload over and wait for the app's acknowledgement, three seconds at most."""
        ...


def sign(secret: str, timestamp: int, body: str) -> str:
    """Return the `x-slack-signature` of a request body."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return f"v0={digest}"


def encode(envelope: Envelope, *, secret: str, timestamp: int) -> tuple[dict[str, str], str]:
    """Return headers and body of the signed HTTP request that carries the payload."""
    if envelope.kind == "events_api":
        kind, body = "application/json", json.dumps(envelope.payload)
    elif envelope.kind == "slash_commands":
        kind, body = "application/x-www-form-urlencoded", urlencode(envelope.payload)
    else:
        kind, body = "application/x-www-form-urlencoded", urlencode({"payload": json.dumps(envelope.payload)})
    headers = {
        "content-type": kind,
        "x-slack-request-timestamp": str(timestamp),
        "x-slack-signature": sign(secret, timestamp, body),
    }
    if envelope.retry:
        headers |= {"x-slack-retry-num": str(envelope.retry), "x-slack-retry-reason": envelope.retry_reason}
    return headers, body


def ack_of(status: int, content_type: str, body: str) -> Ack:
    """Read an HTTP answer: anything but 200 is a failure that the person sees."""
    if status != 200:
        return Ack(status=status, body=body, error="dispatch_failed")
    if body and (content_type.startswith("application/json") or body.startswith("{")):
        try:
            return Ack(status=status, body=json.loads(body))
        except ValueError:
            return Ack(status=status, body=body, error="dispatch_failed")
    return Ack(status=status, body=body)


TIMED_OUT = Ack(status=None, error="operation_timeout")
UNREACHABLE = Ack(status=None, error="dispatch_failed")
