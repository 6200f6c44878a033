"""What a person decides about the incident as a whole: declare, lead, close."""

from __future__ import annotations

import asyncio

import pytest

from commands.close import close, take_lead
from commands.declare import declare
from playbook.errors import BadInput, NotAllowed, Refused
from playbook.incident import IncidentState
from playbook.outbox import Post
from playbook.people import Door
from playbook.timeline import Event
from tests.commands.conftest import ACCOUNT, REGION, WEB, Room
from tests.fakes.people import ANA, BO, CHAI, DEE

pytestmark = pytest.mark.slow


async def declared(room: Room, instance: str = WEB, **more: str) -> str:
    return (await declare(room.desk, instance, by=ANA, door=Door.CHAT, **more)).id


async def test_declaring_opens_an_incident_where_the_settings_say(room: Room) -> None:
    incident = await declared(room, f" {WEB.upper()} ", why="it phones home")

    shown = await room.board(incident)
    facts = shown.sections[0].facts
    assert (facts.account, facts.region, facts.instance) == (ACCOUNT, REGION, WEB)
    assert shown.incident.title == "it phones home"
    assert (await room.timeline(incident))[0].actor == ANA.id
    assert {Post.OPEN_CHANNEL, Post.CARD} <= {m.post for m in await room.told()}


@pytest.mark.parametrize(
    "id_", ["", "i-", "i-12", "web-prod-7", "i-0123456789abcdefg", "<@U0ANA>", "i-" + "0" * 10_000]
)
async def test_an_id_that_is_none_is_refused_with_how_to_write_it(room: Room, id_: str) -> None:
    with pytest.raises(BadInput, match="is not an instance id") as refusal:
        await declared(room, id_)
    assert len(refusal.value.what) < 100
    assert room.cloud.looked == []


async def test_an_account_or_region_that_is_none_is_refused(room: Room) -> None:
    with pytest.raises(BadInput, match="not an AWS account id"):
        await declared(room, account="12")
    with pytest.raises(BadInput, match="not an AWS region"):
        await declared(room, region="mars-north-1 ")


async def test_a_gone_instance_opens_nothing(room: Room) -> None:
    room.cloud.gone.add(WEB)
    with pytest.raises(Refused, match="it is gone"):
        await declared(room)
    assert await room.open() == ()
    assert await room.told() == []


async def test_an_instance_in_an_open_incident_is_named_with_it(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(Refused, match=f"belongs to incident {incident} already"):
        await declared(room)


async def test_two_who_declare_at_once_open_one_incident(busy_room: Room) -> None:
    ends = await asyncio.gather(*(declared(busy_room) for _ in range(4)), return_exceptions=True)
    assert len([e for e in ends if isinstance(e, str)]) == 1
    assert all(isinstance(e, str | Refused) for e in ends)
    assert len(await busy_room.open()) == 1


async def test_a_finding_joins_what_was_declared_and_gets_a_plan(room: Room) -> None:
    incident = await declared(room)
    assert await room.finding() == incident
    assert (await room.board(incident)).sections[0].recommended is not None


async def test_declaring_needs_a_role(room: Room) -> None:
    with pytest.raises(NotAllowed):
        await declare(room.desk, WEB, by=DEE, door=Door.CHAT)


async def test_two_leads_at_once_are_one(busy_room: Room) -> None:
    incident = await busy_room.finding()
    ends = await asyncio.gather(
        *(take_lead(busy_room.desk, incident, by=who, door=Door.CHAT) for who in (ANA, BO, CHAI)),
        return_exceptions=True,
    )
    assert len([e for e in ends if isinstance(e, Refused)]) == 2
    led = [e for e in await busy_room.timeline(incident) if e.event is Event.LED]
    assert [e.actor for e in led] == [(await busy_room.incident(incident)).lead]


async def test_closing_needs_a_reason_and_happens_once(room: Room) -> None:
    incident = await room.finding()
    for reason in ("", "  ", "ok", "\u200b\u200b\u200b\u200b"):
        with pytest.raises(Refused, match="Closing needs a reason"):
            await close(room.desk, incident, reason, by=ANA, door=Door.CHAT)
    await close(room.desk, incident, "a pentest, announced", by=ANA, door=Door.CHAT)

    found = await room.incident(incident)
    assert (found.state, found.closed_why) == (IncidentState.CLOSED, "a pentest, announced")
    assert [m.post for m in await room.told()][-1] is Post.CLOSE_CHANNEL
    with pytest.raises(Refused, match="closed already"):
        await close(room.desk, incident, "again", by=BO, door=Door.CHAT)
    with pytest.raises(Refused, match="is closed"):
        await take_lead(room.desk, incident, by=ANA, door=Door.CHAT)


async def test_a_run_under_way_keeps_the_incident_and_its_plans_open(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, "isolate")
    waiting = (await room.board(incident)).pending
    await room.approve(plan)
    with pytest.raises(Refused, match="A run is under way"):
        await close(room.desk, incident, "false alarm", by=ANA, door=Door.CHAT)
    assert (await room.incident(incident)).state is IncidentState.OPEN
    assert {p.id for p in waiting} - {plan.id} == {p.id for p in (await room.board(incident)).pending}


async def test_closing_lets_the_instance_go(room: Room) -> None:
    first = await declared(room)
    await close(room.desk, first, "false alarm", by=ANA, door=Door.CHAT)
    assert await declared(room) != first
