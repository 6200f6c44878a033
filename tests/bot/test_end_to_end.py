"""One finding, as the people in the channel live through it."""

from __future__ import annotations

import pytest

from playbook.environment import Environment
from playbook.finding import FindingType, Scope
from sandbox.slack import texts
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


async def test_a_finding_becomes_a_channel_with_a_pinned_card_and_a_plan(room: Room) -> None:
    incident = await room.incident()

    channel = room.slack.channel(room.channel)
    assert channel.is_private
    assert channel.name == f"inc-0301-web-prod-7-{incident.id}"
    assert {room.slack.user(who).id for who in ("ana", "bo", "chai")} < set(channel.members)
    assert room.slack.user("dee").id not in channel.members
    assert channel.pins == [room.card().ts]
    assert "web-prod-7" in channel.topic
    shown = texts(room.card())
    assert "🔴 HIGH · EC2 compromise · web-prod-7 (i-0abc1234def567890, production)" in shown
    assert "seen 14 times" in shown
    assert "snapshot, then isolate — production, mining (playbook D1)" in shown
    assert room.labels(room.card())[:3] == ["Contain now ▸", "Show plan", "Not malicious"]
    assert room.labels(room.plan()) == ["Approve", "Reject…", "Break-glass…"]
    assert "eni-0 (primary):  sg-web  →  ec2ir-deny" in texts(room.plan())
    assert [texts(m) for m in room.slack.messages("incidents")] == [
        "🔴 HIGH · EC2 compromise · web-prod-7 (i-0abc1234def567890, production): " + f"<#{channel.id}>"
    ]


async def test_an_approver_contains_with_one_click(room: Room) -> None:
    await room.clicks("bo", "Contain now ▸")

    (proposal,) = await room.proposals()
    assert room.executor.carried == [proposal.id]
    assert "Approved by <@" in texts(room.plan())
    assert room.labels(room.plan()) == []
    assert any("✅ bo approved plan" in texts(m) for m in room.messages())
    thread = room.slack.thread(room.channel, room.plan().ts)
    assert [texts(m) for m in thread] == [f"▪️ Plan {proposal.hash[:4]}: approved by bo"]


async def test_a_hostile_owner_of_the_instance_reaches_nobody(quiet: Room) -> None:
    evil = "<!channel> <https://evil.example|click> ```x``` @here \u202eexe " + "y" * 10_000
    quiet.cloud.has(
        name=evil, owner=evil, role=evil, state="running", environment=Environment.PRODUCTION,
        autoscaling_group=evil, public_ips=("203.0.113.7",), exposed=(evil,),
    )  # fmt: skip
    await quiet.finding(title=evil, type=FindingType(full="CryptoCurrency:EC2/" + evil))
    await quiet.clicks("bo", "Contain now ▸")
    await quiet.says("ana", f"/ec2ir close {evil}")
    await quiet.says("ana", "/ec2ir status")

    everything = [*quiet.messages(), *quiet.slack.messages("incidents"), *quiet.slack.ephemerals("ana")]
    for shown in everything:
        for text in (texts(shown), shown.text):
            assert "<!channel" not in text
            assert "<https" not in text
            assert "```" not in text
            assert "\u202e" not in text
    channel = quiet.slack.channel(quiet.channel)
    assert len(channel.name) <= 80
    assert "<" not in channel.topic
    assert len(quiet.executor.carried) == 1


async def test_a_sample_is_shown_as_one_and_never_run(quiet: Room) -> None:
    await quiet.finding(sample=True)

    assert "SAMPLE, not a real finding" in texts(quiet.card())
    assert quiet.labels(quiet.card())[0] == "Not malicious"
    await quiet.says("ana", "/ec2ir isolate")
    assert "can be looked at, never run" in texts(quiet.plan())
    assert quiet.labels(quiet.plan()) == []


async def test_a_root_login_has_a_card_without_instances_that_can_be_closed(quiet: Room) -> None:
    await quiet.finding(
        source="cloudtrail",
        type=FindingType(full="CloudTrail:IAMUser/AWS Root Account Login"),
        scope=Scope.ACCOUNT,
        title="AWS Root Account Login: ConsoleLogin by root",
        instances=(),
    )

    card = quiet.card()
    assert "AWS Root Account Login" in texts(card)
    assert "secure the identity, then declare the instances that it touched" in texts(card)
    assert quiet.labels(card) == ["Not malicious", "Checklist", "Checks"]
    assert "root-account-login" in quiet.channel

    for label in ("Checklist", "Checks"):
        await quiet.clicks("ana", label)
    await quiet.clicks("ana", "Not malicious")
    await quiet.sends("ana", "it was the yearly drill")
    assert (await quiet.incident()).closed_why == "not malicious: it was the yearly drill"
