"""Two replicas on Postgres: the living carries on what the dead began, and the dead changes nothing when it wakes."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from playbook.timeline import Event
from tests.crash.judge import judge
from tests.crash.scene import Scene, until
from tests.crash.worker import QUICK, AtCall

pytestmark = [pytest.mark.process, pytest.mark.postgres]

POLL = timedelta(seconds=1)
"""How often DBOS looks for workflows that were given back."""
SLACKNESS = timedelta(seconds=5)
"""For a machine that has other things to do."""


async def test_the_other_replica_takes_over(postgres_scene: Scene) -> None:
    scene = postgres_scene
    # Whoever of the two carries the run dies with the snapshots made; the other finds them, and calls no more.
    both = [await scene.start(AtCall(operation="CreateSnapshots", when="after")) for _ in range(2)]
    for replica in both:
        await replica.ready()
    await scene.finding()
    await scene.approve()

    async def one_died() -> bool:
        return any(replica.dead for replica in both)

    await until(one_died, "neither replica died")
    await judge(scene)

    assert [replica.dead for replica in both].count(True) == 1
    began = [e.at for e in await scene.timeline() if e.event is Event.STARTED]
    assert len(began) == 2
    assert began[1] - began[0] < QUICK.silence + QUICK.beat + QUICK.reconcile + POLL + SLACKNESS


async def test_a_woken_replica_opens_nothing(postgres_scene: Scene) -> None:
    scene = postgres_scene
    # It stands still with its holder check behind it and the call that opens an interface before it.
    zombie = await scene.start(
        AtCall(operation="ModifyNetworkInterfaceAttribute", when="before", signal=signal.SIGSTOP)
    )
    await scene.finding()
    await scene.approve()
    await zombie.stands_still()
    await scene.run()
    await scene.ended()
    before = len(await scene.writes())
    said = len(await scene.timeline())

    zombie.wake()

    async def late_calls_ended() -> bool:
        late = (await scene.writes())[before:]
        return bool(late) and not await scene.open_interfaces()

    await until(late_calls_ended, "what the woken replica opened was not closed")
    late = (await scene.writes())[before:]
    assert {e.operation for e in late} == {"ModifyNetworkInterfaceAttribute"}
    assert len(await scene.timeline()) == said
    await judge(scene, often=3)
