"""Timers that came due: what a slot does when it fires, and which slots are handed out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from commands import audits, gather, legal, pinging, remind, watch_round
from commands.approve import expire
from commands.desk import Desk
from engine.plant import Plant
from engine.runner import check
from playbook.slot import Alarm, Slot, SlotState

STUCK = timedelta(minutes=2)
"""A slot that was handed out this long ago and has not ended is handed out again."""
BATCH = 25
"""Slots that travel together. Each trip through the queue costs some 15 ms and waits for a poll of it; a batch that
is lost with its executor is taken over as one.
"""

HandOut = Callable[[Sequence[Slot]], Awaitable[None]]


async def fire(plant: Plant, slot: Slot) -> None:
    """Do what the slot is for, then mark it done; doing it twice has one effect."""
    if slot.alarm is Alarm.EXPIRY:
        await expire(plant.desk, slot.subject)
    elif slot.alarm is Alarm.CHECKS:
        await gather.fire(plant.desk, slot.subject)
    elif slot.alarm is Alarm.LEGAL:
        await legal.fire(plant.desk, slot.subject)
    elif slot.alarm is Alarm.REMINDER:
        await remind.fire(plant.desk, slot)
    elif slot.alarm is Alarm.AUDIT:
        await audits.fire(plant.desk, slot)
    elif slot.alarm is Alarm.PING:
        await pinging.fire(plant.desk, slot.subject, slot.due)
    elif slot.alarm is Alarm.WATCH:
        await watch_round.fire(plant.desk, slot.subject)
    else:
        run, _, action = slot.subject.partition("/")
        await check(plant, run, action)
    async with plant.desk.store.begin() as unit:
        await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.DONE, plant.desk.clock())


async def hand_out(desk: Desk, enqueue: HandOut) -> int:
    """Queue every slot that is due, each by whoever moves its row first; how many this call queued.

    Those that were queued long ago and never ended are queued again.
    """
    count = 0
    while batch := await _claimed(desk):
        await enqueue(batch)
        count += len(batch)
    return count


async def _claimed(desk: Desk) -> tuple[Slot, ...]:
    now = desk.clock()
    async with desk.store.begin() as unit:
        return await unit.slots.claim(now, BATCH) or await unit.slots.reclaim(now - STUCK, now, BATCH)


async def held(desk: Desk, keys: Sequence[str]) -> tuple[Slot, ...]:
    """Those of a batch that are still to be fired. What only a newer version knows goes back for it to take."""
    async with desk.store.begin() as unit:
        await unit.slots.give_back(keys)
        return await unit.slots.held(keys)
