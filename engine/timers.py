"""Timers that came due: what a slot does when it fires, and which slots are handed out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from commands import gather
from commands.approve import expire
from commands.desk import Desk
from engine.plant import Plant
from engine.runner import check
from playbook.slot import Alarm, Slot, SlotState

STUCK = timedelta(minutes=2)
"""A slot that was handed out this long ago and has not ended is handed out again."""


async def fire(plant: Plant, slot: Slot) -> None:
    """Do what the slot is for, then mark it done; doing it twice has one effect."""
    if slot.alarm is Alarm.EXPIRY:
        await expire(plant.desk, slot.subject)
    elif slot.alarm is Alarm.CHECKS:
        await gather.fire(plant.desk, slot.subject)
    else:
        run, _, action = slot.subject.partition("/")
        await check(plant, run, action)
    async with plant.desk.store.begin() as unit:
        await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.DONE, plant.desk.clock())


async def hand_out(desk: Desk, enqueue: Callable[[Slot], Awaitable[None]]) -> int:
    """Queue every slot that is due, each by whoever moves its row first; how many this call queued."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        # In one order everywhere: two replicas that lock the same rows crosswise would wait for each other.
        due = sorted(await unit.slots.due(now), key=lambda slot: slot.key)
        mine = [s for s in due if await unit.slots.move(s.key, SlotState.PENDING, SlotState.QUEUED, now)]
        stuck = await unit.slots.queued(now - STUCK)
    for slot in (*mine, *stuck):
        await enqueue(slot)
    return len(mine)
