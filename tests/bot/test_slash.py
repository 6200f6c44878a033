"""`/ec2ir`, verb by verb, as people type it."""

from __future__ import annotations

import pytest

from actions.catalogue import ACTIONS
from bot.command import Topic
from bot.slash import VERBS
from playbook.incident import IncidentState
from playbook.run import RunState, StepState
from sandbox.slack import texts
from tests.bot.conftest import Room
from tests.fakes.cloud import WEB

pytestmark = pytest.mark.slow

OTHER = "i-0bbb1234def567890"


async def test_help_names_every_action_and_the_person_alone_sees_it(quiet: Room) -> None:
    await quiet.says("ana", "/ec2ir help", channel="incidents")

    for action in ACTIONS:
        assert f"`/ec2ir {action.name} [i-…]`" in quiet.told("ana")
    assert quiet.slack.messages("incidents") == []


def test_no_action_takes_the_name_of_another_verb() -> None:
    for action in ACTIONS:
        assert VERBS[action.name].help == f"plans “{action.title}” ({action.row})"


async def test_help_is_grouped_by_topic_and_names_every_verb_once(quiet: Room) -> None:
    await quiet.says("ana", "/ec2ir help", channel="incidents")
    said = quiet.told("ana")
    for name, command in VERBS.items():
        assert said.count(f"`/ec2ir {command.usage}`") == 1, name
    headings = [
        said.index(f"*{topic.value}*") for topic in Topic if any(c.topic is topic for c in VERBS.values())
    ]
    assert headings == sorted(headings)


async def test_an_unknown_verb_answers_the_person_with_the_nearest(quiet: Room) -> None:
    outcome = await quiet.says("ana", "/ec2ir islate i-0abc", channel="incidents")

    assert outcome.acked
    assert "There is no verb “islate”. Nothing was done. Did you mean `/ec2ir isolate`?" in quiet.told("ana")
    assert quiet.slack.messages("incidents") == []


async def test_nothing_typed_is_help(quiet: Room) -> None:
    await quiet.says("ana", "/ec2ir", channel="incidents")
    assert "`/ec2ir help`" in quiet.told("ana")


async def test_hostile_verbs_come_back_harmless(quiet: Room) -> None:
    await quiet.says("ana", "/ec2ir <!channel>`*x*`", channel="incidents")
    assert "<!channel>" not in quiet.told("ana")
    assert "&lt;!channel&gt;" in quiet.told("ana")


async def test_declare_opens_an_incident_on_an_instance_that_no_finding_named(quiet: Room) -> None:
    quiet.cloud.has(OTHER, name="db-2", state="running")
    await quiet.says("ana", f"/ec2ir declare {OTHER}", channel="incidents")

    assert quiet.channel.startswith("inc-0301-db-2-")
    assert "Declared by hand: db-2" in texts(quiet.card())
    assert "is declared" in quiet.told("ana")
    assert quiet.labels(quiet.card())[:2] == ["Plan containment", "Show processes"]


async def test_declare_looks_where_it_is_told(quiet: Room) -> None:
    quiet.cloud.has(OTHER, region="eu-west-1", name="db-2", state="running")
    await quiet.says("ana", f"/ec2ir declare {OTHER}", channel="incidents")
    assert "was not found in 111111111111 ap-southeast-1" in quiet.told("ana")

    await quiet.says("ana", f"/ec2ir declare {OTHER} eu-west-1", channel="incidents")
    assert quiet.channel.startswith("inc-0301-db-2-")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("declare", "Declare needs an instance."),
        ("declare banana", "“banana” is not an instance id."),
        (f"declare {WEB} mars", "“mars” is not an AWS region."),
        ("declare i-0123<!channel>", "is not an instance id."),
    ],
)
async def test_declaring_nonsense_is_refused_with_the_mend(quiet: Room, words: str, answer: str) -> None:
    await quiet.says("ana", f"/ec2ir {words}", channel="incidents")

    assert answer in quiet.told("ana")
    assert quiet.slack.channel_names == ["incidents"]


async def test_somebody_without_a_role_can_do_nothing(quiet: Room) -> None:
    await quiet.says("dee", f"/ec2ir declare {WEB}", channel="incidents")

    assert "You are neither a responder nor an approver. Nothing was done. Ask ana, bo, chai." in quiet.told(
        "dee"
    )
    assert quiet.slack.channel_names == ["incidents"]


async def test_a_command_that_slack_delivers_twice_declares_once(quiet: Room) -> None:
    quiet.slack.faults.duplicate_next(concurrent=True)
    await quiet.says("ana", f"/ec2ir declare {WEB}", channel="incidents")

    assert len(quiet.slack.channel_names) == 2
    assert "part of an open incident" not in quiet.told("ana")


