"""Who may post alerts: a signature over time and body, or a shared secret; compared in constant time.

    X-Ec2ir-Timestamp: 1772366400                   seconds since 1970
    X-Ec2ir-Signature: v1=<hex of HMAC-SHA256(secret, timestamp "." body)>

or, for senders that can only send fixed headers (EventBridge API destinations): `Authorization: Bearer <secret>`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from playbook.errors import NotAllowed

SIGNATURE = "X-Ec2ir-Signature"
TIMESTAMP = "X-Ec2ir-Timestamp"
AUTHORIZATION = "Authorization"
YOUNG = timedelta(minutes=5)
"""How far a signed time may be from ours, either way."""

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)
_BEARER = "Bearer "


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Ec2ir-Signature`."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def check(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
    """Raise NotAllowed unless the request is signed, or carries the secret. No secret lets nobody in."""
    if not secret:
        raise NotAllowed("There is no secret to check this request by.")
    sent = headers.get(SIGNATURE, "")
    if sent:
        _signed(sent, headers.get(TIMESTAMP, ""), body, secret, now)
        return
    bearer = headers.get(AUTHORIZATION, "")
    if not bearer.startswith(_BEARER):
        raise NotAllowed(
            f"The request has neither {SIGNATURE} nor {AUTHORIZATION}.", then="Sign it, or send the secret."
        )
    if not _same(bearer.removeprefix(_BEARER), secret):
        raise NotAllowed("The secret is another one.", then="Compare it with EC2IR_ALERTS_SECRET.")


def _signed(sent: str, timestamp: str, body: bytes, secret: str, now: datetime) -> None:
    if not _SECONDS.fullmatch(timestamp):
        raise NotAllowed(f"{TIMESTAMP} is no number of seconds.", then="Send the time that was signed.")
    if abs(now.timestamp() - int(timestamp)) > YOUNG.total_seconds():
        raise NotAllowed(
            f"The request was signed more than {YOUNG.total_seconds() / 60:.0f} minutes from now.",
            then="Sign it when it is sent, and compare the clocks.",
        )
    if not _same(sent, sign(secret, timestamp, body)):
        raise NotAllowed(
            "The signature does not fit the body.", then="Sign the bytes that are sent, time and a dot first."
        )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())
