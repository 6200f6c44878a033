"""One message in: findings for the domain, or a letter for people to read."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

import structlog

from intake.envelope import MOST_BYTES
from intake.ports import Sink
from intake.routes import Read, Reading
from playbook.errors import BadInput
from playbook.letter import Letter

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.intake")


class Outcome(StrEnum):
    """What became of a message."""

    STORED = "stored"
    """Its findings are taken in, or it holds none that matters: the queue may forget it."""
    LEFT = "left"
    """Not understood, and kept as a letter: left to the queue's redrive into its dead-letter queue."""


_PLAIN = Reading()


async def handle(
    text: str | bytes, message_id: str, sink: Sink, *, received: datetime, read: Read = _PLAIN.event
) -> Outcome:
    """Hand the findings in `text` to the sink, or a letter if it can't be understood; all is stored on return.

    Errors of the sink pass through: the message is then not stored whole, and has to come again.
    """
    try:
        findings = read(text)
    except BadInput as problem:
        log.warning("message not understood", message=message_id, problem=str(problem))
        await sink.letter(letter_of(text, problem, received))
        return Outcome.LEFT
    raw = text if isinstance(text, str) else text.decode()
    for finding in findings:
        log.info("finding received", message=message_id, finding=finding.key.id, type=finding.type.full)
        await sink.finding(finding, raw)
    return Outcome.STORED


def letter_of(text: str | bytes, problem: BadInput, received: datetime) -> Letter:
    """The message as a letter: its id is that of the whole body, its body is cut at `MOST_BYTES` characters.

    What a database can't store (NUL, bytes that are no UTF-8) is replaced.
    """
    whole = text if isinstance(text, bytes) else text.encode(errors="replace")
    body = whole[: MOST_BYTES * 4].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Letter(
        id=hashlib.sha256(whole).hexdigest(), received=received, body=body[:MOST_BYTES], problem=str(problem)
    )
