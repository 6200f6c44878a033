"""The watch in the channel: one message edited in its place, its buttons and dialogs, and the strip on the card."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.card import card
from bot.check import checked
from bot.watch_message import watch_message
from commands import watch_round
from commands.board import board
from commands.inquire import INQUIRIES
from playbook.answer import Answer, Verdict, answer
from playbook.slot import Alarm
from playbook.target import Target
from playbook.watch import Watch, Watched, WatchMark, WatchState
from sandbox.slack import Message, texts
from tests.bot.boards import HOSTILE, NOON
from tests.bot.conftest import Room, key_of
from tests.fakes.cloud import WEB

pytestmark = pytest.mark.slow
QUIET = answer(Verdict.CLEAR, "nothing")
TALKS = answer(Verdict.NOTABLE, "It talked to <!channel> 198[.]51[.]100[.]7")


def message(room: Room) -> Message:
    (found,) = [m for m in room.messages() if key_of(m).endswith(":watch")]
    return found


async def hour(room: Room, found: Answer = QUIET) -> None:
    """An hour passes, and the watch's timers fire."""
    room.cloud.answers.update(dict.fromkeys(INQUIRIES["watch"].checks, QUIET) | {"watch-traffic": found})
    room.clock.passes(hours=1)
    async with room.store.begin() as unit:
        due = [s for s in await unit.slots.claim(room.clock(), 100) if s.alarm is Alarm.WATCH]
    for slot in due:
        await watch_round.fire(room.desk, slot.subject)
    await room.settle()


async def state(room: Room) -> set[WatchState]:
    incident = await room.incident()
    async with room.store.begin() as unit:
        return {w.state for w in await unit.watches.of(incident.id)}


async def test_the_strip_grows_in_one_message_and_on_the_card(room: Room) -> None:
    await room.says("ana", "/ec2ir watch")
    assert "Nothing is watched here yet" in room.told("ana")
    await room.says("ana", "/ec2ir watch start")
    ts = message(room).ts
    await hour(room)
    await hour(room, TALKS)
    assert message(room).ts == ts
    assert "● ✕ …" in texts(message(room))
    assert "1 clear, 1 hit" in texts(message(room))
    assert f"`{WEB}` ● ✕ …" in texts(room.card())
    hit = next(texts(m) for m in room.messages() if "hour 2: hit" in texts(m))
    assert "<!channel>" not in hit
    assert hit.count("<@U") == 3
    await room.says("ana", "/ec2ir watch")
    assert "● ✕ …" in room.told("ana")


async def test_its_buttons_pause_resume_and_extend(room: Room) -> None:
    await room.says("ana", "/ec2ir watch start")
    assert room.labels(message(room)) == ["Pause", "Extend 24 h", "Stop…"]
    await room.clicks("bo", "Pause", on=message(room))
    assert await state(room) == {WatchState.PAUSED}
    assert room.labels(message(room)) == ["Resume", "Extend 24 h", "Stop…"]
    await room.clicks("ana", "Resume", on=message(room))
    await room.clicks("ana", "Extend 24 h", on=message(room))
    assert await state(room) == {WatchState.RUNNING}
    said = [texts(m) for m in room.messages()]
    assert any("extended by 24 h" in words for words in said)


async def test_stop_asks_why_and_sign_asks_what_it_showed(room: Room) -> None:
    await room.says("ana", "/ec2ir watch start")
    await hour(room)
    await room.clicks("ana", "Stop…", on=message(room))
    await room.sends("ana", "it was terminated")
    assert await state(room) == {WatchState.STOPPED}
    assert "Proposed verdict: clean: nothing seen in 1 looks" in texts(message(room))
    assert room.labels(message(room)) == ["Sign…"]
    await room.clicks("bo", "Sign…", on=message(room))
    await room.sends("bo", "quiet until it was terminated")
    assert "“quiet until it was terminated”, signed by <@" in texts(message(room))
    assert room.labels(message(room)) == []


async def test_after_72_hours_the_verdict_is_asked_for_where_people_read_and_signed_there(room: Room) -> None:
    await room.says("ana", "/ec2ir watch start")
    for _ in range(72):
        await hour(room)
    asked, below = room.messages()[-2:]
    assert "has ended: 17 clear. Proposed verdict: clean: nothing seen in 17 looks" in texts(asked)
    assert key_of(below).endswith(":watch:ended")
    assert room.labels(below) == ["Extend 24 h", "Sign…"]
    await room.clicks("bo", "Sign…", on=below)
    await room.sends("bo", "quiet for 72 hours")
    for one in (message(room), next(m for m in room.messages() if m.ts == below.ts)):
        assert "“quiet for 72 hours”, signed by <@" in texts(one)
        assert room.labels(one) == []


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_a_month_of_watching_thirty_instances_fits_whatever_was_seen(room: Room, hostile: str) -> None:
    incident = await room.incident()
    watches = tuple(
        Watch(
            id=f"w{n}", target=Target(account="1", region="r", instance=f"i-{n:017x}", incident=incident.id),
            began=NOON, until=NOON + timedelta(days=30), state=WatchState.ENDED, verdict=hostile[:500],
            signed=NOON, signed_by="U0BO",
        )
        for n in range(30)
    )  # fmt: skip
    watched = tuple(
        Watched(
            watch=w.id, due=NOON + timedelta(hours=n), at=NOON, mark=WatchMark.HIT, says=(hostile[:400],) * 12
        )
        for w in watches
        for n in range(98)
    )
    async with room.store.begin() as unit:
        known = await board(unit, incident.id, room.clock())
    many = replace(known, watches=watches, watched=watched)
    assert "and 26 earlier watches" in str(card(many))
    shown = str(checked(watch_message(many)))
    assert "26 earlier ones" in shown
    assert "<!channel>" not in shown


async def test_every_verb_can_be_typed(room: Room) -> None:
    for words in ("start", "pause", "resume", "extend 12", "stop enough seen", "sign it was quiet"):
        await room.says("ana", f"/ec2ir watch {words}")
    assert "“it was quiet”, signed by" in texts(message(room))
    await room.says("ana", "/ec2ir watch dance")
    assert "A watch can't do" in room.told("ana")
    await room.says("ana", "/ec2ir watch now")
    assert "Watch: CPU" in "".join(texts(e) for e in room.slack.ephemerals("ana"))
