"""Bounded polls: EC2 is eventually consistent, so one look that disagrees proves nothing yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between looks; 15.5 s in all, then the last answer stands."""


async def settled(
    look: Callable[[], Awaitable[T]],
    good: Callable[[T], bool],
    pause: Callable[[float], Awaitable[None]],
    delays: tuple[float, ...] = DELAYS,
) -> T:
    """The first answer that is good, or the last one."""
    answer = await look()
    for delay in delays:
        if good(answer):
            break
        await pause(delay)
        answer = await look()
    return answer
