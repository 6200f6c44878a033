"""From a finding to a proved, undone and expired incident, on the emulated account."""

from __future__ import annotations

import pytest

from actions.catalogue import BY_NAME
from commands.approve import approve
from commands.propose import propose_undo
from playbook.decisions import CONTAIN
from playbook.people import Door
from tests.engine.house import House
from tests.fakes.people import ANA, BO

pytestmark = pytest.mark.emulator


async def contain(house: House) -> tuple[str, str]:
    incident = await house.finding()
    plan = (await house.board(incident)).sections[0].recommended
    assert plan is not None
    await approve(house.desk, plan.id, plan.hash, by=BO, door=Door.CHAT)
    await house.run_ordered()
    return incident, plan.id


async def test_one_approval_contains_and_flow_logs_prove_it(house: House) -> None:
    incident, _ = await contain(house)

    marks = await house.marks(incident)
    assert marks["isolate"] == "waiting"  # configured; traffic is not proved before flow logs arrive
    assert (await house.board(incident)).incident.contained is not None

    for _ in range(20):
        house.clock.advance(60)
        await house.timers()
    marks = await house.marks(incident)
    assert {name for name, mark in marks.items() if mark == "proved"} == {
        "protect", "snapshot", "tag", "deregister", "isolate", "revoke",
    }  # fmt: skip


async def test_isolation_is_undone_by_a_second_plan(house: House) -> None:
    incident, run = await contain(house)

    undo = await propose_undo(house.desk, run, "isolate", by=ANA, door=Door.CHAT)
    await approve(house.desk, undo.id, undo.hash, by=BO, door=Door.CHAT)
    await house.run_ordered()

    assert (await house.marks(incident))["isolate"] == "undone"
    assert (await house.board(incident)).incident.contained is None


@pytest.mark.parametrize("step", [a for a in CONTAIN if BY_NAME[a].undo is not None])
async def test_each_step_is_undone_alone_after_all_were_carried_out(house: House, step: str) -> None:
    incident, run = await contain(house)
    for _ in range(8):
        house.clock.advance(60)
        await house.timers()

    undo = await propose_undo(house.desk, run, step, by=ANA, door=Door.CHAT)
    await approve(house.desk, undo.id, undo.hash, by=BO, door=Door.CHAT)
    await house.run_ordered()

    assert (await house.marks(incident))[step] == "undone"
