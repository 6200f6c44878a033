"""Legal deadlines, as people declare them in the channel and read them on the card."""

from __future__ import annotations

import pytest

from bot.messages import line
from bot.words import DAY_AND_TIME, moment
from engine.plant import Plant
from engine.timers import fire
from playbook.slot import Alarm
from sandbox.slack import texts
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


async def due_is_reminded(room: Room) -> None:
    """Let the engine fire what is due of legal clocks."""

    def nowhere(_: object) -> None:
        raise AssertionError("a legal clock asks nothing of AWS")

    plant = Plant(desk=room.desk, account=nowhere, executor="x-1", pause=room.clock.sleep)  # pyright: ignore[reportArgumentType]
    async with room.store.begin() as unit:
        slots = [s for s in await unit.slots.due(room.clock()) if s.alarm is Alarm.LEGAL]
    for slot in slots:
        await fire(plant, slot)
    await room.settle()


async def test_awareness_is_declared_shown_on_the_card_and_ended(room: Room) -> None:
    assert "⏱ no legal clock runs" in texts(room.card())

    await room.says("ana", "/ec2ir aware 2026-03-01 02:00 UTC")
    assert "⏱ TH-PDPA due" in texts(room.card())
    assert "<!date^1772589600^{ago}|2026-03-04 02:00:00 UTC>" in texts(room.card())
    assert any("ana declares awareness" in texts(m) for m in room.messages())

    await room.says("bo", "/ec2ir notified th-pdpa the PDPC's form, no. 99")
    assert "TH-PDPA notified" in texts(room.card())
    await room.says("bo", "/ec2ir legal")
    assert "sent: the PDPC's form, no. 99" in room.told("bo")


async def test_the_deadline_is_reminded_of_in_the_channel_in_the_readers_own_zone(room: Room) -> None:
    await room.says("ana", "/ec2ir aware")
    due = room.clock()
    room.clock.passes(hours=48)
    await due_is_reminded(room)

    (said,) = [texts(m) for m in room.messages() if "24 h 0 min left" in texts(m)]
    room.clock.passes(hours=24)
    assert moment(room.clock(), DAY_AND_TIME) in said
    assert due < room.clock()


async def test_an_overdue_deadline_is_said_every_day(room: Room) -> None:
    await room.says("ana", "/ec2ir aware")
    for _ in range(5):
        room.clock.passes(hours=24)
        await due_is_reminded(room)
        await due_is_reminded(room)

    overdue = [texts(m) for m in room.messages() if "OVERDUE" in texts(m)]
    assert [words.partition("overdue by ")[2].partition(".")[0] for words in overdue] == [
        "0 s", "24 h 0 min", "48 h 0 min"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            "aware tomorrow",
            "“tomorrow” is no jurisdiction of the settings. No clock was started. There are: th-pdpa",
        ),
        ("aware th-pdpa 2026-3-1", "“2026-3-1” is no moment."),
        ("aware 2026-03-01 03:15 UTC", "is still to come."),
        ("aware 2025-03-01 03:15 UTC", "is more than 7 days before this incident's first event."),
        ("notified", "Say who was notified, and of what. The clock runs on."),
        ("notified th-pdpa a letter", "No clock of th-pdpa runs in this incident."),
        ("legal", "Thailand PDPA (72 h): not started. `/ec2ir aware th-pdpa` starts it"),
    ],
)
async def test_what_people_type(room: Room, words: str, answer: str) -> None:
    await room.says("ana", f"/ec2ir {words}")
    assert answer in room.told("ana")


async def test_what_was_sent_can_not_mention_or_link(room: Room) -> None:
    await room.says("ana", "/ec2ir aware")
    await room.says("ana", "/ec2ir notified th-pdpa <!channel> *all* of it")
    assert not any("<!channel>" in texts(m) for m in room.messages())


async def test_awareness_needs_a_role(room: Room) -> None:
    room.slack.channel(room.channel).members.append(room.slack.user("dee").id)
    await room.says("dee", "/ec2ir aware")
    assert "You are neither a responder nor an approver." in room.told("dee")


def test_people_and_user_groups_are_mentioned_as_slack_wants_it() -> None:
    said = line({"words": "overdue", "ping": ["S0LEGAL", "U0ANA", "<!channel>"]}).text
    assert "<!subteam^S0LEGAL> <@U0ANA>" in said
    assert "<!channel>" not in said
