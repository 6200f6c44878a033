"""What goes over the wire: every call to AWS with its parameters, and a process that dies at the n-th of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal, cast

import boto3

READS = ("Describe", "Get", "List", "Head", "Filter", "StartQuery")
"""What the names of operations begin with that change nothing."""


Side = Literal["before", "after"]


class Stopped(BaseException):
    """The process died: nothing in the product may catch this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One call, as the SDK's own model names it."""

    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def reads(self) -> bool:
        return self.operation.startswith(READS)


class Wire:
    """Hooks of one boto3 session: `sent` are the calls made, `left` the operations that really left, in order.

    Presigned addresses are among the first, not the second. `die` makes the process die at the n-th call that
    leaves, counted from 1.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.reset()

    def attach(self, session: boto3.Session) -> None:
        events = cast("Any", session.events)
        events.register("before-parameter-build", self._built)
        events.register_first("before-send", self._leaves)
        events.register_last("after-call", self._returns)

    def reset(self) -> None:
        self.sent: list[Sent] = []
        self.left: list[str] = []
        self._at = 0
        self._side: Side = "before"

    def die(self, at: int, side: Side) -> None:
        """Die before the call leaves, or after AWS has done it and before the answer is known."""
        self.reset()
        self._at, self._side = at, side

    @property
    def deaths(self) -> tuple[tuple[int, Side], ...]:
        """Where a process could die that makes the calls which left since the reset.

        Once a read is answered nothing is changed, so dying then is dying before the next call. Of many calls of one
        kind the first two and the last stand for the others: nineteen rules are written no otherwise than three.
        """
        numbered = list(enumerate(self.left, start=1))
        telling = {
            at for name in set(self.left) for at in _ends([n for n, other in numbered if other == name])
        }
        before: list[tuple[int, Side]] = [(at, "before") for at, _ in numbered if at in telling]
        after: list[tuple[int, Side]] = [
            (at, "after") for at, name in numbered if at in telling and not name.startswith(READS)
        ]
        return (*before, *after)

    def _built(self, params: dict[str, Any], model: Any, **_: object) -> None:
        call = Sent(service=model.service_model.service_name, operation=model.name, params=dict(params))
        with self._lock:
            self.sent.append(call)

    def _leaves(self, event_name: str, **_: object) -> None:
        with self._lock:
            self.left.append(event_name.rpartition(".")[2])
            last = self._at if self._side == "after" else self._at - 1
            if self._at and len(self.left) > last:
                raise Stopped

    def _returns(self, **_: object) -> None:
        with self._lock:
            if self._at and self._side == "after" and len(self.left) >= self._at:
                raise Stopped


def _ends(places: list[int]) -> list[int]:
    return [*places[:2], *places[-1:]]