async def test_status_elsewhere_lists_what_is_open(quiet: Room) -> None:
    await quiet.says("ana", "/ec2ir status", channel="incidents")
    assert "Nothing is on fire." in quiet.told("ana")

    await quiet.finding()
    await quiet.says("ana", "/ec2ir status", channel="incidents")
    assert f"<#{quiet.slack.channel(quiet.channel).id}>" in quiet.told("ana")


async def test_status_in_the_channel_shows_the_card_with_working_buttons(room: Room) -> None:
    await room.says("bo", "/ec2ir status")
    shown = room.slack.ephemerals("bo")[-1]

    await room.slack.click("bo", room.channel, shown.ts, "Contain now ▸")
    await room.settle()
    assert len(room.executor.carried) == 1


async def test_a_step_in_the_wrong_channel_is_refused_with_the_way_to_the_right_one(room: Room) -> None:
    await room.says("ana", "/ec2ir isolate", channel="incidents")

    assert "This channel is not an incident's. Nothing was done." in room.told("ana")
    assert f"<#{room.slack.channel(room.channel).id}>" in room.told("ana")
    assert len(await room.proposals()) == 1


async def test_a_step_by_name_is_planned_and_posted_for_all(room: Room) -> None:
    await room.says("ana", f"/ec2ir isolate {WEB}")

    assert room.cloud.planned[-1] == ("isolate",)
    assert "Isolate the instance" in texts(room.plan())
    assert room.told("ana") == ""


async def test_a_step_on_a_stranger_is_refused(room: Room) -> None:
    await room.says("ana", f"/ec2ir isolate {OTHER}")

    assert f"{OTHER} is not part of this incident." in room.told("ana")


async def test_plan_takes_steps_or_the_whole_containment(room: Room) -> None:
    await room.says("ana", "/ec2ir plan tag isolate")
    assert room.cloud.planned[-1] == ("tag", "isolate")
    await room.says("ana", "/ec2ir plan contain")
    assert "deregister" in room.cloud.planned[-1]
    await room.says("ana", "/ec2ir plan bananas")
    assert "There is no step “bananas”." in room.told("ana")


async def test_plan_alone_plans_what_is_recommended(room: Room) -> None:
    await room.says("ana", "/ec2ir plan")

    assert [p.proposer for p in await room.proposals()] == [None, None]


async def test_when_aws_is_away_the_person_hears_it(room: Room) -> None:
    room.cloud.away = "AWS did not answer in ap-southeast-1."
    await room.says("ana", "/ec2ir isolate")

    assert "AWS did not answer in ap-southeast-1. Nothing was planned. Try again." in room.told("ana")


async def test_lead_is_taken_once(room: Room) -> None:
    await room.says("ana", "/ec2ir lead")
    await room.says("bo", "/ec2ir lead")

    assert f"Lead <@{room.slack.user('ana').id}>" in texts(room.card())
    assert "This incident has a lead already." in room.told("bo")


async def test_closing_needs_a_reason_and_takes_the_buttons(room: Room) -> None:
    await room.says("ana", "/ec2ir close")
    assert "Closing needs a reason." in room.told("ana")

    await room.says("ana", "/ec2ir close the miner was ours")
    assert (await room.incident()).state is IncidentState.CLOSED
    assert all(label.startswith(("Show", "Check")) for label in room.labels(room.card()))
    assert "🏁 CLOSED" in texts(room.card())
    assert "the miner was ours" in texts(room.card())
    assert any("The channel stays, as the record." in texts(m) for m in room.messages())
    assert not room.slack.channel(room.channel).is_archived


async def test_undo_and_retry_ask_which_step(room: Room) -> None:
    await room.says("ana", "/ec2ir undo")
    assert "Which step?" in room.told("ana")
    await room.says("ana", "/ec2ir undo isolate")
    assert "There is nothing to undo of “Isolate the instance” now." in room.told("ana")


async def test_a_failed_step_is_retried_and_a_step_in_force_is_taken_back(room: Room) -> None:
    await room.clicks("bo", "Contain now ▸")
    (run,) = room.executor.carried
    async with room.store.begin() as unit:
        for step in await unit.runs.steps(run):
            state = StepState.FAILED if step.action == "isolate" else StepState.PROVED
            await unit.runs.set_step(
                type(step)(run=run, action=step.action, state=state, problem="AWS said no")
            )
        await unit.runs.set_state(run, RunState.FAILED, room.clock())
    await room.says("ana", "/ec2ir retry isolate")
    assert room.executor.carried == [run, run]

    async with room.store.begin() as unit:
        await unit.runs.set_state(run, RunState.PROVED, room.clock())
    await room.says("ana", "/ec2ir undo tag")
    assert (await room.proposals())[-1].undoes == run
    assert "*Undo: Tag as compromised*" in texts(room.plan())
    assert "Status=Compromised, ec2ir:incident=x1  →  neither tag" in texts(room.plan())
