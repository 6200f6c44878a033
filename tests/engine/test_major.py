"""An attack sequence over three instances, contained together on the emulated account: each with its own rows."""

from __future__ import annotations

import asyncio

import pytest

from commands.checklist import items, judge_process
from commands.declare import declare
from commands.together import approve_together, combined, waiting
from engine.runner import carry_out
from playbook.checklist import Standing
from playbook.people import Door
from tests.engine.house import House
from tests.fakes.people import ANA, BO

pytestmark = pytest.mark.emulator


async def test_three_instances_are_contained_by_one_approval_and_proved_one_by_one(house: House) -> None:
    at = house.account
    victims = (at.web, at.miner, at.bystander)
    incident = (await declare(house.desk, at.web, by=ANA, door=Door.CHAT, also=victims[1:])).id
    await judge_process(
        house.desk, incident, malicious=True, by=ANA, door=Door.CHAT, why="three of them mine"
    )
    plans = waiting(await house.board(incident))
    assert [p.target.instance for p in plans] == [*victims]

    done = await approve_together(house.desk, incident, combined(plans), by=BO, door=Door.CHAT)
    assert done.refused == ()
    await asyncio.gather(*(carry_out(house.plant, run) for run in house.executor.ordered))

    shown = await house.board(incident)
    assert shown.incident.contained is not None
    for section in shown.sections:
        marks = {row.action.name: row.mark.value for row in section.rows}
        assert marks["isolate"] in ("waiting", "proved")
        assert marks["snapshot"] in ("waiting", "proved")
    groups = {
        group["GroupName"]
        for found in house.box.client("ec2").describe_instances(InstanceIds=[*victims])["Reservations"]
        for instance in found["Instances"]
        for card in instance["NetworkInterfaces"]
        for group in card["Groups"]
    }
    assert groups
    assert all(name.startswith("ec2ir-deny") for name in groups)
    isolated = next(i for i in items(shown) if i.row.id == "C2")
    assert isolated.standing in (Standing.UNDER_WAY, Standing.DONE)
