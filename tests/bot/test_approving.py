"""Approving in chat: who may, once, and what everybody else is told."""

from __future__ import annotations

import asyncio

import pytest

from playbook.approval import Decision
from playbook.environment import Environment
from playbook.proposal import Kind
from sandbox.slack import Fault, texts
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


async def test_two_approvers_at_the_same_instant_start_one_run(room: Room) -> None:
    card = room.card()
    await asyncio.gather(
        *(room.slack.click(who, room.channel, card.ts, "Contain now ▸") for who in ("bo", "chai"))
    )
    await room.settle()

    assert len(room.executor.carried) == 1
    (proposal,) = await room.proposals()
    (approval,) = proposal.approvals
    loser = "chai" if approval.person.name == "bo" else "bo"
    assert f"{approval.person.name} approved this plan 0 s ago." in room.told(loser)
    assert "Your click changed nothing." in room.told(loser)
    assert room.told(approval.person.name) == ""


@pytest.mark.parametrize("concurrent", [False, True])
async def test_slack_delivering_a_click_twice_has_one_effect_and_says_nothing(
    room: Room, *, concurrent: bool
) -> None:
    room.slack.faults.duplicate_next(concurrent=concurrent)
    await room.clicks("bo", "Approve", on=room.plan())

    assert len(room.executor.carried) == 1
    assert room.told("bo") == ""


async def test_a_double_click_has_one_effect(room: Room) -> None:
    card = room.card()
    await asyncio.gather(*(room.slack.click("bo", room.channel, card.ts, "Contain now ▸") for _ in range(2)))
    await room.settle()

    assert len(room.executor.carried) == 1
    assert room.told("bo") == ""


async def test_nobody_approves_in_production_what_they_proposed(room: Room) -> None:
    await room.says("bo", "/ec2ir isolate")
    await room.clicks("bo", "Approve", on=room.plan())

    assert room.executor.carried == []
    assert "You proposed this plan, and in this environment somebody else must approve it." in room.told("bo")
    assert "Ask chai" in room.told("bo")

    await room.clicks("chai", "Approve", on=room.plan())
    assert len(room.executor.carried) == 1


async def test_a_responder_is_told_whom_to_ask(room: Room) -> None:
    await room.clicks("ana", "Approve", on=room.plan())

    assert room.executor.carried == []
    assert room.told("ana") == (
        "✋ You are not in the approvers. This plan was not run. Ask bo, chai, who can."
    )


async def test_a_refused_click_can_be_made_again_once_the_person_may(room: Room) -> None:
    await room.clicks("ana", "Approve", on=room.plan())
    group = next(g for g in room.slack.state.groups.values() if g.handle == "ir-approvers")
    group.members.append(room.slack.user("ana").id)
    await room.clicks("ana", "Approve", on=room.plan())

    assert len(room.executor.carried) == 1


async def test_when_slack_does_not_say_who_approves_the_terminal_is_named(room: Room) -> None:
    room.slack.faults.order("usergroups.users.list", Fault.refused("internal_error"), times=2)
    await room.clicks("bo", "Approve", on=room.plan())

    assert room.executor.carried == []
    assert "ec2ir approve" in room.told("bo")
    assert "nothing was run" in room.told("bo")


async def test_somebody_whose_account_was_closed_approves_nothing_and_is_not_proposed(room: Room) -> None:
    room.slack.user("chai").deleted = True
    room.clock.passes(minutes=11)
    await room.clicks("ana", "Approve", on=room.plan())

    assert "Ask bo, who can." in room.told("ana")


async def test_an_expired_plan_is_not_approved_and_a_new_one_can_be_had(room: Room) -> None:
    stale, old_card = room.plan(), room.card().ts
    room.clock.passes(minutes=31)
    await room.clicks("bo", "Approve", on=stale)
    assert room.executor.carried == []
    assert "This plan expired at" in room.told("bo")

    await room.clicks("bo", "Contain now ▸")
    assert "This plan expired at" in room.told("bo")

    await room.finding(updated=room.clock(), count=15)
    assert room.card().ts == old_card
    await room.clicks("ana", "Plan what is recommended")
    assert len(await room.proposals()) == 2
    await room.clicks("bo", "Contain now ▸")
    assert len(room.executor.carried) == 1


async def test_rejecting_asks_why_and_says_so_on_the_plan(room: Room) -> None:
    await room.clicks("ana", "Reject…", on=room.plan())
    outcome = await room.sends("ana", " ")
    assert "A reason is needed." in outcome.errors["reason"]
    await room.sends("ana", "the owner runs a load test")

    (proposal,) = await room.proposals()
    assert proposal.decision is Decision.REJECTED
    assert "✋ Rejected by ana" in texts(room.plan())
    assert room.labels(room.plan()) == []
    assert any("the owner runs a load test" in texts(m) for m in room.messages())


async def test_break_glass_needs_a_reason_worth_reviewing(room: Room) -> None:
    await room.says("bo", "/ec2ir isolate")
    await room.clicks("bo", "Break-glass…", on=room.plan())
    outcome = await room.sends("bo", "hurry")
    assert "at least ten characters" in outcome.errors["reason"]
    assert room.executor.carried == []

    await room.sends("bo", "customer data is leaving right now")
    assert len(room.executor.carried) == 1
    assert "🚨 Break-glass, to be reviewed: customer data is leaving right now" in texts(room.plan())
    loud = next(texts(m) for m in room.messages() if "by break-glass" in texts(m))
    assert all(f"<@{room.slack.user(who).id}>" in loud for who in ("bo", "chai"))


async def test_break_glass_is_for_approvers(room: Room) -> None:
    await room.clicks("ana", "Break-glass…", on=room.plan())
    await room.sends("ana", "nobody else is awake tonight")

    assert room.executor.carried == []
    assert "Break-glass is for approvers, and you are not one." in room.told("ana")


async def test_a_responder_may_approve_in_test_environments(room: Room) -> None:
    other = "i-0bbb1234def567890"
    room.cloud.has(other, name="dev-3", state="running", environment=Environment.NONPRODUCTION)
    await room.says("ana", f"/ec2ir declare {other}", channel="incidents")
    await room.says("ana", "/ec2ir isolate")
    assert room.labels(room.plan()) == ["Approve", "Reject…"]
    await room.clicks("ana", "Approve", on=room.plan())

    assert len(room.executor.carried) == 1


async def test_a_newer_plan_takes_the_older_ones_buttons(room: Room) -> None:
    await room.says("ana", "/ec2ir isolate")
    first = room.plan()
    await room.says("ana", "/ec2ir isolate")

    assert room.labels(first) == []
    assert "A newer plan took this one's place" in texts(first)
    assert room.labels(room.plan()) != []


async def test_the_whole_plan_can_be_shown_to_one_person(room: Room) -> None:
    await room.clicks("ana", "Show plan")

    assert "ec2ir-deny" in room.told("ana")
    assert "needs: 1 of the approvers" in room.told("ana")


async def test_the_proposer_is_named_where_they_may_not_approve(room: Room) -> None:
    await room.says("ana", "/ec2ir isolate")

    assert f"not <@{room.slack.user('ana').id}> who proposed it" in texts(room.plan())
    assert (await room.proposals())[-1].kind is Kind.DO
