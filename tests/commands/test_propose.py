"""Asking for steps: what is planned, for which environment, and what an older plan is worth then."""

from __future__ import annotations

import asyncio

import pytest

from commands.close import close
from commands.propose import propose, propose_anew, propose_recommended, propose_undo
from playbook.approval import LIFETIME, Decision
from playbook.environment import Environment
from playbook.errors import BadInput, NotAllowed, Refused, Unreachable
from playbook.people import Door
from playbook.proposal import Kind
from playbook.timeline import Event
from tests.commands.conftest import WEB, Room
from tests.fakes.people import ANA, BO, DEE
from tests.storage.values import OTHER

pytestmark = pytest.mark.slow


async def test_a_plan_is_stored_shown_and_expires(room: Room) -> None:
    incident = await room.finding()
    await room.told()
    plan = await room.propose(incident, "isolate", "tag")

    assert plan.actions == ("isolate", "tag")
    assert plan.expires - plan.made == LIFETIME
    assert [str(m.key) for m in await room.told()] == [f"{incident}:card", f"{incident}:plan:{plan.id}"]
    async with room.store.begin() as unit:
        assert f"expire:{plan.id}" in {s.key for s in await unit.slots.due(plan.expires)}


async def test_tags_changed_to_dev_do_not_loosen_anything(room: Room) -> None:
    incident = await room.finding()
    room.cloud.tag(WEB, Environment.NONPRODUCTION)
    plan = await room.propose(incident, "isolate")
    assert plan.environment is Environment.PRODUCTION


async def test_tags_changed_to_production_tighten_at_once_and_are_told(room: Room) -> None:
    room.cloud.tag(WEB, Environment.NONPRODUCTION)
    incident = await room.finding()
    room.cloud.tag(WEB, Environment.PRODUCTION)
    plan = await room.propose(incident, "isolate")

    assert plan.environment is Environment.PRODUCTION
    assert any("counts as production from now on" in e.words for e in await room.timeline(incident))


async def test_an_instance_that_cannot_be_asked_counts_as_production(room: Room) -> None:
    room.cloud.tag(WEB, Environment.NONPRODUCTION)
    incident = await room.finding()
    room.cloud.gone.add(WEB)
    assert (await room.propose(incident, "tag")).environment is Environment.PRODUCTION
    assert (await room.board(incident)).sections[0].facts.seen  # what was known is not forgotten


@pytest.mark.parametrize("name", ["", "Isolate", "rm -rf", "<!channel>" * 99])
async def test_an_unknown_step_is_refused_with_those_that_exist(room: Room, name: str) -> None:
    incident = await room.finding()
    with pytest.raises(BadInput, match="There are: protect, snapshot") as refusal:
        await room.propose(incident, name)
    assert len(refusal.value.what) < 100


