"""Who may approve what, when, and what happens when two do it at once."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from commands import progress
from commands.approve import approve, expire, reject
from commands.board import Mark
from commands.close import close
from playbook.approval import LIFETIME, Decision
from playbook.environment import Environment
from playbook.errors import BadInput, NotAllowed, Refused, TooLate, Unreachable
from playbook.finding import Severity
from playbook.people import Door, Person, Role
from playbook.run import RunState, StepState
from playbook.timeline import Event
from tests.commands.conftest import WEB, Room
from tests.fakes.people import ANA, BO, CHAI, DEE
from tests.storage.values import OTHER

pytestmark = pytest.mark.slow


PRODUCTION, DEV = Environment.PRODUCTION, Environment.NONPRODUCTION
TAG, ISOLATE, ROLE_WIDE = "tag", "isolate", "revoke-role"

# Bo proposes; Ana responds, Bo and Chai approve, Dee approves without responding (here). Who carries the plan?
MATRIX = [
    (PRODUCTION, TAG, {ANA: True, BO: True, CHAI: True, DEE: True}),
    (DEV, TAG, {ANA: True, BO: True, CHAI: True, DEE: True}),
    (PRODUCTION, ISOLATE, {ANA: False, BO: False, CHAI: True, DEE: True}),
    (DEV, ISOLATE, {ANA: True, BO: True, CHAI: True, DEE: True}),
    (DEV, ROLE_WIDE, {ANA: False, BO: False, CHAI: True, DEE: True}),
]


@pytest.mark.parametrize(("environment", "action", "by_whom"), MATRIX)
async def test_the_approval_table(
    room: Room, environment: Environment, action: str, by_whom: dict[Person, bool]
) -> None:
    room.directory.by_person[DEE.id] = frozenset({Role.APPROVER})
    room.cloud.tag(WEB, environment)
    incident = await room.finding(score=1.0)
    for person, carries in by_whom.items():
        plan = await room.propose(incident, action, by=BO)
        if not carries:
            with pytest.raises(NotAllowed):
                await room.approve(plan, person)
            assert (await room.proposal(plan.id)).approvals == ()
            continue
        assert (await room.approve(plan, person)).decision is Decision.APPROVED
        assert room.executor.carried.pop() == plan.id
        await room.carry(plan.id, {action: "AWS said no"})
    assert room.executor.carried == []


async def test_two_approvers_for_what_is_drastic_in_production(room: Room) -> None:
    room.directory.by_person[DEE.id] = frozenset({Role.APPROVER})
    plan = await room.propose(await room.finding(), ROLE_WIDE, by=BO)
    for refused in (ANA, BO):
        with pytest.raises(NotAllowed):
            await room.approve(plan, refused)

    first = await room.approve(plan, CHAI)
    assert first.decision is Decision.PENDING
    with pytest.raises(TooLate, match="You approved this plan already"):
        await room.approve(plan, CHAI)
    assert room.executor.carried == []

    assert (await room.approve(plan, DEE)).decision is Decision.APPROVED
    assert room.executor.carried == [plan.id]
    words = [e.words for e in await room.timeline(plan.target.incident) if e.event is Event.APPROVED]
    assert words == [f"chai approved plan {plan.hash[:4]} (1 of 2)", f"dee approved plan {plan.hash[:4]}"]


async def test_one_person_is_one_approver_through_two_doors(room: Room) -> None:
    plan = await room.propose(await room.finding(), ROLE_WIDE, by=ANA)
    await room.approve(plan, BO)
    with pytest.raises(TooLate):
        await approve(room.desk, plan.id, plan.hash, by=BO, door=Door.TERMINAL)
    assert room.executor.carried == []


async def test_one_click_carries_what_the_bot_proposes(room: Room) -> None:
    plan = (await room.board(await room.finding())).sections[0].recommended
    assert plan is not None
    await room.approve(plan, BO)
    assert room.executor.carried == [plan.id]


async def test_a_person_without_a_role_hears_who_has_it(room: Room) -> None:
    plan = await room.propose(await room.finding(), ISOLATE)
    with pytest.raises(NotAllowed, match=r"You are not in the approvers\. .* Ask bo, chai, who can\."):
        await room.approve(plan, DEE)


@pytest.mark.parametrize("hash_", ["", "7", "0" * 64, "zzzz"])
async def test_the_hash_of_another_plan_approves_nothing(room: Room, hash_: str) -> None:
    plan = await room.propose(await room.finding(), ISOLATE)
    with pytest.raises(TooLate, match="another plan"):
        await approve(room.desk, plan.id, hash_, by=BO, door=Door.CHAT)
    assert room.executor.carried == []


async def test_a_plan_that_is_none(room: Room) -> None:
    with pytest.raises(BadInput, match="There is no plan"):
        await approve(room.desk, "<!channel>", "0" * 64, by=BO, door=Door.CHAT)


async def test_expiry_is_exact(room: Room) -> None:
    incident = await room.finding()
    late, last = await room.propose(incident, ISOLATE), await room.propose(incident, TAG)
    room.clock.advance((LIFETIME - timedelta(microseconds=1)).total_seconds())
    assert not await expire(room.desk, late.id)
    await room.approve(last)
    room.clock.advance(0.000001)

    with pytest.raises(TooLate, match="This plan expired at 12:30:00 UTC"):
        await room.approve(late)
    assert await expire(room.desk, late.id)
    assert not await expire(room.desk, late.id)
    assert (await room.timeline(incident))[-1].words == f"Plan {late.hash[:4]} expired unapproved"
    assert room.executor.carried == [last.id]


async def test_a_double_click_starts_one_run_and_says_who_was_first(room: Room) -> None:
    plan = await room.propose(await room.finding(), ISOLATE)
    await room.approve(plan, BO)
    for again in (BO, CHAI):
        with pytest.raises(TooLate, match=r"bo approved this plan .* ago"):
            await room.approve(plan, again)
    assert room.executor.carried == [plan.id]


async def test_two_people_at_the_same_instant_start_one_run(busy_room: Room) -> None:
    room = busy_room
    plan = await room.propose(await room.finding(), ISOLATE)
    ends = await asyncio.gather(
        *(room.approve(plan, who) for who in (BO, CHAI, BO, CHAI)), return_exceptions=True
    )

    late = [e for e in ends if isinstance(e, TooLate)]
    assert len(late) == 3
    assert all(re.search("approved this plan .* ago", e.what) for e in late)
    assert room.executor.carried == [plan.id]
    assert len((await room.proposal(plan.id)).approvals) == 1


async def test_two_plans_on_one_instance_at_the_same_instant_start_one_run(busy_room: Room) -> None:
    room = busy_room
    incident = await room.finding()
    plans = [await room.propose(incident, action) for action in (ISOLATE, TAG)]
    ends = await asyncio.gather(*(room.approve(p) for p in plans), return_exceptions=True)

    (late,) = [e for e in ends if isinstance(e, TooLate)]
    assert "One run at a time" in late.means
    assert len(room.executor.carried) == 1
    (waits,) = [p for p in plans if p.id not in room.executor.carried]
    kept = await room.proposal(waits.id)
    assert (kept.decision, kept.approvals) == (Decision.PENDING, ())


async def test_approve_against_expire_against_reject_has_one_winner(busy_room: Room) -> None:
    room = busy_room
    incident = await room.finding()
    for n in range(3):
        plan = await room.propose(incident, ISOLATE)
        room.clock.advance((LIFETIME - timedelta(seconds=n % 2)).total_seconds())
        ends = await asyncio.gather(
            room.approve(plan),
            expire(room.desk, plan.id),
            reject(room.desk, plan.id, plan.hash, "no", by=CHAI, door=Door.CHAT),
            return_exceptions=True,
        )
        decided = (await room.proposal(plan.id)).decision
        started = room.executor.carried.count(plan.id)
        assert decided is not Decision.PENDING
        assert started == (decided is Decision.APPROVED)
        assert (ends[1] is True) == (decided is Decision.EXPIRED)
        if started:
            await room.carry(plan.id, {ISOLATE: "AWS said no"})


async def test_break_glass_needs_a_reason_that_says_something(room: Room) -> None:
    plan = await room.propose(await room.finding(), ISOLATE, by=BO)
    for reason in ("", "urgent", " u r g  ", "\u200b" * 40):
        with pytest.raises(Refused, match="at least ten characters"):
            await room.approve(plan, BO, override=reason)
    with pytest.raises(NotAllowed, match="Break-glass is for approvers"):
        await room.approve(plan, ANA, override="I am alone and it spreads")
    assert room.executor.carried == []


async def test_break_glass_runs_alone_is_told_to_the_group_and_stays_marked(room: Room) -> None:
    plan = await room.propose(await room.finding(), ROLE_WIDE, by=BO)
    await room.told()
    await room.approve(plan, BO, override="alone at night, it spreads")

    assert room.executor.carried == [plan.id]
    (told,) = [m for m in await room.told() if m.body.get("event") == "override"]
    assert told.body["ping"] == [BO.id, CHAI.id]
    assert "alone at night, it spreads" in str(told.body["words"])
    (kept,) = (await room.proposal(plan.id)).approvals
    assert kept.override == "alone at night, it spreads"
    (entry,) = [e for e in await room.timeline(plan.target.incident) if e.event is Event.OVERRIDE]
    assert entry.data["override"] == kept.override


async def test_nobody_approves_in_chat_while_the_groups_cannot_be_read(room: Room) -> None:
    plan = await room.propose(await room.finding(), ISOLATE)
    room.directory.down = True
    with pytest.raises(Unreachable, match="terminal"):
        await room.approve(plan)
    assert (await room.proposal(plan.id)).approvals == ()


async def test_roles_are_read_anew_at_every_click(room: Room) -> None:
    plan = await room.propose(await room.finding(), ISOLATE)
    del room.directory.by_person[BO.id]
    with pytest.raises(NotAllowed):
        await room.approve(plan, BO)


async def test_a_role_lost_between_click_and_start_stops_the_run_and_every_row_says_so(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, ISOLATE, TAG)
    await room.approve(plan, BO)
    room.directory.by_person[BO.id] = frozenset({Role.RESPONDER})

    with pytest.raises(NotAllowed, match="bo approved this and may not") as refusal:
        await progress.admit(room.desk, plan.id)
    await progress.refuse_run(room.desk, await room.run(plan.id), refusal.value)

    assert (await room.run(plan.id)).state is RunState.FAILED
    for action in (ISOLATE, TAG):
        row = await room.row(incident, action)
        assert row.mark is Mark.FAILED
        assert "Not started: bo approved this" in row.words
    assert any("was not started" in words for words in await room.news())


async def test_refusing_a_retry_leaves_the_other_rows_as_they_are(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, ISOLATE, TAG)
    await room.approve(plan)
    await room.carry(plan.id, {ISOLATE: "AWS said no"})
    await progress.retry(room.desk, plan.id, ISOLATE, by=ANA, door=Door.CHAT)
    await progress.refuse_run(room.desk, await room.run(plan.id), Refused("Nobody may."))
    assert await room.states(plan.id) == {ISOLATE: StepState.FAILED, TAG: StepState.PROVED}


async def test_an_old_plan_needs_what_production_needs_once_production_was_seen(room: Room) -> None:
    room.cloud.tag(WEB, DEV)
    incident = await room.finding(score=1.0)
    plan = await room.propose(incident, ISOLATE)
    room.cloud.tag(WEB, PRODUCTION)
    await room.propose(incident, TAG)  # sees the new tags

    with pytest.raises(NotAllowed, match="You are not in the approvers"):
        await room.approve(plan, ANA)
    assert (await room.board(incident)).pending[0].environment is PRODUCTION


async def test_production_seen_between_click_and_start_stops_the_run(room: Room) -> None:
    room.cloud.tag(WEB, DEV)
    incident = await room.finding(score=1.0)
    plan = await room.propose(incident, ISOLATE, by=BO)
    await room.approve(plan, ANA)
    async with room.store.begin() as unit:
        await unit.incidents.tighten(incident, PRODUCTION, Severity.LOW)
    with pytest.raises(NotAllowed, match="ana approved this and may not"):
        await progress.admit(room.desk, plan.id)


async def test_no_plan_of_a_closed_incident_can_be_approved(room: Room) -> None:
    incident = await room.finding()
    plan = await room.propose(incident, ISOLATE)
    await close(room.desk, incident, "false alarm", by=ANA, door=Door.CHAT)

    with pytest.raises(TooLate, match="ana rejected this plan"):
        await room.approve(plan)
    assert room.executor.carried == []


async def test_closing_against_approving_leaves_no_run_on_a_closed_incident(busy_room: Room) -> None:
    room = busy_room
    for n in range(4):
        incident = await room.finding(f"f{n}", instances=(OTHER,))
        plan = await room.propose(incident, TAG)
        await asyncio.gather(
            room.approve(plan),
            close(room.desk, incident, "false alarm", by=ANA, door=Door.CHAT),
            return_exceptions=True,
        )
        closed = (await room.incident(incident)).closed is not None
        assert closed != (plan.id in room.executor.carried)
        if not closed:
            await room.carry(plan.id)
            await close(room.desk, incident, "done", by=ANA, door=Door.CHAT)
        room.clock.advance(1)


async def test_rejecting_needs_a_role_keeps_the_reason_and_ends_the_plan(room: Room) -> None:
    plan = await room.propose(await room.finding(), ISOLATE)
    with pytest.raises(NotAllowed):
        await reject(room.desk, plan.id, plan.hash, "mine", by=DEE, door=Door.CHAT)
    await reject(room.desk, plan.id, plan.hash, " it serves\n payments\u202e ", by=ANA, door=Door.CHAT)

    assert (await room.proposal(plan.id)).decision is Decision.REJECTED
    assert (await room.timeline(plan.target.incident))[-1].words == (
        f"ana rejected plan {plan.hash[:4]}: it serves payments"
    )
    with pytest.raises(TooLate, match="ana rejected this plan"):
        await room.approve(plan)


async def test_at_the_terminal_an_approver_can_break_the_glass_while_slack_is_down(room: Room) -> None:
    class SlackIsDown:
        async def roles(self, person: Person, door: Door) -> frozenset[Role]:
            if door is Door.CHAT:
                raise Unreachable("Slack did not answer.")
            return await room.directory.roles(person, door)

        async def holders(self, role: Role) -> tuple[Person, ...]:
            raise Unreachable("Slack did not answer.")

    plan = await room.propose(await room.finding(), ISOLATE, by=BO)
    desk = replace(room.desk, directory=SlackIsDown())
    with pytest.raises(NotAllowed, match="somebody else must approve"):
        await approve(desk, plan.id, plan.hash, by=BO, door=Door.TERMINAL)
    await approve(desk, plan.id, plan.hash, by=BO, door=Door.TERMINAL, override="Slack is down, I am alone")
    assert room.executor.carried == [plan.id]
    assert (await progress.admit(desk, plan.id))[0].id == plan.id
