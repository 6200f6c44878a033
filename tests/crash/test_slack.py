"""Killed at each of Slack's calls, before Slack has it and after: people see everything once."""

from __future__ import annotations

import pytest

from playbook.incident import Incident
from tests.crash.judge import judge, told_once
from tests.crash.scene import Scene
from tests.crash.slack import Order
from tests.crash.worker import When

pytestmark = [pytest.mark.process, pytest.mark.long]

OPENING = (
    ("conversations.create", 1), ("chat.postMessage", 1), ("pins.add", 1), ("conversations.invite", 1),
    ("chat.postMessage", 2), ("chat.postMessage", 3), ("conversations.setTopic", 1),
)  # fmt: skip
"""Channel, card, pin, people, announcement and plan, topic."""
CONTAINING = (("chat.update", 1), ("chat.update", 3), ("chat.postMessage", 1), ("chat.postMessage", 4))
"""The card and the plan's message change; the approval and the steps are told."""


def orders(calls: tuple[tuple[str, int], ...], *moments: When) -> list[Order]:
    return [Order(method=method, when=when, nth=nth) for method, nth in calls for when in moments]


@pytest.mark.parametrize("order", orders(OPENING, "before", "after"), ids=str)
async def test_an_incident_is_opened_once(sqlite_scene: Scene, order: Order) -> None:
    await killed_while_opening(sqlite_scene, order)


@pytest.mark.postgres
@pytest.mark.parametrize("order", orders(OPENING[:2], "after"), ids=str)
async def test_an_incident_is_opened_once_on_postgres(postgres_scene: Scene, order: Order) -> None:
    await killed_while_opening(postgres_scene, order)


@pytest.mark.parametrize("order", orders(CONTAINING, "before", "after"), ids=str)
async def test_what_a_run_does_is_told_once(sqlite_scene: Scene, order: Order) -> None:
    await killed_while_telling(sqlite_scene, order)


@pytest.mark.postgres
@pytest.mark.parametrize("order", orders(CONTAINING[-1:], "after"), ids=str)
async def test_what_a_run_does_is_told_once_on_postgres(postgres_scene: Scene, order: Order) -> None:
    await killed_while_telling(postgres_scene, order)


async def killed_while_opening(scene: Scene, order: Order) -> None:
    scene.spring.set(order)
    doomed = await scene.start()
    await scene.finding()
    await doomed.killed()

    await scene.run()
    await scene.deliver_again()

    await scene.plan_posted()
    await scene.quiet()
    shows_whole(scene, (await scene.board()).incident)


async def killed_while_telling(scene: Scene, order: Order) -> None:
    doomed = await scene.run()
    await scene.finding()
    await scene.plan_posted()
    await scene.quiet()
    scene.spring.set(order)
    await scene.approve()
    await doomed.killed()

    await scene.run()

    await judge(scene)
    shows_whole(scene, (await scene.board()).incident)


def shows_whole(scene: Scene, incident: Incident) -> None:
    """One channel with a topic and everybody in it, and one card, pinned."""
    (name,) = (name for name in scene.workspace.channel_names if name != "security")
    channel = scene.workspace.channel(name)
    assert channel.id == incident.channel
    assert channel.pins == [incident.card_ts]
    assert "HIGH" in channel.topic.upper()
    assert {"U0ANA", "U0BO", "U0CHAI"} <= set(channel.members)
    told_once(scene.posted())
