"""Several instances under one incident, as the people in the channel live through it."""

from __future__ import annotations

import pytest

from playbook.approval import Decision
from playbook.environment import Environment
from playbook.finding import FindingType
from sandbox.slack import texts
from tests.bot.conftest import Room
from tests.bot.test_clicks import post_button
from tests.fakes.cloud import WEB

pytestmark = pytest.mark.slow
SECOND, THIRD = "i-0bbb1234def567890", "i-0ccc1234def567890"
SEQUENCE = FindingType(full="AttackSequence:EC2/CompromisedInstanceGroup")


async def attacked(quiet: Room, *instances: str) -> None:
    """An attack sequence on these instances comes in."""
    for number, instance in enumerate(instances):
        quiet.cloud.has(instance, name=f"web-{number}", state="running", environment=Environment.PRODUCTION)
    await quiet.finding(type=SEQUENCE, instances=instances)


async def test_one_click_of_an_approver_contains_all_of_them(quiet: Room) -> None:
    await attacked(quiet, WEB, SECOND, THIRD)
    assert "MAJOR incident, 3 instances" in texts(quiet.card())
    assert "MAJOR, 3 instances" in quiet.slack.channel(quiet.channel).topic

    outcome = await quiet.clicks("bo", "Contain all 3 ▸")
    assert outcome.confirm is not None
    assert "3 plans of protect, tag, isolate" in outcome.confirm["text"]["text"]
    plans = await quiet.proposals()
    assert sorted(quiet.executor.carried) == sorted(p.id for p in plans)
    assert {p.target.instance for p in plans} == {WEB, SECOND, THIRD}
    for plan in plans:
        assert plan.decision is Decision.APPROVED
        assert [a.person.name for a in plan.approvals] == ["bo"]
    assert "Contain all 3 ▸" not in quiet.labels(quiet.card())
    assert quiet.told("bo") == ""


async def test_slack_is_asked_for_the_roles_once_for_one_click(quiet: Room) -> None:
    await attacked(quiet, WEB, SECOND, THIRD)
    before = sum(call.method == "usergroups.users.list" for call in quiet.slack.calls)
    await quiet.clicks("bo", "Contain all 3 ▸")
    assert sum(call.method == "usergroups.users.list" for call in quiet.slack.calls) - before == 2


async def test_a_responder_contains_none_of_them(quiet: Room) -> None:
    await attacked(quiet, WEB, SECOND, THIRD)
    await quiet.clicks("ana", "Contain all 3 ▸")
    assert quiet.executor.carried == []
    assert "You are not in the approvers." in quiet.told("ana")


async def test_a_button_whose_plans_changed_approves_nothing(quiet: Room) -> None:
    await attacked(quiet, WEB, SECOND, THIRD)
    old = quiet.button(quiet.card(), "Contain all 3 ▸")
    quiet.cloud.has("i-0ddd1234def567890", state="running")
    await quiet.says("ana", "/ec2ir join i-0ddd1234def567890")
    assert "Contain all 4 ▸" in quiet.labels(quiet.card())

    ts = await post_button(quiet, "contain_all", old.value, quiet.channel)
    await quiet.slack.click("bo", quiet.channel, ts, "Press")
    await quiet.settle()
    assert "The plans are not those that you saw" in quiet.told("bo")
    assert quiet.executor.carried == []


async def test_declaring_several_makes_one_incident(quiet: Room) -> None:
    quiet.cloud.has(SECOND, name="db-2", state="running")
    await quiet.says("ana", f"/ec2ir declare {WEB} {SECOND}", channel="incidents")
    assert "MAJOR incident, 2 instances" in texts(quiet.card())
    assert quiet.slack.channel_names[-1] != "incidents"


async def test_twenty_instances_fit_one_card_and_each_can_be_shown(quiet: Room) -> None:
    many = [f"i-{n:017x}" for n in range(1, 21)]
    await attacked(quiet, *many)
    assert "Contain all 20 ▸" in quiet.labels(quiet.card())
    await quiet.clicks("bo", "Contain all 20 ▸")
    assert len(quiet.executor.carried) == 20
    await quiet.says("ana", f"/ec2ir status {many[-1]}")
    assert many[-1] in quiet.told("ana")
    last = [b for b in quiet.labels(quiet.card()) if b == "Show steps"]
    assert last
