"""A plan is approved for the world that it was made from, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from commands.freshness import FRESH, differences
from playbook.approval import Decision
from playbook.errors import Refused, Unreachable, WorldChanged
from playbook.plan import Change, Shown
from tests.commands.conftest import Room
from tests.fakes.cloud import FakeCloud
from tests.fakes.people import ANA, BO, CHAI


@pytest.fixture
def cloud() -> FakeCloud:
    """An account whose plans are real ones."""
    made = FakeCloud()
    made.has()
    return made


@pytest.fixture
def asking(room: Room, cloud: FakeCloud) -> Room:
    return replace(room, desk=replace(room.desk, cloud=cloud))


async def test_a_changed_account_makes_a_new_plan_and_says_what_changed(
    asking: Room, cloud: FakeCloud
) -> None:
    incident = await asking.quiet()
    plan = await asking.propose(incident, "isolate", by=ANA)
    await asking.told()
    cloud.interfaces += 1
    asking.clock.advance(FRESH.total_seconds())

    with pytest.raises(WorldChanged, match=r"Isolate the instance: eni-\S+ .*is new"):
        await asking.approve(plan, by=BO)

    assert (await asking.proposal(plan.id)).decision is Decision.SUPERSEDED
    assert asking.executor.carried == []
    (waiting,) = (await asking.board(incident)).pending
    assert waiting.hash != plan.hash
    assert waiting.proposer == ANA
    assert any(line.endswith("Here is the new plan.") for line in await asking.news())
    await asking.approve(waiting, by=BO)
    assert asking.executor.carried == [waiting.id]


@pytest.mark.parametrize(("seconds", "looks"), [(0.0, 0), (FRESH.total_seconds(), 1)])
async def test_an_unchanged_account_is_looked_at_once_unless_the_plan_is_fresh(
    asking: Room, cloud: FakeCloud, seconds: float, looks: int
) -> None:
    plan = await asking.propose(await asking.quiet(), "isolate", by=ANA)
    looked = len(cloud.planned)
    asking.clock.advance(seconds)

    await asking.approve(plan, by=BO)
    assert len(cloud.planned) == looked + looks
    assert asking.executor.carried == [plan.id]


async def test_an_account_that_cannot_be_asked_gets_no_approval(asking: Room, cloud: FakeCloud) -> None:
    plan = await asking.propose(await asking.quiet(), "isolate", by=ANA)
    asking.clock.advance(FRESH.total_seconds())
    cloud.away = "AWS can't be reached."

    with pytest.raises(Unreachable):
        await asking.approve(plan, by=BO)
    assert (await asking.proposal(plan.id)).decision is Decision.PENDING


async def test_two_who_click_on_an_overtaken_plan_get_one_new_plan(asking: Room, cloud: FakeCloud) -> None:
    incident = await asking.quiet()
    plan = await asking.propose(incident, "isolate", by=ANA)
    cloud.interfaces += 1
    asking.clock.advance(FRESH.total_seconds())

    clicks = (asking.approve(plan, by=BO), asking.approve(plan, by=CHAI))
    refusals = await asyncio.gather(*clicks, return_exceptions=True)

    assert all(isinstance(r, Refused) for r in refusals)
    assert len((await asking.board(incident)).pending) == 1


def test_differences_name_what_came_went_and_moved() -> None:
    def shown(**groups: str) -> Shown:
        changes = tuple(Change(subject=s, before=g, after="deny") for s, g in groups.items())
        return Shown(changes=changes, calls=(), undo="")

    assert list(differences(shown(a="x", b="y"), shown(b="z", c="y"))) == [
        "a is gone",
        "c is new",
        "b was y, is z",
    ]
    assert list(differences(shown(a="x"), shown(a="x"))) == ["something that it does not list"]
