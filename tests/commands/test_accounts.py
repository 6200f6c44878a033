"""A finding on an account (a root login) opens an incident without instances; alarms and controls come and go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from commands.close import close
from commands.propose import propose_recommended
from commands.receive import announce
from playbook.finding import FindingType, Scope
from playbook.incident import IncidentState
from playbook.outbox import Post
from playbook.people import Door
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA

pytestmark = pytest.mark.slow


ROOT: dict[str, Any] = {
    "source": "cloudtrail", "scope": Scope.ACCOUNT, "instances": (), "count": 1,
    "type": FindingType(full="CloudTrail:IAMUser/AWS Root Account Login"),
}  # fmt: skip
CPU: dict[str, Any] = {"source": "cpu", "type": FindingType(full="CPU:EC2/web cpu"), "score": 5.0}


async def test_a_root_login_opens_an_incident_without_instances(room: Room) -> None:
    incident = await room.finding("root", **ROOT)

    shown = await room.board(incident)
    assert (await room.incident(incident)).state is IncidentState.OPEN
    assert shown.sections == ()
    assert shown.recommendation.words == "secure the identity, then declare the instances that it touched"
    assert [e.event for e in await room.timeline(incident)] == [Event.OPENED, Event.FINDING]
    assert {m.post for m in await room.told()} == {Post.OPEN_CHANNEL, Post.ANNOUNCE, Post.CARD, Post.TOPIC}


async def test_the_same_finding_again_joins_its_own_incident(room: Room) -> None:
    incident = await room.finding("root", **ROOT)
    room.clock.advance(60)

    assert await room.finding("root", **ROOT) == incident
    assert len(await room.open()) == 1


async def test_copies_at_the_same_instant_open_one_incident(busy_room: Room) -> None:
    incidents = await asyncio.gather(*(busy_room.finding("root", **ROOT) for _ in range(6)))

    assert len({*incidents}) == 1
    assert len(await busy_room.open()) == 1
    told = [e.event for e in await busy_room.timeline(incidents[0])]
    assert told.count(Event.OPENED) == told.count(Event.FINDING) == 1


async def test_another_one_opens_another(room: Room) -> None:
    first = await room.finding("root", **ROOT)
    assert await room.finding("other", **ROOT) != first
    assert len(await room.open()) == 2


async def test_after_its_incident_was_closed_it_opens_a_new_one(room: Room) -> None:
    first = await room.finding("root", **ROOT)
    await close(room.desk, first, "it was us", by=ANA, door=Door.CHAT)
    room.clock.advance(60)

    second = await room.finding("root", **ROOT)
    assert second != first
    assert (await room.incident(second)).state is IncidentState.OPEN


async def test_nothing_can_be_planned_where_there_is_no_instance(room: Room) -> None:
    incident = await room.finding("root", **ROOT)
    assert await propose_recommended(room.desk, incident) == ()


async def test_a_severity_that_rises_is_told(room: Room) -> None:
    incident = await room.finding("root", **ROOT, score=5.0)
    await room.told()
    room.clock.advance(60)
    await room.finding("root", **ROOT, score=9.0)
    assert any("severity rose to critical" in line for line in await room.news())
    assert (await room.incident(incident)).severity.value == "critical"


async def test_an_alarm_that_is_ok_again_updates_its_incident_and_opens_none(room: Room) -> None:
    incident = await room.finding("alarm", **CPU)
    room.clock.advance(60)
    assert await room.finding("alarm", **CPU, archived=True) == incident
    assert (await room.timeline(incident))[-1].words.endswith("back to normal, says its alarm")

    await close(room.desk, incident, "it was us", by=ANA, door=Door.CHAT)
    room.clock.advance(60)
    await room.finding("alarm", **CPU, archived=True)
    assert await room.open() == ()


async def test_an_alarm_plans_nothing_before_somebody_looked(room: Room) -> None:
    shown = await room.board(await room.finding("alarm", **CPU))
    assert (shown.recommendation.row, shown.recommendation.steps) == ("D3", ())
    assert shown.recommendation.asks == "Is this process malicious?"
    assert shown.pending == ()


async def test_what_concerns_ec2ir_itself_is_announced_once(room: Room) -> None:
    for _ in range(2):
        await announce(room.desk, "sigma:1", "The Sigma rule own.yml is not in force.")
    (message,) = await room.told()
    assert (message.post, message.body) == (
        Post.ANNOUNCE,
        {"words": "The Sigma rule own.yml is not in force."},
    )
