"""The evidence ledger: each entry's hash covers the one before it, so nothing can be changed or taken out unseen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from playbook.plan import Json, digest

GENESIS = "0" * 64
"""What the first entry of an incident names as the one before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One entry; `seq` counts from 1 within its incident.

    Its kind is `before`, `observed`, `finding`, `approval`, `checked`, `watched`, `verdict`, `report`, `indicators` or
    `root cause`.
    """

    incident: str
    seq: int
    at: datetime
    kind: str
    subject: str
    body: Json
    previous: str
    sha256: str


def seal(
    *, incident: str, seq: int, at: datetime, kind: str, subject: str, body: Json, previous: str
) -> Evidence:
    """The entry with its hash: SHA-256 over the canonical JSON of all its other fields."""
    sha256 = digest([incident, seq, at.isoformat(), kind, subject, body, previous])
    return Evidence(
        incident=incident,
        seq=seq,
        at=at,
        kind=kind,
        subject=subject,
        body=body,
        previous=previous,
        sha256=sha256,
    )


def breaks(entries: Iterable[Evidence]) -> tuple[str, ...]:
    """What is wrong with one incident's entries, in words; empty when the chain is whole."""
    found: list[str] = []
    previous, expected = GENESIS, 1
    for e in entries:
        again = seal(
            incident=e.incident,
            seq=e.seq,
            at=e.at,
            kind=e.kind,
            subject=e.subject,
            body=e.body,
            previous=e.previous,
        )
        if e.seq != expected:
            found.append(f"{e.incident}: entry {expected} is missing; entry {e.seq} follows")
        if e.previous != previous:
            found.append(f"{e.incident}: entry {e.seq} does not follow from the entry before it")
        if again.sha256 != e.sha256:
            found.append(
                f"{e.incident}: entry {e.seq} ({e.kind} {e.subject}) was changed after it was written"
            )
        previous, expected = e.sha256, e.seq + 1
    return tuple(found)
