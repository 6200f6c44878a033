"""Pings as the people in the channel live through them: asked, answered, handed on, and noticed when they fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.summon import Ways
from commands import pinging
from playbook.escalation import Escalation, EscalationState, Ping
from playbook.policy import Contact, Escalating
from playbook.slot import Alarm
from sandbox.slack import Fault, Message, Workspace, texts
from storage.store import SqlStore
from tests.bot.conftest import ManualClock, Room, key_of, new_room

pytestmark = pytest.mark.slow
Open = Callable[..., Room]


def escalating(workspace: Workspace, **targets: Contact) -> Escalating:
    """Bo is the SOC lead, the cloud team is a group of Chai and Dee, Dee is on duty; or as the test says."""
    usual = {
        "soc_lead": Contact(person=workspace.user("bo").id),
        "cloud_team": Contact(group="@cloud"),
        "duty": Contact(person=workspace.user("dee").id),
    }
    ladder = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20))
    return Escalating(ladder=ladder, fallback="duty", targets=usual | targets)


@pytest.fixture
def open_room(workspace: Workspace, clock: ManualClock, memory_store: SqlStore) -> Open:
    workspace.add_group("cloud", ["chai", "dee"], group_id="S0CLOUD")

    def opened(**targets: Contact) -> Room:
        ways = Ways(policy=escalating(workspace, **targets))
        return new_room(workspace, clock, memory_store, workspace.client(), ways=ways)

    return opened


async def rings(room: Room) -> None:
    """Fire the timers that are due, and let everything be sent."""
    async with room.store.begin() as unit:
        due = [s for s in await unit.slots.claim(room.clock(), 500) if s.alarm is Alarm.PING]
    for slot in due:
        await pinging.fire(room.desk, slot.subject, slot.due)
    await room.settle()


def pings(room: Room, target: str = "", channel: str = "") -> list[Message]:
    """The pings in the channel, oldest first; those about one target if named."""
    shown = room.slack.messages(channel) if channel else room.messages()
    return [m for m in shown if key_of(m).startswith("ping:") and f":{target}" in key_of(m)]


async def escalations(room: Room) -> dict[str, Escalation]:
    incident = await room.incident()
    async with room.store.begin() as unit:
        return {e.target: e for e in await unit.escalations.of(incident.id)}


async def kept(room: Room) -> tuple[Ping, ...]:
    incident = await room.incident()
    async with room.store.begin() as unit:
        return await unit.escalations.pings(incident.id)


async def words(room: Room) -> list[str]:
    incident = await room.incident()
    async with room.store.begin() as unit:
        return [e.words for e in await unit.timeline.of(incident.id)]


async def test_a_ping_says_what_happened_what_is_wanted_and_by_when(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await rings(room)
    (ping,) = pings(room, "soc_lead")
    shown = texts(ping)
    assert "X1 · A production instance is compromised" in shown
    assert f"<@{room.slack.user('bo').id}>" in shown
    assert "*Wanted* Take the lead" in shown
    assert "*By* <!date^" in shown
    assert room.labels(ping) == ["Acknowledge", "Hand over…", "Not me"]
    assert "<!subteam^S0CLOUD>" in texts(pings(room, "cloud_team")[0])
    assert "X1: soc_lead was told by chat" in await words(room)


async def test_who_is_asked_is_let_into_the_channel_or_the_mention_would_reach_nobody(
    open_room: Open,
) -> None:
    room = open_room()
    await room.finding()
    dee = room.slack.user("dee").id
    assert dee not in room.slack.channel(room.channel).members
    await rings(room)
    assert dee in room.slack.channel(room.channel).members


async def test_acknowledged_the_ping_says_by_whom_and_has_no_buttons(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await rings(room)
    (ping,) = pings(room, "soc_lead")
    await room.clicks("bo", "Acknowledge", on=ping)
    (after,) = pings(room, "soc_lead")
    assert f"✅ Acknowledged by <@{room.slack.user('bo').id}>" in texts(after)
    assert room.labels(after) == []
    assert (await escalations(room))["soc_lead"].state is EscalationState.ACKNOWLEDGED
    assert any(w.startswith("bo acknowledged X1 (soc_lead) after") for w in await words(room))
    card = texts(room.card())
    assert "X1 cloud＿team: pinged once, no answer yet" in card
    assert f"X1 soc＿lead: ✅ <@{room.slack.user('bo').id}>" in card

    for minutes in (5, 10, 20, 20):
        room.clock.passes(minutes=minutes)
        await rings(room)
    assert len(pings(room, "soc_lead:")) == 1
    assert len(pings(room, "cloud_team:")) == 4


async def test_a_second_acknowledgement_is_told_that_it_came_late(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await rings(room)
    (ping,) = pings(room, "soc_lead")
    await room.slack.click("bo", room.channel, ping.ts, "Acknowledge")
    await room.slack.click("chai", room.channel, ping.ts, "Acknowledge")
    await room.settle()
    assert "was acknowledged" in room.told("chai")
    assert "Your answer changed nothing." in room.told("chai")
    assert room.told("bo") == ""


async def test_with_nobody_answering_the_ladder_climbs_to_the_fallback(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    seen: list[list[str]] = []
    for minutes in (0, 5, 10, 20, 20):
        room.clock.passes(minutes=minutes)
        before = len(pings(room, "soc_lead:"))
        await rings(room)
        seen.append([key_of(m).rpartition(":")[2] for m in pings(room, "soc_lead:")[before:]])
    assert seen == [["soc_lead"], ["soc_lead"], ["soc_lead"], ["duty"], []]
    assert (await escalations(room))["soc_lead"].state is EscalationState.EXHAUSTED
    assert all("🔕 *X1" in texts(m) for m in pings(room, "soc_lead:"))
    assert len(pings(room, "soc_lead:")) == 4
    loud = [texts(m) for m in room.messages() if "NOBODY HAS ACKNOWLEDGED" in texts(m)]
    assert len(loud) == 2
    assert all("duty were pinged" in words_ for words_ in loud)


async def test_handed_over_by_the_dialog_the_other_one_is_asked(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await rings(room)
    (ping,) = pings(room, "soc_lead")
    await room.clicks("bo", "Hand over…", on=ping)
    chai = room.slack.user("chai")
    await room.slack.submit("bo", room.slack.modal("bo"), {"reason": chai.id})
    await room.settle()
    assert f"Handed over to <@{chai.id}>" in texts(pings(room, "soc_lead:")[0])
    assert key_of(pings(room, "soc_lead:")[-1]).endswith(f"@{chai.id}")
    assert "bo handed X1 (soc_lead) over to chai" in await words(room)


async def test_handing_over_to_somebody_who_left_is_refused(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await rings(room)
    room.slack.user("ana").deleted = True
    await room.clicks("bo", "Hand over…", on=pings(room, "soc_lead")[0])
    await room.slack.submit("bo", room.slack.modal("bo"), {"reason": room.slack.user("ana").id})
    await room.settle()
    assert "That account is deactivated. Nothing was handed over." in room.told("bo")


async def test_not_me_of_the_only_one_asks_the_fallback_at_once(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await rings(room)
    await room.clicks("bo", "Not me", on=pings(room, "soc_lead")[0])
    assert key_of(pings(room, "soc_lead:")[-1]).endswith(":duty")
    assert any("bo says “not me” to X1" in w for w in await words(room))


@pytest.mark.parametrize(
    ("contact", "problem"),
    [
        (Contact(group="@cloud"), "empty or disabled"),
        (Contact(group="@nobody-knows"), "empty or disabled"),
        (Contact(person="U0LEFT"), "is deactivated"),
        (Contact(person="U0GONE"), "is deactivated"),
    ],
)
@pytest.mark.parametrize("how", ["empty", "disabled"])
async def test_who_is_not_there_any_more_is_noticed_and_the_fallback_told_at_once(
    open_room: Open, contact: Contact, problem: str, how: str
) -> None:
    room = open_room(soc_lead=contact, cloud_team=Contact(person="U0ANYBODY"))
    room.slack.add_user("left", user_id="U0LEFT").deleted = True
    group = room.slack.state.groups["S0CLOUD"]
    group.members = [] if how == "empty" else group.members
    group.enabled = how == "empty"
    await room.finding()
    await rings(room)
    assert [key_of(m).rpartition(":")[2] for m in pings(room, "soc_lead:")] == ["duty"]
    (failed,) = [p for p in await kept(room) if p.escalation.endswith(":soc_lead") and p.problem]
    assert problem in failed.problem
    told = [
        texts(m) for m in room.messages() if "could not be told by chat" in texts(m) and "X1: soc" in texts(m)
    ]
    assert len(told) == 1
    assert "The fallback duty is pinged now." in told[0]


async def test_a_target_with_a_channel_is_told_there_too_and_may_answer_there(open_room: Open) -> None:
    room = open_room(soc_lead=Contact(channel="incidents"))
    await room.finding()
    await rings(room)
    (ping,) = pings(room, "soc_lead", "incidents")
    incident = await room.incident()
    assert f"<#{incident.channel}>" in texts(ping)
    await room.slack.click("dee", "incidents", ping.ts, "Acknowledge")
    await room.settle()
    assert (await escalations(room))["soc_lead"].acknowledged_by == room.slack.user("dee").id
    assert room.labels(pings(room, "soc_lead", "incidents")[0]) == []


async def test_a_channel_without_the_bot_counts_as_not_told(open_room: Open) -> None:
    room = open_room(soc_lead=Contact(channel="secret"))
    room.slack.add_channel("secret", ["bo"], bot=False)
    await room.finding()
    await rings(room)
    (failed,) = [p for p in await kept(room) if p.problem]
    assert failed.to == "soc_lead in secret"
    assert "duty" in {p.to for p in await kept(room) if not p.problem}


async def test_an_answer_of_slack_that_was_lost_pings_nobody_twice(open_room: Open) -> None:
    room = open_room(cloud_team=Contact(person="U0GONE"))
    await room.finding()
    room.slack.faults.order("chat.postMessage", Fault.timeout())
    await rings(room)
    room.clock.passes(seconds=5)
    await room.settle()
    assert len(pings(room, "soc_lead:")) == 1
    assert (await words(room)).count("X1: soc_lead was told by chat") == 1


async def test_while_slack_is_silent_the_fallback_hears_of_it_and_the_ping_still_comes(
    open_room: Open,
) -> None:
    room = open_room()
    await room.finding()
    for _ in range(3):
        room.slack.faults.order("users.info", Fault.timeout())
    await rings(room)
    for _ in range(4):
        room.clock.passes(seconds=20)
        await room.settle()
    keys = [key_of(m).rpartition(":")[2] for m in pings(room)]
    assert {"soc_lead", "cloud_team", "duty"} == set(keys)
    assert [p.problem for p in await kept(room)] == [""] * len(keys)


async def test_the_verbs_escalate_and_acknowledge(open_room: Open) -> None:
    room = open_room(legal=Contact(person="U0LEGAL"))
    room.slack.add_user("lee", user_id="U0LEGAL")
    await room.finding()
    await room.says("ana", "/ec2ir escalate X4 customer files were read")
    assert "X4: legal, dpo are told now" in room.told("ana")
    await rings(room)
    assert "customer files were read" in texts(pings(room, "legal")[0])
    assert any("X4 wants dpo, and no such target is configured" in w for w in await words(room))
    await room.says("bo", "/ec2ir ack X4")
    assert "Yours: X4 (dpo), X4 (legal)" in room.told("bo")
    await room.says("bo", "/ec2ir ack X4")
    assert "No escalation by X4 waits for an answer." in room.told("bo")
    await room.says("ana", "/ec2ir escalate")
    assert "Escalate what?" in room.told("ana")


async def test_what_others_wrote_can_not_format_a_ping(open_room: Open) -> None:
    room = open_room()
    await room.finding()
    await room.says("ana", "/ec2ir escalate X5 <!channel> *now* <https://evil.example|here>")
    await rings(room)
    shown = texts(pings(room, "X5")[0])
    assert "<!channel>" not in shown
    assert "&lt;!channel&gt; ∗now∗" in shown
