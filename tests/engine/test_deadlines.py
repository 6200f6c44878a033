"""Deadlines by the engine's timers: each slot ends, has its effect once, and sets the one that follows."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta

import pytest

from commands import audits, remind
from commands.legal import declare_aware
from engine.timers import fire
from playbook.people import Door
from playbook.slot import Alarm
from storage.store import SqlStore
from tests.engine.toys import Bench, bench_on
from tests.fakes.people import ANA

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(memory_store: SqlStore) -> Bench:
    made = bench_on(memory_store)
    desk = dataclasses.replace(made.desk, account="111111111111", region="eu-west-1")
    return dataclasses.replace(made, desk=desk, plant=dataclasses.replace(made.plant, desk=desk))


async def fired(bench: Bench, *alarms: Alarm) -> Counter[Alarm]:
    """Fire everything of these alarms that is due, and see that it is over then."""
    async with bench.store.begin() as unit:
        mine = [s for s in await unit.slots.claim(bench.clock(), 200) if s.alarm in alarms]
    for slot in mine:
        await fire(bench.plant, slot)
    async with bench.store.begin() as unit:
        assert await unit.slots.held([s.key for s in mine]) == ()
    return Counter(s.alarm for s in mine)


async def test_a_week_of_deadlines_and_reminders(bench: Bench) -> None:
    incident = await bench.incident()
    await declare_aware(bench.desk, incident, by=ANA, door=Door.CHAT)
    async with bench.store.begin() as unit:
        await unit.incidents.mark_contained(incident, bench.clock())
        await remind.arrange(unit, incident, bench.desk.policy.reminders, bench.clock())
    seen = Counter[Alarm]()
    for _ in range(7 * 24):
        bench.clock.advance(3600)
        seen += await fired(bench, Alarm.LEGAL, Alarm.REMINDER)
    assert seen == {Alarm.LEGAL: 6 + 4, Alarm.REMINDER: 21}  # the points, then each day over the deadline


async def test_a_year_of_audits(bench: Bench) -> None:
    await audits.arrange(bench.desk)
    seen = Counter[Alarm]()
    for _ in range(365):
        bench.clock.advance(timedelta(days=1).total_seconds())
        seen += await fired(bench, Alarm.AUDIT)
    assert seen == {Alarm.AUDIT: 4}
    async with bench.store.begin() as unit:
        assert len(await unit.ledger.of(audits.LEDGER)) == 4 * len(audits.CHECKED)
