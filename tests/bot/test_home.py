"""App Home, and `/ec2ir status` elsewhere than in an incident's channel: the same for each person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.declare import declare
from playbook.checklist import Tick
from playbook.environment import Environment
from playbook.escalation import Escalation
from playbook.people import Door, Person
from playbook.target import Target
from playbook.watch import Watch, Watched, WatchMark
from sandbox.slack import Envelope, Fault, blocks_in, texts
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


def id_of(room: Room, who: str) -> str:
    return room.slack.user(who).id


async def opened(room: Room, who: str) -> str:
    """What stands in a person's Home when they open it."""
    await room.slack.opens_home(who)
    await room.settle()
    return texts(room.slack.home(who))


async def test_with_nothing_open_it_says_so(quiet: Room) -> None:
    assert "Nothing is on fire. Start a drill?" in await opened(quiet, "ana")


async def test_an_approver_sees_the_plan_that_waits_and_a_responder_does_not(room: Room) -> None:
    place = f"<#{room.slack.channel(room.channel).id}>"
    bos = await opened(room, "bo")
    assert "*Waiting for you (1)*" in bos
    assert "▶ Approve" in bos
    assert place in bos

    anas = await opened(room, "ana")
    assert "Nothing waits for you." in anas
    assert "🔴 HIGH · production · *not contained* · Bitcoin tool on web-prod-7" in anas


async def test_a_plan_goes_from_home_once_it_is_approved(room: Room) -> None:
    await room.clicks("bo", "Contain now ▸")
    assert "Nothing waits for you." in await opened(room, "bo")


async def test_deadlines_rows_escalations_watches_and_gaps_are_shown(room: Room) -> None:
    incident = await room.incident()
    now = room.clock()
    await room.says("ana", "/ec2ir aware")
    target = Target(account="111111111111", region="ap-southeast-1", instance="i-0abc", incident=incident.id)
    async with room.store.begin() as unit:
        await unit.ticks.save(Tick(incident=incident.id, row="F3", at=now, assignee=id_of(room, "ana")))
        await unit.escalations.add(
            Escalation(
                id="e1", incident=incident.id, rule="X4", target="dpo", why="data went out", opened=now,
                handed_to=id_of(room, "ana"),
            )
        )  # fmt: skip
        await unit.watches.add(Watch(id="w1", target=target, began=now, until=now + timedelta(hours=72)))
        for hours, mark in enumerate((WatchMark.CLEAR, WatchMark.GAP, WatchMark.HIT), 1):
            due = now + timedelta(hours=hours)
            await unit.watches.note(Watched(watch="w1", due=due, at=due, mark=mark))

    said = await opened(room, "ana")
    assert "☑️ F3 Volumes are analysed" in said
    assert "📣 Acknowledge X4: data went out" in said
    assert "⏱ TH-PDPA due" in said
    assert "🔭 `i-0abc` ● ○ ✕ …" in said
    assert "🕳️ 1 looks of the watch on `i-0abc`" in said

    others = await opened(room, "bo")
    assert "F3 Volumes" not in others
    assert (
        "📣 3 escalations that nobody acknowledged yet wait for others" in others
    )  # two that opened with it


async def test_it_is_drawn_anew_by_its_button(room: Room) -> None:
    await opened(room, "bo")
    await room.clicks("bo", "Contain now ▸")
    assert "▶ Approve" in texts(room.slack.home("bo"))

    await room.slack.click_in_view("bo", room.slack.home("bo"), "Refresh")
    await room.settle()
    assert "▶ Approve" not in texts(room.slack.home("bo"))


async def test_who_has_no_role_sees_no_incident(room: Room) -> None:
    said = await opened(room, "dee")
    assert "You are neither a responder nor an approver." in said
    assert "web-prod-7" not in said

    await room.says("dee", "/ec2ir status", channel="incidents")
    assert "web-prod-7" not in room.told("dee")


async def test_when_slack_does_not_say_who_is_who_home_says_that(room: Room) -> None:
    room.slack.faults.order("usergroups.users.list", Fault.server_error(), times=20)
    said = await opened(room, "bo")
    assert "✋" in said
    assert "web-prod-7" not in said


async def test_the_messages_tab_is_not_home(room: Room) -> None:
    before = len(room.slack.calls)
    event = {"type": "app_home_opened", "user": id_of(room, "bo"), "tab": "messages"}
    payload = {"type": "event_callback", "event": event}
    (ack,) = await room.slack.dispatcher.send(Envelope(kind="events_api", payload=payload))
    await room.settle()
    assert ack.ok
    assert "views.publish" not in [c.method for c in room.slack.calls[before:]]


async def test_a_storm_of_incidents_fits(quiet: Room) -> None:
    ana = Person(id=id_of(quiet, "ana"), name="ana")
    for n in range(60):
        instance = f"i-{n:017x}"
        quiet.cloud.has(instance, name="<!channel>", state="running", environment=Environment.PRODUCTION)
        await declare(quiet.desk, instance, by=ana, door=Door.CHAT, why="<!channel> `&` " * 20)
    said = await opened(quiet, "ana")
    assert "*Open incidents (60)*" in said
    assert "and 45 more: `ec2ir status` lists all" in said
    assert "<!channel>" not in said
    assert len(blocks_in(quiet.slack.home("ana"))) < 30

    await quiet.says("ana", "/ec2ir status", channel="incidents")
    assert "*Open incidents (60)*" in quiet.told("ana")
