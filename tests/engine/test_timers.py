"""Timers: each slot in one pair of hands, each ending once, and those that got lost found again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from commands.propose import propose
from engine.timers import BATCH, STUCK, fire, hand_out, held
from playbook.approval import LIFETIME, Decision
from playbook.errors import StoreDown
from playbook.people import Door
from playbook.proof import Proof, Rung
from playbook.run import StepState
from playbook.slot import Alarm, Slot, SlotState
from storage.store import SqlStore
from tests.engine.toys import Bench, bench_on
from tests.fakes.clock import NOON
from tests.fakes.people import ANA

AGAIN = Proof(rung=Rung.CONFIGURED, says=("configured",), waits="logs", again=timedelta(minutes=1))


@pytest.fixture
def bench(memory_store: SqlStore) -> Bench:
    return bench_on(memory_store)


async def due(bench: Bench) -> list[Slot]:
    """What is handed out now of plans and their steps; that every incident has checks and reminders is beside it."""
    found: list[Slot] = []

    async def enqueue(batch: Sequence[Slot]) -> None:
        found.extend(slot for slot in batch if slot.alarm in (Alarm.PROOF, Alarm.EXPIRY))

    await hand_out(bench.desk, enqueue)
    return found


async def test_three_replicas_at_once_hand_each_slot_out_once(store: SqlStore) -> None:
    bench = bench_on(store)
    async with store.begin() as unit:
        for n in range(20):
            await unit.slots.add(Slot(key=f"s{n}", alarm=Alarm.PROOF, subject="r/tag", due=NOON))
    found = await asyncio.gather(*(due(bench) for _ in range(3)))
    assert Counter(s.key for slots in found for s in slots) == {f"s{n}": 1 for n in range(20)}
    assert await due(bench) == []


async def test_everything_that_is_due_is_handed_out_in_one_go(bench: Bench) -> None:
    async with bench.store.begin() as unit:
        for n in range(2 * BATCH + 1):
            await unit.slots.add(Slot(key=f"s{n}", alarm=Alarm.PROOF, subject="r/tag", due=NOON))
    sizes: list[int] = []

    async def enqueue(batch: Sequence[Slot]) -> None:
        sizes.append(len(batch))

    assert await hand_out(bench.desk, enqueue) == 2 * BATCH + 1
    assert sizes == [BATCH, BATCH, 1]


async def test_a_slot_is_not_handed_out_before_its_time(bench: Bench) -> None:
    async with bench.store.begin() as unit:
        await unit.slots.add(
            Slot(key="s", alarm=Alarm.PROOF, subject="r/tag", due=NOON + timedelta(seconds=1))
        )
    assert await due(bench) == []
    bench.clock.advance(1)
    assert [s.key for s in await due(bench)] == ["s"]


async def test_what_was_handed_out_and_lost_is_handed_out_again(bench: Bench) -> None:
    async with bench.store.begin() as unit:
        await unit.slots.add(Slot(key="s", alarm=Alarm.PROOF, subject="r/tag", due=NOON))
    (slot,) = await due(bench)
    bench.clock.advance(STUCK.total_seconds())
    assert await due(bench) == []
    bench.clock.advance(1)
    assert [s.key for s in await due(bench)] == ["s"]

    await fire(bench.plant, slot)
    bench.clock.advance(STUCK.total_seconds() + 1)
    assert await due(bench) == []


async def test_an_unapproved_plan_expires_by_its_timer_once(bench: Bench) -> None:
    plan = await bench.approved("tag")
    waiting = await propose(bench.desk, plan.target.incident, ["isolate"], by=ANA, door=Door.CHAT)
    bench.clock.advance(LIFETIME.total_seconds())
    slots = await due(bench)
    for slot in (*slots, *slots):
        await fire(bench.plant, slot)

    async with bench.store.begin() as unit:
        decided = {p.id: p.decision for p in await unit.proposals.of(plan.target.incident)}
        words = [e.words for e in await unit.timeline.of(plan.target.incident) if e.event.value == "expired"]
    assert decided == {plan.id: Decision.APPROVED, waiting.id: Decision.EXPIRED}
    assert words == [f"Plan {waiting.hash[:4]} expired unapproved"]


async def test_the_proof_is_looked_for_until_it_is_there(bench: Bench) -> None:
    bench.world.proofs["isolate"] = AGAIN
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    for _ in range(3):
        bench.clock.advance(60)
        (slot,) = await due(bench)
        await fire(bench.plant, slot)
    assert await bench.states(plan.id) == {"isolate": StepState.APPLIED}

    del bench.world.proofs["isolate"]
    bench.clock.advance(60)
    (slot,) = await due(bench)
    await fire(bench.plant, slot)
    assert await bench.states(plan.id) == {"isolate": StepState.PROVED}
    bench.clock.advance(600)
    assert await due(bench) == []


async def test_a_slot_about_nothing_ends_all_the_same(bench: Bench) -> None:
    async with bench.store.begin() as unit:
        for n, subject in enumerate(("", "/", "gone/tag", "../../x/<!channel>")):
            await unit.slots.add(Slot(key=f"s{n}", alarm=Alarm.PROOF, subject=subject, due=NOON))
    slots = await due(bench)
    for slot in slots:
        await fire(bench.plant, slot)
    assert len(slots) == 4
    assert await held(bench.desk, [slot.key for slot in slots]) == ()


async def test_a_database_outage_leaves_the_slot_to_be_fired_again(bench: Bench) -> None:
    bench.world.proofs["isolate"] = AGAIN
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    bench.clock.advance(60)
    (slot,) = await due(bench)
    bench.store.away = True
    with pytest.raises(StoreDown):
        await fire(bench.plant, slot)
    bench.store.away = False
    async with bench.store.begin() as unit:
        assert not await unit.slots.move(slot.key, SlotState.DONE, SlotState.DONE, NOON)
        assert await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.QUEUED, NOON)
