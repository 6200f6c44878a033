"""Many instances at once: runs take turns, those that wait stay approved, and what was taken over waits for nobody."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from commands.approve import approve
from commands.declare import declare
from commands.propose import propose
from engine.plant import RUNS_AT_ONCE
from playbook.approval import LIFETIME
from playbook.people import Door
from playbook.proposal import Proposal
from playbook.run import RunState
from storage.store import SqlStore
from tests.engine.toys import Bench, bench_on
from tests.fakes.people import ANA, BO

pytestmark = pytest.mark.slow
TWENTY = tuple(f"i-{n:017x}" for n in range(20))


@pytest.fixture
def bench(memory_store: SqlStore) -> Bench:
    return bench_on(memory_store)


async def approved(bench: Bench) -> list[Proposal]:
    """Twenty instances of one incident, each with an approved plan."""
    desk = dataclasses.replace(bench.desk, account="111111111111", region="eu-west-1")
    incident = await declare(desk, TWENTY[0], by=ANA, door=Door.CHAT, also=TWENTY[1:])
    plans = [
        await propose(desk, incident.id, ["isolate"], by=ANA, door=Door.CHAT, instance=i) for i in TWENTY
    ]
    return [await approve(desk, p.id, p.hash, by=BO, door=Door.CHAT) for p in plans]


async def test_twenty_runs_take_turns_and_those_that_wait_stay_approved(bench: Bench) -> None:
    plans = await approved(bench)
    inside, most, full, seen = 0, 0, asyncio.Event(), list[RunState]()

    async def during() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside == RUNS_AT_ONCE:
            seen.extend([(await bench.run(p.id)).state for p in plans])
            bench.clock.advance(2 * LIFETIME.total_seconds())
            full.set()
        await full.wait()
        inside -= 1

    bench.world.during["isolate"] = during
    async with asyncio.timeout(60):
        await asyncio.gather(*(bench.carry(p.id) for p in plans))

    assert most == RUNS_AT_ONCE
    assert seen.count(RunState.APPROVED) == len(TWENTY) - RUNS_AT_ONCE
    assert {(await bench.run(p.id)).state for p in plans} == {RunState.PROVED}


async def test_a_run_that_was_taken_over_waits_for_nobody(bench: Bench) -> None:
    plan = await bench.approved("isolate")
    async with bench.store.begin() as unit:
        await unit.runs.take(plan.id, "x-dead", bench.clock())
    busy = dataclasses.replace(bench, plant=dataclasses.replace(bench.plant, turns=asyncio.Semaphore(0)))

    async with asyncio.timeout(30):
        await busy.carry(plan.id, "x-living")
    assert (await bench.run(plan.id)).state is RunState.PROVED


async def test_what_cuts_nothing_off_takes_no_turn(bench: Bench) -> None:
    plan = await bench.approved("tag")
    busy = dataclasses.replace(bench, plant=dataclasses.replace(bench.plant, turns=asyncio.Semaphore(0)))

    async with asyncio.timeout(30):
        await busy.carry(plan.id)
    assert (await bench.run(plan.id)).state is RunState.PROVED