async def test_no_step_at_all_is_refused(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(BadInput):
        await room.propose(incident)


async def test_nothing_to_do_gives_the_reasons(room: Room) -> None:
    incident = await room.finding()
    room.cloud.nothing_to_do |= {"isolate": "Every interface is denied already.", "tag": "It is tagged."}
    with pytest.raises(Refused, match="Isolate the instance: Every interface is denied already"):
        await room.propose(incident, "isolate", "tag")


async def test_what_does_not_apply_is_left_out_with_its_reason(room: Room) -> None:
    incident = await room.quiet()
    room.cloud.nothing_to_do["deregister"] = "No balancer knows it."
    plan = await room.propose(incident, "isolate", "deregister")
    assert plan.actions == ("isolate",)
    row = await room.row(incident, "deregister")
    assert (row.mark.value, row.words) == ("does not apply", "No balancer knows it.")

    room.cloud.nothing_to_do.clear()
    await room.propose(incident, "deregister")
    room.clock.advance(LIFETIME.total_seconds())
    assert (await room.row(incident, "deregister")).mark.value == "not started"


async def test_a_newer_plan_takes_the_older_ones_place(room: Room) -> None:
    incident = await room.finding()
    older = await room.propose(incident, "isolate")
    room.cloud.world = "changed"
    newer = await room.propose(incident, "isolate")

    assert older.hash != newer.hash
    assert (await room.proposal(older.id)).decision is Decision.SUPERSEDED
    with pytest.raises(Refused, match="A newer plan took this one's place"):
        await room.approve(older)


async def test_two_who_propose_at_once_leave_one_plan(busy_room: Room) -> None:
    incident = await busy_room.finding()
    await asyncio.gather(*(busy_room.propose(incident, "isolate", by=who) for who in (ANA, BO, ANA, BO)))
    pending = [p for p in (await busy_room.board(incident)).pending if p.actions == ("isolate",)]
    assert len(pending) == 1


async def test_a_closed_incident_is_not_planned_on(room: Room) -> None:
    incident = await room.finding()
    await close(room.desk, incident, "false alarm", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="This incident is closed"):
        await room.propose(incident, "isolate")


async def test_an_incident_closed_while_aws_is_asked_gets_no_plan(room: Room) -> None:
    incident = await room.finding()

    async def closes() -> None:
        if (await room.incident(incident)).closed is None:
            await close(room.desk, incident, "false alarm", by=ANA, door=Door.CHAT)

    room.cloud.meanwhile = closes
    with pytest.raises(Refused, match="This incident is closed"):
        await room.propose(incident, "isolate")
    assert (await room.board(incident)).pending == ()


async def test_only_its_own_instances_and_only_with_a_role(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(BadInput, match="is not part of this incident"):
        await propose(room.desk, incident, ["tag"], by=ANA, door=Door.CHAT, instance=OTHER)
    with pytest.raises(NotAllowed):
        await room.propose(incident, "tag", by=DEE)
    with pytest.raises(BadInput, match="There is no incident"):
        await room.propose("<!channel>", "tag")


async def test_an_account_that_does_not_answer_is_said_to_who_asked(room: Room) -> None:
    incident = await room.finding()
    room.cloud.down = True
    with pytest.raises(Unreachable):
        await room.propose(incident, "isolate")
    assert await propose_recommended(room.desk, incident) == ()


async def test_a_changed_world_says_what_changed_and_keeps_the_proposer(room: Room) -> None:
    incident, run = await room.contained()
    await room.news()
    await propose_anew(room.desk, run, "isolate", "The groups of eni-1 changed.")

    newest = (await room.board(incident)).pending[-1]
    assert (newest.actions, newest.proposer) == (("isolate",), ANA)
    assert await room.news() == ["The groups of eni-1 changed. Here is the new plan."]


async def test_a_changed_world_that_cannot_be_planned_is_noted(room: Room) -> None:
    incident, run = await room.contained()
    room.cloud.down = True
    await propose_anew(room.desk, run, "isolate", "The groups changed.")
    assert (await room.timeline(incident))[-1].event is Event.NOTE


async def test_undo_is_a_plan_like_any_other(room: Room) -> None:
    incident, run = await room.contained()
    undo = await propose_undo(room.desk, run, "isolate", by=BO, door=Door.CHAT)

    assert (undo.kind, undo.undoes) == (Kind.UNDO, run)
    with pytest.raises(NotAllowed, match="somebody else must approve"):
        await room.approve(undo, BO)
    row = await room.row(incident, "isolate")
    assert row.mark.value == "proved"
    assert f"waits for approval of undo {undo.hash[:4]}" in row.words


async def test_evidence_is_not_undone(room: Room) -> None:
    _, run = await room.contained("snapshot")
    with pytest.raises(Refused, match="can't be undone"):
        await propose_undo(room.desk, run, "snapshot", by=BO, door=Door.CHAT)


async def test_what_is_not_in_force_is_not_undone(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, "isolate")
    with pytest.raises(BadInput, match="There is no run"):
        await propose_undo(room.desk, plan.id, "isolate", by=BO, door=Door.CHAT)
    await room.approve(plan)
    with pytest.raises(Refused, match="is not in force"):
        await propose_undo(room.desk, plan.id, "isolate", by=BO, door=Door.CHAT)
    with pytest.raises(Refused, match="is not in force"):
        await propose_undo(room.desk, plan.id, "tag", by=BO, door=Door.CHAT)
