"""A record of each AWS call made on behalf of a step: what evidence and the permission law are made of."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answered call; `status` is the HTTP status, `error` AWS's code or empty."""

    service: str
    operation: str
    request_id: str
    status: int
    error: str = ""


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
        )
    )
