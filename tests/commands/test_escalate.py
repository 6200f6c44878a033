"""Escalations: each once, on a ladder until somebody has it, and to the fallback where nobody can be told."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from commands import pinging
from commands.close import close
from commands.escalate import acknowledge, acknowledge_all, decline, escalate, hand_over
from commands.gather import gather
from commands.join import join
from commands.pinging import errand_of, told, untold
from playbook.answer import Verdict, answer
from playbook.environment import Environment
from playbook.errors import BadInput, NotAllowed, Refused, TooLate
from playbook.escalation import Escalation, EscalationState, escalation_id
from playbook.finding import FindingType, Indicator
from playbook.outbox import Message, Post
from playbook.people import Door
from playbook.policy import Contact, Escalating, Policy
from playbook.slot import Alarm
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO, CHAI, DEE
from tests.storage.values import OTHER, WEB

pytestmark = pytest.mark.slow


TARGETS = {
    "soc_lead": Contact(person=BO.id, email="soc@example.com"),
    "cloud_team": Contact(group="S0CLOUD"),
    "ciso": Contact(group="S0CISO", pager_url="https://pager.example/v2/enqueue", pager_key_env="KEY"),
    "iam_team": Contact(channel="C0IAMTEAM"),
    "duty": Contact(person=CHAI.id),
}
POLICY = Policy(escalation=Escalating(fallback="duty", targets=TARGETS))
X3 = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"


def configured(room: Room, policy: Policy = POLICY) -> Room:
    return replace(room, desk=replace(room.desk, policy=policy))


@pytest.fixture
def called(room: Room) -> Room:
    """A room whose settings name whom to call."""
    return configured(room)


async def rings(room: Room) -> int:
    """Fire the ping timers that are due; how many these were."""
    async with room.store.begin() as unit:
        due = [s for s in await unit.slots.claim(room.clock(), 500) if s.alarm is Alarm.PING]
    for slot in due:
        await pinging.fire(room.desk, slot.subject, slot.due)
    return len(due)


async def pings(room: Room, *posts: Post) -> list[Message]:
    """The pings that are to be sent since the last time."""
    chosen = posts or (Post.PING, Post.MAIL, Post.PAGER)
    return [m for m in await room.told() if m.post in chosen]


def to(messages: list[Message]) -> list[str]:
    return sorted(f"{m.post.value} {errand_of(m.body).route.to}" for m in messages)


async def leave(room: Room, messages: list[Message]) -> None:
    """These pings are sent."""
    for message in messages:
        async with room.store.begin() as unit:
            await told(unit, errand_of(message.body), room.clock())


async def fails(room: Room, message: Message, problem: str) -> None:
    async with room.store.begin() as unit:
        await untold(unit, room.desk.policy.escalation, errand_of(message.body), problem, room.clock())


async def of(room: Room, incident: str) -> dict[str, Escalation]:
    async with room.store.begin() as unit:
        return {f"{e.rule} {e.target}": e for e in await unit.escalations.of(incident)}


@pytest.mark.row("X1")
async def test_a_compromised_production_instance_calls_its_targets_at_once(called: Room) -> None:
    incident = await called.finding()
    assert sorted(await of(called, incident)) == ["X1 cloud_team", "X1 soc_lead"]
    await called.told()
    assert await rings(called) == 2
    assert to(await pings(called)) == ["mail soc_lead <soc@example.com>", "ping cloud_team", "ping soc_lead"]
    assert called.executor.nudged > 0


async def test_a_test_instance_calls_nobody(called: Room) -> None:
    called.cloud.tag(WEB, Environment.NONPRODUCTION)
    assert await of(called, await called.finding()) == {}


async def test_what_is_told_again_is_escalated_once(called: Room) -> None:
    incident = await called.finding()
    for minute in range(3):
        called.clock.advance(60)
        await called.finding("f1", count=10 + minute)
        await called.finding(f"more{minute}")
    assert len(await of(called, incident)) == 2
    assert await rings(called) == 2


@pytest.mark.row("X2")
async def test_a_second_instance_makes_it_a_major_incident(called: Room) -> None:
    incident = await called.finding()
    await join(called.desk, incident, OTHER, by=ANA, door=Door.CHAT)
    assert "X2 major_incident" in await of(called, incident)


@pytest.mark.row("X3")
async def test_stolen_credentials_call_ciso_and_iam_team(called: Room) -> None:
    called.cloud.tag(WEB, Environment.NONPRODUCTION)
    incident = await called.finding(type=FindingType(full=X3))
    await called.told()
    await rings(called)
    expected = ["pager ciso", "ping ciso", "ping iam_team", "ping iam_team in C0IAMTEAM"]
    assert to(await pings(called)) == expected
    assert X3 in (await of(called, incident))["X3 ciso"].why


@pytest.mark.row("X4")
async def test_data_that_left_calls_legal_by_what_the_check_saw(called: Room) -> None:
    incident = await called.quiet()
    evidence = {"peers": [{"address": "198.51.100.7", "bytes": 245_800_000, "outlies": True}]}
    called.cloud.answers["outbound"] = answer(Verdict.NOTABLE, "much left", evidence=evidence)
    await gather(called.desk, incident, ["outbound"], by=ANA, door=Door.CHAT)
    assert {"X4 legal", "X4 dpo"} <= set(await of(called, incident))


@pytest.mark.row("X5")
async def test_a_billing_spike_calls_finance(called: Room) -> None:
    incident = await called.quiet()
    called.cloud.answers["spend"] = answer(Verdict.NOTABLE, "it costs", evidence={"spike_usd": 1_400.5})
    await gather(called.desk, incident, ["spend"], by=ANA, door=Door.CHAT)
    assert {"X5 finance", "X5 cloud_team"} <= set(await of(called, incident))
    assert "1,400.50 USD" in (await of(called, incident))["X5 finance"].why


@pytest.mark.row("X6")
async def test_lateral_movement_hands_the_evidence_over_to_pb_09(called: Room) -> None:
    attack = FindingType(full="UnauthorizedAccess:EC2/SSHBruteForce")
    host = Indicator(kind="ip", value="10.0.3.17")
    incident = await called.finding(type=attack, actor=True, indicators=(host,))
    assert "X6 lateral_movement" in await of(called, incident)
    (posted,) = [m for m in await called.told() if m.post is Post.FILE]
    async with called.store.begin() as unit:
        file = await unit.files.get(str(posted.body["file"]))
        sealed = [e.kind for e in await unit.ledger.of(incident)]
    assert file is not None
    text = file.content.decode()
    assert file.name == f"ec2ir-{incident}-PB-09-hand-over.md"
    assert "## Hosts that the attacker turned to\n\n- 10.0.3.17\n" in text
    assert f"- {WEB}" in text
    assert "SSHBruteForce, seen 3 times" in text
    assert "ip 10\\[.\\]0\\[.\\]3\\[.\\]17" in text
    assert "hand-over" in sealed

    await called.finding("f2", type=attack, actor=True, indicators=(host,))
    assert [m for m in await called.told() if m.post is Post.FILE] == []


async def test_by_hand_the_hand_over_says_what_is_known(called: Room) -> None:
    incident = await called.quiet()
    await escalate(called.desk, incident, "X6", by=ANA, door=Door.CHAT, why="<b>*seen* on db-2</b>")
    async with called.store.begin() as unit:
        (file,) = await unit.files.of(incident)
    text = file.content.decode()
    assert "Why: \\<b\\>\\*seen\\* on db-2\\</b\\>." in text
    assert "None is named yet" in text


async def test_the_ladder_climbs_to_the_fallback_and_ends_loudly(called: Room) -> None:
    await called.finding()
    seen: list[tuple[int, list[str]]] = []
    for minutes in (0, 5, 10, 20):
        called.clock.advance(minutes * 60 - 1 if minutes else 0)
        if minutes:
            assert await rings(called) == 0  # nothing early
            called.clock.advance(1)
        await rings(called)
        sent = await pings(called, Post.PING)
        await leave(called, sent)
        seen.append((minutes, to(sent)))
    team, lead, duty = "ping cloud_team", "ping soc_lead", "ping duty"
    assert seen == [(0, [team, lead]), (5, [team, lead]), (10, [team, lead]), (20, [duty, duty])]

    await called.told()
    called.clock.advance(20 * 60)
    assert await rings(called) == 2
    told_ = [str(m.body["words"]) for m in await called.told() if m.post is Post.CHANNEL]
    assert len(told_) == 2
    assert all("NOBODY HAS ACKNOWLEDGED" in words for words in told_)
    (incident,) = await called.open()
    assert {e.state for e in (await of(called, incident.id)).values()} == {EscalationState.EXHAUSTED}
    called.clock.advance(86_400)
    assert await rings(called) == 0


async def test_after_an_acknowledgement_nobody_is_pinged_any_more(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    await leave(called, await pings(called))
    await acknowledge_all(called.desk, incident, "x1", by=DEE)
    assert {e.acknowledged_by for e in (await of(called, incident)).values()} == {DEE.id}
    await called.told()
    for minutes in (5, 10, 20, 20):
        called.clock.advance(minutes * 60)
        await rings(called)
    assert await pings(called) == []


async def test_an_acknowledgement_draws_the_message_anew_and_quietens_the_pager(called: Room) -> None:
    called.cloud.tag(WEB, Environment.NONPRODUCTION)
    incident = await called.finding(type=FindingType(full=X3))
    await rings(called)
    sent = await pings(called)
    await leave(called, sent)
    await acknowledge(called.desk, escalation_id(incident, "X3", "ciso"), by=ANA)
    again = await pings(called)
    assert to(again) == ["pager ciso", "ping ciso"]
    pager = next(m for m in again if m.post is Post.PAGER)
    assert pager.body["acknowledged"] is True
    assert {m.key for m in again if m.post is Post.PING} <= {m.key for m in sent}


async def test_of_two_who_acknowledge_at_once_one_has_it(busy_room: Room) -> None:
    room = configured(busy_room)
    incident = await room.finding()
    one = escalation_id(incident, "X1", "soc_lead")
    ends = await asyncio.gather(
        *(acknowledge(room.desk, one, by=p) for p in (ANA, BO, CHAI)), return_exceptions=True
    )
    assert Counter(type(e) for e in ends) == {Escalation: 1, TooLate: 2}
    assert next(e for e in ends if isinstance(e, TooLate)).means == "Your answer changed nothing."


async def test_two_replicas_that_fire_one_timer_ping_once(busy_room: Room) -> None:
    room = configured(busy_room)
    incident = await room.finding()
    await room.told()
    subject = f"{escalation_id(incident, 'X1', 'cloud_team')}/0"
    await asyncio.gather(*(pinging.fire(room.desk, subject, room.clock()) for _ in range(3)))
    assert to(await pings(room)) == ["ping cloud_team"]
    assert (await of(room, incident))["X1 cloud_team"].rung == 1


async def test_acknowledged_against_fired_nothing_is_left_between(busy_room: Room) -> None:
    room = configured(busy_room)
    incident = await room.finding()
    one = escalation_id(incident, "X1", "cloud_team")
    await asyncio.gather(
        pinging.fire(room.desk, f"{one}/0", room.clock()), acknowledge(room.desk, one, by=ANA)
    )
    after = (await of(room, incident))["X1 cloud_team"]
    assert after.state is EscalationState.ACKNOWLEDGED
    assert len(to(await pings(room))) == after.rung


async def test_what_can_not_be_sent_goes_to_the_fallback_at_once(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    mail = next(m for m in await pings(called) if m.post is Post.MAIL)
    await fails(called, mail, "550 no such user")
    await fails(called, mail, "550 no such user")
    messages = await called.told()
    assert to([m for m in messages if m.post is Post.PING]) == ["ping duty"]
    (said,) = [str(m.body["words"]) for m in messages if m.post is Post.CHANNEL]
    assert said.startswith("X1: soc_lead <soc@example.com> could not be told by mail: 550 no such user")
    async with called.store.begin() as unit:
        kept = [(p.to, p.problem) for p in await unit.escalations.pings(incident) if p.problem]
    assert kept == [("soc_lead <soc@example.com>", "550 no such user")]


async def test_a_fallback_that_fails_is_said_and_not_tried_in_circles(called: Room) -> None:
    await called.finding()
    await rings(called)
    await fails(called, next(m for m in await pings(called) if m.post is Post.MAIL), "refused")
    (duty,) = await pings(called)
    await fails(called, duty, "deactivated")
    messages = await called.told()
    assert [m for m in messages if m.post is Post.PING] == []
    assert "It is the fallback itself: call somebody." in str([m.body.get("words") for m in messages])


async def test_a_target_that_is_not_configured_is_said_once_and_the_fallback_is_told(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    await called.told()
    await escalate(called.desk, incident, "X5", by=ANA, door=Door.CHAT)
    await rings(called)
    messages = await called.told()
    assert to([m for m in messages if m.post is Post.PING]) == ["ping cloud_team", "ping duty"]
    (said,) = [str(m.body["words"]) for m in messages if m.post is Post.CHANNEL]
    assert said == "X5 wants finance, and no such target is configured; the fallback duty is told"


async def test_with_nobody_configured_that_is_said_and_nothing_rings(room: Room) -> None:
    incident = await room.finding()
    await room.told()
    await rings(room)
    messages = await room.told()
    assert [m for m in messages if m.post is Post.PING] == []
    said = [str(m.body["words"]) for m in messages if m.post is Post.CHANNEL]
    assert len(said) == 2
    assert all(words.endswith("nobody was told") for words in said)
    assert {e.state for e in (await of(room, incident)).values()} == {EscalationState.EXHAUSTED}
    await acknowledge_all(room.desk, incident, by=ANA)


async def test_handed_over_the_other_one_is_pinged_now_and_later(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    await leave(called, await pings(called))
    one = escalation_id(incident, "X1", "soc_lead")
    await hand_over(called.desk, one, CHAI, by=BO)
    assert f"ping @{CHAI.id}" in to(await pings(called))
    called.clock.advance(5 * 60)
    await rings(called)
    assert to(await pings(called)) == [f"ping @{CHAI.id}", "ping cloud_team"]
    await acknowledge(called.desk, one, by=CHAI)
    with pytest.raises(TooLate):
        await hand_over(called.desk, one, ANA, by=CHAI)


async def test_not_me_of_the_only_one_asked_goes_to_the_fallback_at_once(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    await called.told()
    await decline(called.desk, escalation_id(incident, "X1", "soc_lead"), by=BO)
    messages = await called.told()
    assert to([m for m in messages if m.post is Post.PING]) == ["ping duty"]
    assert "bo says “not me”" in str([m.body.get("words") for m in messages])


async def test_not_me_of_one_of_a_group_leaves_the_others_asked(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    await called.told()
    await decline(called.desk, escalation_id(incident, "X1", "cloud_team"), by=BO)
    assert await pings(called) == []


async def test_whoever_was_handed_it_and_says_no_is_asked_no_more(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    one = escalation_id(incident, "X1", "cloud_team")
    await hand_over(called.desk, one, DEE, by=BO)
    await called.told()
    await decline(called.desk, one, by=DEE)
    assert to(await pings(called)) == ["ping duty"]
    called.clock.advance(5 * 60)
    await rings(called)
    assert "ping cloud_team" in to(await pings(called))


async def test_by_hand_each_rule_fires_once(called: Room) -> None:
    incident = await called.quiet()
    opened = await escalate(called.desk, incident, "x4", by=ANA, door=Door.CHAT, why="customers’ files")
    assert [e.target for e in opened] == ["legal", "dpo"]
    with pytest.raises(TooLate, match="X4 was escalated already"):
        await escalate(called.desk, incident, "X4", by=BO, door=Door.CHAT)
    words = [e.words for e in await called.timeline(incident) if e.actor == ANA.id]
    assert words == [
        "ana escalates by hand. X4 data may have left the instance: customers’ files. To legal, dpo"
    ]


async def test_who_may_escalate_and_what(called: Room) -> None:
    incident = await called.quiet()
    with pytest.raises(NotAllowed):
        await escalate(called.desk, incident, "X4", by=DEE, door=Door.CHAT)
    with pytest.raises(BadInput, match="no escalation"):
        await escalate(called.desk, incident, "X9", by=ANA, door=Door.CHAT)
    await close(called.desk, incident, "it was nothing", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="closed"):
        await escalate(called.desk, incident, "X4", by=ANA, door=Door.CHAT)


async def test_a_closed_incident_pings_nobody(called: Room) -> None:
    incident = await called.quiet()
    await close(called.desk, incident, "it was nothing", by=ANA, door=Door.CHAT)
    await called.told()
    await rings(called)
    assert await pings(called) == []


async def test_a_late_ping_says_how_late(called: Room) -> None:
    await called.finding()
    await called.told()
    called.clock.advance(8 * 60)
    await rings(called)
    assert {errand_of(m.body).late for m in await pings(called)} == {"8 min 0 s"}


async def test_a_ping_that_left_after_all_has_no_problem_any_more(called: Room) -> None:
    incident = await called.finding()
    await rings(called)
    mail = next(m for m in await pings(called) if m.post is Post.MAIL)
    await fails(called, mail, "the server did not answer")
    called.clock.advance(30)
    await leave(called, [mail, mail])
    async with called.store.begin() as unit:
        (kept,) = [p for p in await unit.escalations.pings(incident) if p.way.value == "mail"]
    assert (kept.problem, kept.at) == ("", called.clock())
    words = [e.words for e in await called.timeline(incident) if "was told by mail" in e.words]
    assert words == ["X1: soc_lead <soc@example.com> was told by mail"]


async def test_a_timer_about_nothing_does_nothing(called: Room) -> None:
    for subject in ("", "/", "gone/0", "a/b/x", f"{'x' * 300}/1"):
        await pinging.fire(called.desk, subject, called.clock())
    assert await called.told() == []
