"""A workspace that kills whoever calls it, at the call that a test names."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from sandbox.slack.endpoint import Endpoint, Incoming
from sandbox.slack.web import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Kill at the `nth` call of a method: before Slack takes it, or when it has done it and nobody knows yet."""

    method: str
    when: Literal["before", "after"]
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.method} {self.nth}"


@dataclass(slots=True, kw_only=True)
class Spring:
    """What a trap waits for, and whom it kills; once."""

    victim: int = 0
    order: Order | None = None
    seen: Counter[str] = field(default_factory=Counter[str])

    def set(self, order: Order) -> None:
        """Wait for this call; those made so far do not count."""
        self.order = order
        self.seen.clear()

    def met(self, path: str) -> Order | None:
        """The order, if this call is the one; it is met once only."""
        method = path.strip("/").rpartition("/")[2]
        self.seen[method] += 1
        order = self.order
        if order is None or order.method != method or self.seen[method] != order.nth:
            return None
        self.order = None
        return order


@dataclass(frozen=True, slots=True)
class Trap(Endpoint):
    """The workspace's endpoint, behind a spring."""

    spring: Spring = field(default_factory=Spring)

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer one request, unless its sender is to die."""
        order = self.spring.met(incoming.path)
        if order is None:
            return await Endpoint.handle(self, incoming)
        if order.when == "after":
            await Endpoint.handle(self, incoming)
        os.kill(self.spring.victim, signal.SIGKILL)
        return Answer(status=503, body="", lost="dropped")
