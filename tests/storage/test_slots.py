"""Timers as rows: in one pair of hands each, and out of those of a version that does not know them."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy import text

from playbook.slot import Alarm, Slot, SlotState
from storage.store import SqlStore, SqlUnit
from tests.storage.values import MINUTE, NOON, SECOND


def slot(key: str, due: datetime = NOON, state: SlotState = SlotState.PENDING) -> Slot:
    return Slot(key=key, alarm=Alarm.PROOF, subject="r1/isolate", due=due, state=state)


def queued(key: str, due: datetime = NOON) -> Slot:
    return slot(key, due, SlotState.QUEUED)


async def from_a_newer_version(unit: SqlUnit, key: str) -> None:
    await unit.slots.add(slot(key))
    of = {"key": key}
    await unit.slots.connection.execute(text("UPDATE slots SET alarm = 'omen' WHERE key = :key"), of)


async def state_of(unit: SqlUnit, key: str) -> str:
    found = await unit.slots.connection.scalar(text("SELECT state FROM slots WHERE key = :key"), {"key": key})
    return str(found)


async def test_a_slot_is_owned_by_who_inserts_it_and_moved_once(store: SqlStore) -> None:
    async with store.begin() as unit:
        assert await unit.slots.add(slot("s1"))
        assert not await unit.slots.add(slot("s1"))
        assert await unit.slots.move("s1", SlotState.PENDING, SlotState.QUEUED, NOON)
        assert not await unit.slots.move("s1", SlotState.PENDING, SlotState.QUEUED, NOON)
        assert await unit.slots.held(["s1", "s2"]) == (queued("s1"),)
        assert await unit.slots.move("s1", SlotState.QUEUED, SlotState.DONE, NOON)
        assert await unit.slots.held(["s1", "s2"]) == ()


async def test_what_is_due_is_found_oldest_first(store: SqlStore) -> None:
    async with store.begin() as unit:
        assert await unit.slots.next_due() is None
        for key, due in (("c", NOON + MINUTE), ("b", NOON), ("a", NOON - MINUTE)):
            await unit.slots.add(slot(key, due))
        assert await unit.slots.due(NOON) == (slot("a", NOON - MINUTE), slot("b"))
        assert await unit.slots.due(NOON, most=1) == (slot("a", NOON - MINUTE),)
        assert await unit.slots.next_due() == NOON - MINUTE
        assert await unit.slots.overdue(NOON) == 2


async def test_what_is_due_is_claimed_once_oldest_first_and_so_many(store: SqlStore) -> None:
    async with store.begin() as unit:
        for key, due in (("d", NOON + SECOND), ("c", NOON), ("b", NOON), ("a", NOON - MINUTE)):
            await unit.slots.add(slot(key, due))
        assert [s.key for s in await unit.slots.claim(NOON, 1)] == ["a"]
        assert await unit.slots.claim(NOON, 5) == (queued("b"), queued("c"))
        assert await unit.slots.claim(NOON, 5) == ()
        assert await unit.slots.next_due() == NOON + SECOND


async def test_three_at_once_claim_each_slot_for_one_of_them(store: SqlStore) -> None:
    async with store.begin() as unit:
        for n in range(60):
            await unit.slots.add(slot(f"s{n:02}"))

    async def claim() -> list[str]:
        mine: list[str] = []
        while True:
            async with store.begin() as unit:
                claimed = await unit.slots.claim(NOON, 7)
            if not claimed:
                return mine
            mine += [s.key for s in claimed]

    claims = await asyncio.gather(*(claim() for _ in range(3)))

    assert sorted(key for mine in claims for key in mine) == [f"s{n:02}" for n in range(60)]


async def test_what_was_queued_and_never_ended_is_claimed_again_by_one(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.slots.add(slot("s"))
        await unit.slots.claim(NOON, 1)
        assert await unit.slots.reclaim(NOON, NOON, 9) == ()
        later = NOON + MINUTE
        assert await unit.slots.reclaim(NOON + SECOND, later, 9) == (queued("s"),)
        assert await unit.slots.reclaim(NOON + SECOND, later, 9) == ()
        await unit.slots.move("s", SlotState.QUEUED, SlotState.DONE, later)
        assert await unit.slots.reclaim(later + SECOND, later, 9) == ()


async def test_an_alarm_of_a_newer_version_is_left_to_it(store: SqlStore) -> None:
    async with store.begin() as unit:
        await from_a_newer_version(unit, "new")
        assert await unit.slots.claim(NOON, 9) == ()
        assert await unit.slots.due(NOON) == ()
        assert await unit.slots.next_due() is None  # or it would wake for it again and again
        assert await state_of(unit, "new") == "pending"


async def test_what_a_newer_version_queued_is_given_back_and_nothing_else(store: SqlStore) -> None:
    async with store.begin() as unit:
        await from_a_newer_version(unit, "new")
        await unit.slots.add(slot("known"))
        for key in ("new", "known"):
            await unit.slots.move(key, SlotState.PENDING, SlotState.QUEUED, NOON)

        assert await unit.slots.give_back(["new", "known"]) == 1

        assert await state_of(unit, "new") == "pending"
        assert await unit.slots.held(["new", "known"]) == (queued("known"),)
