"""What checks look at: one instance (or account), and every read made once however many checks ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from aws.account import Account
from playbook.brief import Brief
from playbook.target import Target

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One round of checks. `elsewhere` is the same account in another region; `now` is when the round began.

    `pause` waits for some seconds: for bounded polls of what AWS answers later.
    """

    target: Target
    aws: Account
    brief: Brief
    now: datetime
    pause: Callable[[float], Awaitable[None]]
    elsewhere: Callable[[str], Account]
    _reads: dict[str, asyncio.Task[Any]] = field(default_factory=dict[str, "asyncio.Task[Any]"])

    async def once(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """What `read` answers; whoever asks first makes it, and the others wait for the same answer or error."""
        if key not in self._reads:
            self._reads[key] = asyncio.ensure_future(read())
        # One check that is given up must not take the read away from the others.
        return cast("T", await asyncio.shield(self._reads[key]))
