"""The clock: what it starts, whom it takes over from, and that somebody sees when it stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from commands.approve import approve
from engine.clock import ABANDONED, Clock, Rhythm
from playbook.hearing import NOTHING
from playbook.people import Door
from playbook.slot import Slot
from tests.engine.house import House
from tests.fakes.people import BO

pytestmark = pytest.mark.emulator

STILL = Rhythm(beat=timedelta(days=1), reconcile=timedelta(days=1), silence=timedelta(seconds=30))
"""Its scheduler does nothing by itself: each test lets the clock start, which beats and takes over once."""


@dataclass(slots=True, kw_only=True)
class Hands:
    """`engine.clock.Carrier` that remembers what it was asked for."""

    carried: list[str] = field(default_factory=list[str])
    recovered: list[str] = field(default_factory=list[str])
    handed_out: list[str] = field(default_factory=list[str])
    known: set[str] = field(default_factory=set[str])
    active: set[str] = field(default_factory=set[str])

    async def carry(self, run: str) -> None:
        self.carried.append(run)

    async def enqueue(self, batch: Sequence[Slot]) -> None:
        self.handed_out += [slot.key for slot in batch]

    async def under_way(self, run: str) -> bool:
        return run in self.known

    def recover(self, dead: list[str]) -> None:
        self.recovered += dead


async def approved(house: House) -> str:
    incident = await house.finding()
    plan = (await house.board(incident)).sections[0].recommended
    assert plan is not None
    await approve(house.desk, plan.id, plan.hash, by=BO, door=Door.CHAT)
    return plan.id


async def taken(house: House, holder: str) -> str:
    """A run that was approved and begun by that executor."""
    run = await approved(house)
    async with house.desk.store.begin() as unit:
        await unit.runs.take(run, holder, house.clock())
    return run


async def one_round(house: House, hands: Hands, *, silence: timedelta = STILL.silence) -> None:
    """Start and stop: one beat, one look at who is dead, one at what nobody carries."""
    clock = Clock(house.plant, hands, STILL)
    await clock.start(silence)
    await clock.stop()


async def test_an_approved_run_that_nobody_began_is_begun(house: House) -> None:
    run, hands = await approved(house), Hands()
    await one_round(house, hands)
    assert hands.carried == []  # whoever took the approval is about to begin it

    house.clock.advance(ABANDONED.total_seconds() + 1)
    await one_round(house, hands)
    assert hands.carried == [run]


async def test_a_run_of_this_process_whose_workflow_broke_off_is_begun_again(house: House) -> None:
    run, hands = await taken(house, house.plant.executor), Hands()

    hands.active.add(run)
    await one_round(house, hands)
    assert hands.carried == []

    hands.active.clear()
    await one_round(house, hands)
    assert hands.carried == [run]


async def test_the_living_take_over_from_the_silent_once(house: House) -> None:
    async with house.desk.store.begin() as unit:
        await unit.executors.beat("x-silent", NOTHING)

    hands = Hands()
    await one_round(house, hands)  # it has just beaten
    assert hands.recovered == []

    await one_round(house, hands, silence=timedelta(0))
    await one_round(house, hands, silence=timedelta(0))
    assert hands.recovered == ["x-silent"]


async def test_a_replica_whose_clock_is_an_hour_ahead_buries_nobody(house: House) -> None:
    async with house.desk.store.begin() as unit:
        await unit.executors.beat("x-living", NOTHING)
    house.clock.advance(3600)

    hands = Hands()
    await one_round(house, hands)

    assert hands.recovered == []


async def test_a_run_without_holder_or_workflow_is_adopted(house: House) -> None:
    run, hands = await taken(house, "x-gone"), Hands()

    hands.known.add(run)  # recovery has it
    await one_round(house, hands)
    assert hands.carried == []

    hands.known.clear()
    await one_round(house, hands)
    assert hands.carried == [run]


async def test_a_clock_that_stands_still_is_noticed(house: House) -> None:
    passed, waits = 0.0, asyncio.Queue[float]()

    async def pause(seconds: float) -> None:
        waits.put_nowait(seconds)
        await asyncio.Event().wait()

    clock = Clock(replace(house.plant, pause=pause), Hands(), STILL, monotonic=lambda: passed)
    await clock.start(STILL.silence)
    assert await waits.get() == STILL.late.total_seconds()
    assert clock.problem() == ""

    passed = STILL.late.total_seconds() + 1

    assert "has not beaten for" in clock.problem()
    await clock.stop()
