"""What reaches Slack: once, in order, newest state, at Slack's pace; whatever dies or is refused in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.sender import LEASE, Sender, make_sender
from commands.receive import receive
from commands.telling import show, tell
from playbook.incident import Incident
from playbook.outbox import Message as Row
from playbook.outbox import Post
from playbook.plan import Json
from playbook.timeline import Event
from sandbox.slack import Fault, Limits, texts
from tests.bot.conftest import Room, finding, key_of

pytestmark = pytest.mark.slow


class Died(BaseException):
    """The process ended here."""


class DyingStore:
    """The store of a process that is killed when it would record what it sent."""

    def __init__(self, inner: Any, *, at: int) -> None:
        self._inner = inner
        self._left = at

    def begin(self) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Died
        return self._inner.begin()


def dying(room: Room, *, at: int) -> Sender:
    """A sender whose process dies at its transaction number `at`."""
    store: Any = DyingStore(room.store, at=at)
    return make_sender(
        store, room.slack.client(), room.desk.directory, announce="incidents", holder="dies",
        clock=room.clock, sleep=room.clock.sleep,
    )  # fmt: skip


async def say(room: Room, incident: Incident, words: str, key: str, **more: Any) -> None:
    body: Json = {"words": words, **more}
    async with room.store.begin() as unit:
        await unit.outbox.put(
            Row(key=key, incident=incident.id, post=Post.CHANNEL, at=room.clock(), body=body)
        )


BETWEEN_SLACK_AND_US = (2, 4, 5, 8, 11, 14, 18)
"""The transactions that follow a call to Slack, while an incident opens."""


@pytest.mark.parametrize("at", BETWEEN_SLACK_AND_US)
async def test_killed_anywhere_while_opening_everything_comes_once(quiet: Room, at: int) -> None:
    await receive(quiet.desk, finding(), "{}")
    with pytest.raises(Died):
        await dying(quiet, at=at).drain()
    quiet.clock.passes(seconds=LEASE.total_seconds() + 1)
    await quiet.settle()
    quiet.clock.passes(minutes=2)
    await quiet.settle()

    assert len(quiet.slack.channel_names) == 2
    keys = [key_of(m) for m in quiet.messages()] + [key_of(m) for m in quiet.slack.messages("incidents")]
    assert len(keys) == len(set(keys)) == 3
    assert quiet.slack.channel(quiet.channel).pins == [quiet.card().ts]
    async with quiet.store.begin() as unit:
        assert await unit.outbox.waiting() == 0


async def test_an_answer_that_was_lost_is_looked_for_before_posting_again(room: Room) -> None:
    incident = await room.incident()
    room.slack.faults.order("chat.postMessage", Fault.timeout())
    await say(room, incident, "isolated", "k1")
    await room.settle()
    room.clock.passes(seconds=5)
    await room.settle()

    assert [key_of(m) for m in room.messages()].count("k1") == 1
    assert [c.method for c in room.slack.calls].count("conversations.history") == 1


async def test_retry_after_is_honoured(room: Room) -> None:
    incident = await room.incident()
    room.slack.faults.order("chat.postMessage", Fault.rate_limited(7))
    await say(room, incident, "isolated", "k1")
    asked = room.clock()
    await room.settle()
    assert "k1" not in [key_of(m) for m in room.messages()]

    room.clock.passes(seconds=6)
    await room.settle()
    assert "k1" not in [key_of(m) for m in room.messages()]
    room.clock.passes(seconds=2)
    await room.settle()
    assert "k1" in [key_of(m) for m in room.messages()]
    assert room.clock() >= asked + timedelta(seconds=7)


async def test_under_slacks_own_limits_nothing_is_refused(quiet: Room) -> None:
    quiet.slack.meter.limits = Limits.slack()
    incident = await quiet.finding()
    for number in range(6):
        await say(quiet, incident, f"line {number}", f"k{number}")
    await quiet.settle()

    assert [c.answer["error"] for c in quiet.slack.calls if not c.answer["ok"]] == []
    said = [texts(m) for m in quiet.messages() if key_of(m).startswith("k")]
    assert said == [f"▪️ line {number}" for number in range(6)]


async def test_the_newest_state_wins_and_is_sent_once(room: Room) -> None:
    incident = await room.incident()
    edits = room.card().edits
    for count in (20, 30, 40):
        room.clock.passes(seconds=1)
        await receive(room.desk, finding(count=count, updated=room.clock()), "{}")
    await room.settle()

    assert room.card().edits == edits + 1
    assert "seen 40 times" in texts(room.card())
    assert incident.card_ts in ("", room.card().ts)


async def test_a_change_while_the_card_is_sent_is_shown_afterwards(room: Room) -> None:
    incident = await room.incident()
    async with room.store.begin() as unit:
        await show(unit, incident.id, room.clock())
        taken = await unit.outbox.take("slow", room.clock(), LEASE)
        assert taken is not None
    await receive(room.desk, finding(count=99, updated=room.clock() + timedelta(seconds=1)), "{}")
    async with room.store.begin() as unit:
        await unit.outbox.sent(taken, room.card().ts, room.clock())
    await room.settle()

    assert "seen 99 times" in texts(room.card())


async def test_a_deleted_card_is_posted_anew(room: Room) -> None:
    incident = await room.incident()
    channel = room.slack.channel(room.channel)
    channel.messages.remove(room.card())
    async with room.store.begin() as unit:
        await show(unit, incident.id, room.clock())
    await room.settle()

    assert room.card().ts in channel.pins


@pytest.mark.parametrize("refusal", ["is_archived", "restricted_action_read_only_channel"])
async def test_what_slack_will_never_take_does_not_hold_up_the_rest(room: Room, refusal: str) -> None:
    incident = await room.incident()
    room.slack.faults.order("chat.postMessage", Fault.refused(refusal))
    await say(room, incident, "first", "k1")
    await say(room, incident, "second", "k2")
    await room.settle()

    keys = [key_of(m) for m in room.messages()]
    assert "k1" not in keys
    assert "k2" in keys


async def test_a_server_error_is_tried_again_later(room: Room) -> None:
    incident = await room.incident()
    room.slack.faults.order("chat.postMessage", Fault.server_error(503))
    await say(room, incident, "first", "k1")
    await say(room, incident, "second", "k2")
    await room.settle()
    room.clock.passes(seconds=10)
    await room.settle()

    assert [k for k in map(key_of, room.messages()) if k.startswith("k")] == ["k1", "k2"]


async def test_deactivated_and_unknown_people_do_not_keep_the_others_out(quiet: Room) -> None:
    group = next(g for g in quiet.slack.state.groups.values() if g.handle == "ir-responders")
    group.members.append("U0NOBODY")
    quiet.slack.user("chai").deleted = True
    await quiet.finding()

    members = quiet.slack.channel(quiet.channel).members
    assert {quiet.slack.user(who).id for who in ("ana", "bo")} < set(members)
    assert quiet.slack.user("chai").id not in members


async def test_when_nobody_can_be_invited_the_channel_says_so_and_work_goes_on(quiet: Room) -> None:
    quiet.slack.faults.order("usergroups.users.list", Fault.refused("internal_error"), times=50)
    await receive(quiet.desk, finding(), "{}")
    for _ in range(6):
        await quiet.settle()
        quiet.clock.passes(minutes=1)
    await quiet.settle()

    assert any("Nobody could be invited" in texts(m) for m in quiet.messages())
    assert quiet.labels(quiet.plan()) != []


async def test_a_taken_channel_name_is_one_number_away(quiet: Room) -> None:
    quiet.slack.add_channel("inc-0301-web-prod-7-x1", ["dee"], private=True, bot=False)
    await quiet.finding()

    assert quiet.channel == "inc-0301-web-prod-7-x1-2"


async def test_words_with_pings_and_marks(room: Room) -> None:
    incident = await room.incident()
    async with room.store.begin() as unit:
        await tell(
            unit, incident=incident.id, at=room.clock(), actor="ec2ir", event=Event.CONTAINED,
            words="web-prod-7 is contained", aloud="contained", ping=[room.slack.user("bo").id],
        )  # fmt: skip
    await room.settle()

    assert f"🛡️ web-prod-7 is contained <@{room.slack.user('bo').id}>" in [texts(m) for m in room.messages()]


async def test_a_running_sender_stops_when_asked(quiet: Room) -> None:
    await receive(quiet.desk, finding(), "{}")
    stop = asyncio.Event()
    running = asyncio.create_task(quiet.sender.run(stop))
    await quiet.slack.until(lambda: len(quiet.slack.channel_names) == 2)
    stop.set()
    await running


async def test_without_a_channel_for_announcements_nothing_is_announced(quiet: Room) -> None:
    sender = make_sender(
        quiet.store, quiet.slack.client(), quiet.desk.directory, announce="", holder="quiet",
        clock=quiet.clock, sleep=quiet.clock.sleep,
    )  # fmt: skip
    await receive(quiet.desk, finding(), "{}")
    await sender.drain()

    assert quiet.slack.messages("incidents") == []
    assert quiet.labels(quiet.card()) != []


@pytest.mark.parametrize("announce", ["no-such-channel", "C0NOSUCHONE"])
async def test_a_wrong_channel_for_announcements_holds_up_nothing(quiet: Room, announce: str) -> None:
    sender = make_sender(
        quiet.store, quiet.slack.client(), quiet.desk.directory, announce=announce, holder="wrong",
        clock=quiet.clock, sleep=quiet.clock.sleep,
    )  # fmt: skip
    await receive(quiet.desk, finding(), "{}")
    await sender.drain()

    assert quiet.labels(quiet.plan()) != []


async def test_a_scope_that_is_missing_for_announcements_holds_up_nothing_for_long(quiet: Room) -> None:
    quiet.slack.faults.order("conversations.list", Fault.refused("missing_scope"), times=9)
    await receive(quiet.desk, finding(), "{}")
    for _ in range(4):
        await quiet.settle()
        quiet.clock.passes(seconds=30)
    await quiet.settle()

    assert quiet.labels(quiet.plan()) != []


async def test_an_incident_without_a_channel_is_still_announced(quiet: Room) -> None:
    quiet.slack.faults.order("conversations.create", Fault.refused("restricted_action"))
    await receive(quiet.desk, finding(), "{}")
    await quiet.settle()

    (line,) = quiet.slack.messages("incidents")
    assert "Slack let ec2ir make no channel for it" in texts(line)
    async with quiet.store.begin() as unit:
        assert await unit.outbox.waiting() == 0


async def test_a_plan_longer_than_a_message_goes_on_in_its_thread_once(quiet: Room) -> None:
    quiet.cloud.interfaces = 500
    await receive(quiet.desk, finding(), "{}")
    quiet.slack.faults.order("chat.postMessage", Fault.timeout(), times=5)
    for _ in range(9):
        await quiet.settle()
        quiet.clock.passes(minutes=2)

    parts = quiet.slack.thread(quiet.channel, quiet.plan().ts)
    said = "\n".join(texts(m) for m in [quiet.plan(), *parts])
    assert len(parts) >= 2
    assert len({key_of(m) for m in parts}) == len(parts)
    assert all(f"• eni-{n}" in said for n in range(500))
    assert f"The plan goes on in the thread, {len(parts)} more parts." in texts(quiet.plan())


async def test_details_go_under_the_card(room: Room) -> None:
    incident = await room.incident()
    async with room.store.begin() as unit:
        await unit.outbox.put(
            Row(
                key="k1",
                incident=incident.id,
                post=Post.THREAD,
                at=room.clock(),
                body={"words": "request ids"},
            )
        )
    await room.settle()

    assert [texts(m) for m in room.slack.thread(room.channel, room.card().ts)] == ["▪️ request ids"]


async def test_two_senders_share_the_work_and_nothing_comes_twice(quiet: Room) -> None:
    await receive(quiet.desk, finding(), "{}")
    other = make_sender(
        quiet.store, quiet.slack.client(), quiet.desk.directory, announce="incidents", holder="other",
        clock=quiet.clock, sleep=quiet.clock.sleep,
    )  # fmt: skip
    for _ in range(3):
        await asyncio.gather(quiet.sender.drain(), other.drain())

    keys = [key_of(m) for m in [*quiet.messages(), *quiet.slack.messages("incidents")]]
    assert len(keys) == len(set(keys)) == 3
    async with quiet.store.begin() as unit:
        assert await unit.outbox.waiting() == 0


async def test_a_finding_that_was_archived_says_so_on_the_card(room: Room) -> None:
    room.clock.passes(seconds=1)
    await room.finding(archived=True, updated=room.clock())

    assert "archived in GuardDuty" in texts(room.card())


async def test_a_lease_that_runs_out_under_the_senders_own_hands_sends_nothing_twice(room: Room) -> None:
    incident = await room.incident()
    await say(room, incident, "first", "k1")
    await say(room, incident, "second", "k2")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        # The machine sleeps while a message waits for its turn; then another worker looks for work first.
        slept.append(seconds)
        room.clock.passes(seconds=LEASE.total_seconds() + 1)
        await sender.step()

    sender = make_sender(
        room.store, room.slack.client(), room.desk.directory, announce="incidents", holder="slept",
        clock=room.clock, sleep=sleep,
    )  # fmt: skip
    await sender.drain()

    assert slept
    keys = [key_of(m) for m in room.messages()]
    assert (keys.count("k1"), keys.count("k2")) == (1, 1)
