"""Buttons and dialogs beyond approving: steps, wrong places, old cards, dialogs that open too late, defects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot import blocks
from bot.check import as_json
from bot.value import Value, unpack
from playbook.incident import IncidentState
from playbook.people import Person
from playbook.run import RunState, StepState
from sandbox.slack import Fault, texts
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


async def post_button(room: Room, click: str, value: str, channel: str) -> str:
    """Post a message with one button, as an older or a forged card would have it."""
    made = as_json([blocks.row([blocks.button("Press", click, value)])])
    channel_id = room.slack.channel(channel).id
    answer = room.slack.call("chat.postMessage", channel=channel_id, text="old", blocks=made)
    return str(answer["ts"])


async def test_a_steps_button_plans_it_once_for_two_people(room: Room) -> None:
    card = room.card()
    button = room.button(card, "Plan")
    await room.clicks("ana", "Plan", value=button.value)
    made = len(await room.proposals())
    card_now = room.card()
    assert made == 2

    ts = await post_button(room, "step_plan", button.value, room.channel)
    await room.slack.click("bo", room.channel, ts, "Press")
    await room.settle()
    assert "ana asked for this" in room.told("bo")
    assert "Your click changed nothing." in room.told("bo")
    assert len(await room.proposals()) == made

    fresh = room.button(card_now, "Plan")
    await room.clicks("bo", "Plan", value=fresh.value)
    assert len(await room.proposals()) == made + 1


async def test_a_button_moved_to_another_channel_does_nothing(room: Room) -> None:
    value = room.button(room.plan(), "Approve").value
    ts = await post_button(room, "approve", value, "incidents")
    await room.slack.click("bo", "incidents", ts, "Press")
    await room.settle()

    assert room.executor.carried == []
    assert "That button belongs to another channel's incident. Nothing was done." in room.told("bo")


async def test_approving_names_the_whole_hash(room: Room) -> None:
    incident = await room.incident()
    (proposal,) = await room.proposals()
    forged = Value(incident=incident.id, proposal=proposal.id, hash=proposal.hash[:4] + "0" * 60).pack()
    ts = await post_button(room, "approve", forged, room.channel)
    await room.slack.click("bo", room.channel, ts, "Press")
    await room.settle()

    assert room.executor.carried == []
    assert "That was the button of another plan." in room.told("bo")


async def test_buttons_of_no_known_kind_say_so(room: Room) -> None:
    for click, value in (("approve", "not json"), ("approve", '{"x": 1}'), ("a_click_of_old", "{}")):
        ts = await post_button(room, click, value, room.channel)
        await room.slack.click("bo", room.channel, ts, "Press")
        await room.settle()
        assert "Nothing was done by your click." in room.told("bo")


async def test_not_malicious_closes_with_the_reason(room: Room) -> None:
    await room.clicks("ana", "Not malicious")
    await room.sends("ana", "a licensed benchmark")

    incident = await room.incident()
    assert incident.state is IncidentState.CLOSED
    assert incident.closed_why == "not malicious: a licensed benchmark"


async def test_a_dialog_that_slack_sends_twice_counts_once(room: Room) -> None:
    await room.clicks("ana", "Not malicious")
    room.slack.faults.duplicate_next()
    await room.sends("ana", "a licensed benchmark")

    assert room.told("ana") == ""


async def test_a_dialog_that_comes_too_late_says_so(room: Room) -> None:
    room.slack.faults.order("views.open", Fault.refused("expired_trigger_id"))
    await room.clicks("ana", "Reject…", on=room.plan())

    assert "Nothing was changed. Click again." in room.told("ana")


async def test_a_defect_gives_a_number_and_says_what_it_means(room: Room, logs: list[Any]) -> None:
    broken = replace((await room.proposals())[0].target, incident="x1")
    async with room.store.begin() as unit:
        proposal = (await unit.proposals.of("x1"))[0]
        step = replace(proposal.steps[0], body={"unreadable": True})
        await unit.proposals.add(replace(proposal, id="broken", target=broken, steps=(step,)))
    value = Value(incident="x1", proposal="broken", hash="").pack()
    ts = await post_button(room, "show_plan", value, room.channel)
    await room.slack.click("ana", room.channel, ts, "Press")
    await room.work.idle()

    assert "recorded as error " in room.told("ana")
    assert "Nothing was approved, run or changed by this." in room.told("ana")
    assert "Traceback" not in room.told("ana")
    (line,) = [line for line in logs if line["event"] == "a listener failed"]
    assert f"error {line['error']}." in room.told("ana")


async def test_rows_offer_what_the_moment_allows(room: Room) -> None:
    await room.clicks("bo", "Contain now ▸")
    assert [label for label in room.labels(room.card()) if not label.startswith(("Show", "Check"))] == [
        "Not malicious"
    ]
    assert "No buttons now: another run is under way on this instance." in texts(room.card())
    (run,) = room.executor.carried
    async with room.store.begin() as unit:
        for step in await unit.runs.steps(run):
            failed = step.action == "isolate"
            await unit.runs.set_step(
                replace(
                    step, attempt=1, state=StepState.FAILED if failed else StepState.PROVED,
                    problem="eni-1 was detached" if failed else "", says=("1 of 1 resources tagged",),
                )
            )  # fmt: skip
        await unit.runs.set_state(run, RunState.FAILED, room.clock())
    await room.says("ana", "/ec2ir lead")

    shown = texts(room.card())
    assert "🔴 *Isolate the instance* · failed: eni-1 was detached" in shown
    assert "🟢 *Tag as compromised* · proved: 1 of 1 resources tagged" in shown
    assert {"Retry", "Undo", "Plan"} <= set(room.labels(room.card()))
    await room.clicks("ana", "Retry")
    assert room.executor.carried == [run, run]
    assert room.told("ana") == ""


async def test_every_dangerous_button_asks_first(room: Room) -> None:
    outcome = await room.slack.click("ana", room.channel, room.card().ts, "Contain now ▸")
    assert outcome.confirm is not None
    assert "This approves plan" in outcome.confirm["text"]["text"]
    outcome = await room.slack.click("ana", room.channel, room.plan().ts, "Approve")
    assert outcome.confirm is not None
    await room.settle()


async def test_a_click_whose_process_died_can_be_made_again_after_a_minute(room: Room) -> None:
    button = room.button(room.card(), "Plan")
    bo = Person(id=room.slack.user("bo").id, name="bo")
    async with room.store.begin() as unit:
        await unit.clicks.claim(unpack(button.value).key("plan"), bo, room.clock())
    room.clock.passes(seconds=30)
    await room.clicks("ana", "Plan", value=button.value)
    assert "bo asked for this 30 s ago. Your click changed nothing." in room.told("ana")

    room.clock.passes(seconds=31)
    await room.clicks("ana", "Plan", value=button.value)
    assert len(await room.proposals()) == 2
