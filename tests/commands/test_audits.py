"""The quarterly audit: due once a quarter in each account and region, told with its gaps, kept as evidence."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from commands.audits import CHECKED, LEDGER, arrange, fire
from playbook.answer import Verdict, answer
from playbook.outbox import Post
from playbook.policy import Audit, Policy
from playbook.slot import Slot
from tests.commands.conftest import ACCOUNT, REGION, Room

pytestmark = pytest.mark.slow


OTHER = "222222222222"
DUE = datetime(2026, 4, 1, 9, tzinfo=UTC)


def auditing(room: Room, accounts: tuple[str, ...] = (), regions: tuple[str, ...] = ()) -> Room:
    policy = Policy(audit=Audit(accounts=accounts, regions=regions))
    return dataclasses.replace(room, desk=dataclasses.replace(room.desk, policy=policy))


async def due(room: Room, at: datetime) -> tuple[Slot, ...]:
    """What the engine takes at that moment."""
    room.clock.advance((at - room.clock()).total_seconds())
    async with room.store.begin() as unit:
        return await unit.slots.claim(room.clock(), 100)


async def announced(room: Room) -> list[str]:
    return [str(m.body["words"]) for m in await room.told() if m.post is Post.ANNOUNCE]


@pytest.mark.row("H6")
async def test_every_quarter_the_account_is_audited_told_and_kept(room: Room) -> None:
    open_ports = answer(Verdict.NOTABLE, "2 of 3 instances are open to the world.")
    imds = answer(Verdict.CLEAR, "All 3 instances require tokens.", gaps=("CloudWatch did not answer",))
    room.cloud.answers.update({"audit-h1": open_ports, "audit-h2": imds})
    await arrange(room.desk)
    assert await due(room, DUE - timedelta(seconds=1)) == ()

    (slot,) = await due(room, DUE)
    await fire(room.desk, slot)
    (said,) = await announced(room)
    assert said.startswith(f"Audit of 2026Q2 (H6), account {ACCOUNT}, {REGION}. H1 ")
    assert "LOOK AT THIS. 2 of 3 instances are open to the world." in said
    assert "missing: CloudWatch did not answer" in said
    assert f"by hand: ec2ir audit --account {ACCOUNT} --region {REGION}" in said
    async with room.store.begin() as unit:
        kept = {a.check: a.answer for a in await unit.answers.of("")}
        evidence = await unit.ledger.of(LEDGER)
    assert kept == {"audit-h1": open_ports, "audit-h2": imds}
    assert [e.subject.rpartition("/")[2] for e in evidence] == list(CHECKED)

    (following,) = await due(room, datetime(2026, 7, 1, 9, tzinfo=UTC))
    await fire(room.desk, following)
    assert "Audit of 2026Q3 (H6), account" in (await announced(room))[0]


async def test_each_account_in_each_region_has_its_own(room: Room) -> None:
    room = auditing(room, (ACCOUNT, OTHER), ("ap-southeast-1", "eu-west-1"))
    for _ in range(3):  # every start of an engine
        await arrange(room.desk)
    assert len({slot.subject for slot in await due(room, DUE)}) == 4


async def test_three_replicas_at_once_tell_it_once(busy_room: Room) -> None:
    room = busy_room
    await arrange(room.desk)
    (slot,) = await due(room, DUE)
    await asyncio.gather(*(fire(room.desk, slot) for _ in range(3)))
    await fire(room.desk, slot)
    assert len(await announced(room)) == 1
    async with room.store.begin() as unit:
        assert len(await unit.ledger.of(LEDGER)) == len(CHECKED)


async def test_after_downtime_it_is_made_late_and_says_so(room: Room) -> None:
    await arrange(room.desk)
    room.clock.advance((DUE + timedelta(days=2) - room.clock()).total_seconds())
    await arrange(room.desk)  # the engine starts again, and sets the next quarter's first
    (slot,) = await due(room, DUE + timedelta(days=2))
    await fire(room.desk, slot)
    (said,) = await announced(room)
    assert "Audit of 2026Q2 (H6, 48 h 0 min late)" in said


async def test_an_account_that_can_not_be_reached_is_a_gap_with_the_reason(room: Room) -> None:
    await arrange(room.desk)
    (slot,) = await due(room, DUE)
    await fire(room.desk, slot)
    (said,) = await announced(room)
    assert said.count("could not be had. ") == len(CHECKED)


async def test_a_place_that_left_the_settings_is_not_looked_at_again(room: Room) -> None:
    await arrange(auditing(room, (ACCOUNT, OTHER)).desk)
    for slot in await due(room, DUE):
        await fire(room.desk, slot)
    assert [OTHER in words for words in await announced(room)] == [False]
    assert len(await due(room, datetime(2026, 7, 1, 9, tzinfo=UTC))) == 1
