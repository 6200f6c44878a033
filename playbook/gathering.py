"""Waiting for several things at once, without leaving any behind when one of them fails."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def gather(*work: Coroutine[Any, Any, T]) -> list[T]:
    """All answers in order. When some fail, the others are still waited for, then the first error is raised.

    A call to AWS that is under way can't be taken back: cancelling it would only hide how it ended.
    """
    answers = await asyncio.gather(*work, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]


async def both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """Two answers of different types; errors as in `gather`."""
    one, two = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(one, BaseException):
        raise one
    if isinstance(two, BaseException):
        raise two
    return one, two
