"""What a replica hears of Slack: its own pins among it, unless Slack delivers nothing to it."""

from __future__ import annotations

import pytest

from bot.heard import Hearing
from bot.listeners import build_app
from playbook.hearing import ECHO, Heard
from sandbox.slack import Delivery
from sandbox.slack.delivery import TIMED_OUT, Ack, Envelope
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


SECRET = "sandbox-signing-secret"


class Deaf:
    """A connection that answers pings and is handed nothing (slackapi/bolt-python#1529)."""

    async def deliver(self, envelope: Envelope) -> Ack:
        return TIMED_OUT


@pytest.fixture
def hearing(quiet: Room) -> Hearing:
    """The ears of the room's bot, by the room's clock."""
    made = Hearing(monotonic=lambda: quiet.clock().timestamp())
    app = build_app(
        quiet.desk,
        quiet.slack.client(),
        signing_secret=SECRET,
        people=quiet.people,
        wrote=lambda: None,
        hearing=made,
    )
    quiet.slack.attach(app)
    quiet.sender.office.hearing.monotonic = made.monotonic
    return made


async def test_it_hears_of_the_card_that_it_pinned_and_of_every_click(quiet: Room, hearing: Hearing) -> None:
    assert hearing.heard() == Heard()
    await quiet.finding()
    assert hearing.events == 1
    await quiet.slack.says("bo", quiet.channel, "/ec2ir status")
    quiet.clock.passes(seconds=9)
    assert hearing.heard() == Heard(events=2, heard_ago=9.0)
    await quiet.settle()


async def test_a_deaf_one_is_not_ready_two_minutes_after_a_pin(quiet: Room, hearing: Hearing) -> None:
    deaf: Delivery = Deaf()
    quiet.slack.deliver_by(deaf)
    await quiet.finding()
    pinning = quiet.sender.office.hearing

    async def told() -> str:
        async with quiet.store.begin() as unit:
            await unit.executors.beat("x-1", pinning.heard())
        return await pinning.problem(quiet.store, "x-1")

    assert await told() == ""
    quiet.clock.passes(seconds=ECHO.total_seconds() + 10)
    assert "no replica heard of the card" in await told()

    pinning.hear()
    assert await told() == ""
