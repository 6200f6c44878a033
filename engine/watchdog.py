"""The living take over from the dead: executors whose heart stopped beating lose their workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from commands.desk import Desk

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

SILENCE = timedelta(seconds=30)
"""An executor that has not beaten for this long, by the database's clock, is dead; if it wakes again, the holder
check stops it.
"""


async def take_over(
    desk: Desk, executor: str, recover: Callable[[list[str]], None], silence: timedelta = SILENCE
) -> None:
    """Recover what dead executors left pending, then forget them. Two doing this at once is harmless:
    recovery only queues again what is still pending under the dead one's name.
    """
    async with desk.store.begin() as unit:
        dead = [e for e in await unit.executors.silent(silence) if e != executor]
    if not dead:
        return
    log.warning("taking over from dead executors", dead=dead)
    await asyncio.to_thread(recover, dead)
    async with desk.store.begin() as unit:
        for name in dead:
            # Slack's messages that it was sending need not wait for their lease to run out.
            await unit.outbox.release(name)
            await unit.executors.bury(name)
