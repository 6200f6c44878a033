"""Several instances under one incident: joined, declared together, and contained by one approval."""

from __future__ import annotations

import pytest

from commands.approve import reject
from commands.declare import declare
from commands.join import join
from commands.together import approve_together, combined, waiting
from playbook.approval import Decision
from playbook.errors import NotAllowed, Refused, TooLate
from playbook.people import Door
from playbook.proposal import Proposal
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO, DEE
from tests.storage.values import OTHER, WEB

pytestmark = pytest.mark.slow


THIRD = "i-0aaaaaaaaaaaaaaa3"


async def major(room: Room) -> tuple[str, tuple[Proposal, ...]]:
    """A finding on one instance, and two more that somebody added: three plans wait."""
    incident = await room.finding()
    for instance in (OTHER, THIRD):
        await join(room.desk, incident, instance, by=ANA, door=Door.CHAT)
    return incident, waiting(await room.board(incident))


@pytest.mark.row("X2")
async def test_one_approval_counts_for_every_instance_and_stands_on_each_plan(room: Room) -> None:
    incident, plans = await major(room)
    assert [p.target.instance for p in plans] == [WEB, OTHER, THIRD]
    asked = room.directory.asked
    done = await approve_together(room.desk, incident, combined(plans), by=BO, door=Door.CHAT)

    assert done.refused == ()
    assert sorted(room.executor.carried) == sorted(p.id for p in plans)
    for plan in plans:
        stored = await room.proposal(plan.id)
        assert stored.decision is Decision.APPROVED
        assert [a.person for a in stored.approvals] == [BO]
    assert room.directory.asked == asked + 1


async def test_a_plan_that_changed_makes_it_another_question(room: Room) -> None:
    incident, plans = await major(room)
    await reject(room.desk, plans[1].id, plans[1].hash, "ours", by=BO, door=Door.CHAT)
    with pytest.raises(TooLate, match="not those that you saw"):
        await approve_together(room.desk, incident, combined(plans), by=BO, door=Door.CHAT)
    assert room.executor.carried == []


async def test_the_rules_of_approval_are_those_of_each_plan(room: Room) -> None:
    incident, plans = await major(room)
    with pytest.raises(NotAllowed, match="not in the approvers"):
        await approve_together(room.desk, incident, combined(plans), by=ANA, door=Door.CHAT)
    assert room.executor.carried == []


async def test_what_is_refused_for_one_instance_is_said_and_holds_no_other_up(room: Room) -> None:
    incident, plans = await major(room)

    async def meanwhile() -> None:
        room.cloud.meanwhile = nothing
        await reject(room.desk, plans[1].id, plans[1].hash, "ours", by=BO, door=Door.CHAT)

    async def nothing() -> None:
        return

    room.clock.advance(600)  # plans of just now are not looked at again
    room.cloud.meanwhile = meanwhile
    done = await approve_together(room.desk, incident, combined(plans), by=BO, door=Door.CHAT)
    assert {p.target.instance for p in done.approved} == {WEB, THIRD}
    ((instance, why),) = done.refused
    assert instance == OTHER
    assert "bo rejected this plan" in why.what


async def test_an_instance_joins_with_its_plan_and_only_once(room: Room) -> None:
    incident, _ = await major(room)
    assert any(f"ana added {OTHER}: 2 instances now" in line for line in await room.news())
    with pytest.raises(Refused, match="part of this incident already"):
        await join(room.desk, incident, OTHER, by=ANA, door=Door.CHAT)


async def test_who_and_what_may_not_join(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(NotAllowed):
        await join(room.desk, incident, OTHER, by=DEE, door=Door.CHAT)
    room.cloud.gone.add(OTHER)
    with pytest.raises(Refused, match="was not found"):
        await join(room.desk, incident, OTHER, by=ANA, door=Door.CHAT)
    await declare(room.desk, THIRD, by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="part of an open incident already"):
        await join(room.desk, incident, THIRD, by=ANA, door=Door.CHAT)


async def test_several_instances_are_declared_as_one_incident(room: Room) -> None:
    made = await declare(room.desk, WEB, by=ANA, door=Door.CHAT, also=[OTHER, WEB])
    assert made.title.endswith("and 1 more")
    assert [s.facts.instance for s in (await room.board(made.id)).sections] == [WEB, OTHER]


async def test_one_instance_that_is_not_there_opens_nothing(room: Room) -> None:
    room.cloud.gone.add(OTHER)
    with pytest.raises(Refused, match=f"{OTHER} was not found"):
        await declare(room.desk, WEB, by=ANA, door=Door.CHAT, also=[OTHER])
    assert await room.open() == ()
