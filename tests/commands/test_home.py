"""Home: what waits for whom, in a number of queries that does not grow with what is stored."""

from __future__ import annotations

import pytest

from commands.approve import approve
from commands.home import Home, home
from playbook.approval import LIFETIME
from playbook.errors import NotAllowed
from playbook.people import Door, Person
from tests.commands.conftest import Room
from tests.commands.test_board import statements
from tests.fakes.people import ANA, BO, CHAI, DEE

pytestmark = pytest.mark.slow


async def home_of(room: Room, person: Person) -> Home:
    return await home(room.desk, by=person, door=Door.CHAT)


async def waits(room: Room, person: Person) -> list[str]:
    return [plan.id for plan in (await home_of(room, person)).plans]


async def test_a_plan_waits_for_those_whose_click_would_count(room: Room) -> None:
    incident = await room.quiet()
    plan = await room.propose(incident, "isolate", by=BO)
    assert await waits(room, CHAI) == [plan.id]
    assert await waits(room, BO) == []  # who proposed it
    assert await waits(room, ANA) == []  # no approver

    room.clock.advance(LIFETIME.total_seconds())
    assert await waits(room, CHAI) == []


async def test_of_two_approvals_the_first_ones_giver_waits_for_the_other(room: Room) -> None:
    incident = await room.quiet()
    plan = await room.propose(incident, "revoke-role", by=ANA)
    assert await waits(room, BO) == await waits(room, CHAI) == [plan.id]
    await approve(room.desk, plan.id, plan.hash, by=BO, door=Door.CHAT)
    assert await waits(room, BO) == []
    assert await waits(room, CHAI) == [plan.id]


async def test_a_harmless_step_waits_for_any_responder_its_proposer_included(room: Room) -> None:
    incident = await room.quiet()
    plan = await room.propose(incident, "tag", by=BO)
    assert await waits(room, ANA) == await waits(room, BO) == [plan.id]


async def test_the_plan_of_a_sample_waits_for_nobody(room: Room) -> None:
    await room.finding(sample=True)
    assert await waits(room, BO) == []


async def test_without_a_role_there_is_no_home(room: Room) -> None:
    await room.finding()
    with pytest.raises(NotAllowed):
        await home_of(room, DEE)


async def test_the_queries_do_not_grow_with_what_is_stored(room: Room) -> None:
    with statements(room.store) as few:
        assert (await home_of(room, BO)).quiet
    for n in range(5):
        await room.finding(f"f{n}", instances=(f"i-{n:017x}",))
    with statements(room.store) as many:
        shown = await home_of(room, BO)
    assert len(shown.incidents) == len(shown.plans) == 5
    assert len(many) == len(few)
    assert len(few) <= 10
