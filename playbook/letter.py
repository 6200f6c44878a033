"""A message from the queue that could not be understood: kept, shown once, never in the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`id` is the SHA-256 of the body, so that the same message is kept once; `understood` marks what was
    read well and is about something else than an instance.
    """

    id: str
    received: datetime
    body: str
    problem: str
    understood: bool = False
