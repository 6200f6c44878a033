"""A record of each AWS call made on behalf of a step: what evidence and the permission law are made of."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

OUTPUT = 24_000
"""Characters of an output that are kept: as many as GetCommandInvocation answers (Systems Manager API reference)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answered call; `status` is the HTTP status, `error` AWS's code or empty.

    `output` is what a host printed, where the call asked for that: evidence, made storable and bounded.
    """

    service: str
    operation: str
    request_id: str
    status: int
    error: str = ""
    output: str = ""


_calls: ContextVar[list[Call] | None] = ContextVar("ec2ir_aws_calls", default=None)


@contextmanager
def recorded() -> Generator[list[Call]]:
    """Collect the calls made inside the block, also those in tasks and pool threads started there."""
    found: list[Call] = []
    token = _calls.set(found)
    try:
        yield found
    finally:
        _calls.reset(token)


def note(http_response: Any, parsed: dict[str, Any], model: OperationModel, **_: object) -> None:
    """Remember the call if somebody records; this is the `after-call` hook of each client."""
    calls = _calls.get()
    if calls is None:
        return
    calls.append(
        Call(
            service=model.service_model.service_name,
            operation=model.name,
            request_id=parsed.get("ResponseMetadata", {}).get("RequestId", ""),
            status=int(http_response.status_code),
            error=parsed.get("Error", {}).get("Code", ""),
            output=_storable(str(parsed.get("StandardOutputContent", ""))),
        )
    )


def _storable(text: str) -> str:
    """What SSM answers of an output at most, without what a database refuses or a terminal obeys."""
    return "".join(c for c in text[:OUTPUT] if c in "\n\t" or c.isprintable())
