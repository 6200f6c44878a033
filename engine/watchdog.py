"""The living take over from the dead: executors whose heart stopped beating lose their workflows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from commands.desk import Desk
from playbook.ports import Unit

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.engine")

SILENCE = timedelta(seconds=30)
"""An executor that has not beaten for this long is dead; if it wakes again, the holder check stops it."""
_ALWAYS = datetime.max.replace(tzinfo=UTC)


async def beat(desk: Desk, executor: str) -> None:
    """Say that this executor lives."""
    async with desk.store.begin() as unit:
        await unit.runs.beat(executor, desk.clock())


async def living(unit: Unit) -> frozenset[str]:
    """Every executor that has a row: it beats, or nobody has taken over from it yet."""
    return frozenset(await unit.runs.silent(_ALWAYS))


async def take_over(
    desk: Desk, executor: str, recover: Callable[[list[str]], None], silence: timedelta = SILENCE
) -> None:
    """Recover what dead executors left pending, then forget them. Two doing this at once is harmless:
    recovery only queues again what is still pending under the dead one's name.
    """
    async with desk.store.begin() as unit:
        dead = [e for e in await unit.runs.silent(desk.clock() - silence) if e != executor]
    if not dead:
        return
    log.warning("taking over from dead executors", dead=dead)
    await asyncio.to_thread(recover, dead)
    async with desk.store.begin() as unit:
        for name in dead:
            # Slack's messages that it was sending need not wait for their lease to run out.
            await unit.outbox.release(name)
            await unit.runs.bury(name)
