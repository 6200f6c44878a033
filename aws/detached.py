"""Blocking calls that may be abandoned: long polls must not hold up the end of the process."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from aws.errors import translated

P = ParamSpec("P")
R = TypeVar("R")


async def detached(operation: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Await `operation` in a daemon thread of its own; cancelling leaves the thread to end by itself.

    Raises AwsRefused, Ambiguous or Unreachable.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[R] = loop.create_future()

    def settle(how: Callable[[], None]) -> None:
        if not ended.done():
            how()

    def report(how: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(settle, how)
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            return

    def work() -> None:
        try:
            answer = operation(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits
            report(functools.partial(ended.set_exception, error))
        else:
            report(functools.partial(ended.set_result, answer))

    threading.Thread(target=work, daemon=True, name="aws-poll").start()
    with translated():
        return await ended
