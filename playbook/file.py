"""A file that an incident yields: a report, a list of indicators; kept as it was made, with its hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """`signature` is a detached Ed25519 signature over `content`, empty where no key is configured."""

    id: str
    incident: str
    name: str
    media: str
    content: bytes
    sha256: str
    at: datetime
    signature: bytes = b""


def made(
    *,
    id: str,  # noqa: A002
    incident: str,
    name: str,
    media: str,
    content: bytes,
    at: datetime,
    signature: bytes = b"",
) -> File:
    """A file with its SHA-256, in hexadecimal."""
    return File(
        id=id,
        incident=incident,
        name=name,
        media=media,
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        at=at,
        signature=signature,
    )
