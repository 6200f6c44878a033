"""The 72-hour watch, played under fast-forward: quiet, a hit at hour 20 that opens the closed incident, a verdict."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.demo_full import say, step
from cli.demo_hands import measured, seen, until
from cli.demo_world import World
from cli.doors import out
from cli.watching import print_watch
from commands.board import Board
from playbook.incident import IncidentState
from playbook.watch import Watch, Watched, WatchMark, WatchState, slots
from sandbox.aws.world import Flow

HIT = 20
"""The hour at which the replacement is seen to talk to the mining pool."""
_BURST = Flow(name="replacement-mining", instance="", direction="out", peer="198.51.100.7", port=3333)
_ELSEWHERE = "203.0.113.80"
"""Where updates come from: an address that is no indicator."""
_STEPS = (("replace", ("bo",)), ("register", ("bo",)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One thing that had to happen, in words, and whether it did."""

    words: str
    ok: bool


async def watched(made: World) -> bool:
    """Go on from the contained instance to the signed verdict; whether all happened as said. Raises StoppedShort."""
    channel = (await seen(made)).incident.channel
    for name, approvers in _STEPS:
        await step(made, channel, name, approvers)
    with measured("Recovery is proved: ec2ir begins to watch the instance and its replacement"):
        shown = await until(made, lambda b: len(b.watches) == 2)
    with measured("bo closes the incident; the watch goes on"):
        await say(made, "bo", channel, "close the miner is gone, a clean replacement serves")
        await until(made, lambda b: b.incident.state is IncidentState.CLOSED)
    replacement = next(w for w in shown.watches if w.replaces)
    await _until_hour(made, replacement, HIT - 4)
    closed = (await seen(made)).incident.state is IncidentState.CLOSED
    await _burst(made, replacement)
    await _until_hour(made, replacement, HIT)
    with measured("Hour 20: the replacement talked to the mining pool; the incident is open again"):
        reopened = await until(made, lambda b: b.incident.state is IncidentState.OPEN)
    _strips(reopened)
    await _until_hour(made, replacement, replacement.length / timedelta(hours=1))
    with measured("bo signs the verdict"):
        await say(
            made, "bo", channel, "watch sign one burst to the pool at hour 19, stopped; quiet for 52 hours"
        )
        over = await until(made, lambda b: all(w.signed is not None for w in b.watches))
    _strips(over)
    return _judge(over, replacement, closed_before=closed)


async def _until_hour(made: World, watch: Watch, hour: float) -> None:
    """Put the clocks forward from look to look, to that hour of the watch."""
    desk = made.product.desk
    for due in slots(watch, desk.policy.watch):
        age = (due - watch.began) / timedelta(hours=1)
        if due <= made.clock() or age > hour:
            continue
        with measured(f"Hour {age:g}"):
            await made.forward(max(0.0, (due - made.clock()) / timedelta(minutes=1)) + 0.1)
            await desk.executor.nudge()
            await _looked(made, due)


async def _looked(made: World, due: datetime) -> None:
    """Wait until every watch has made the look of that moment. Raises StoppedShort."""
    await until(made, lambda b: sum(one.due == due for one in b.watched) == len(b.watches))


async def _burst(made: World, watch: Watch) -> None:
    """At hour 19 and a bit, the replacement talks to the pool for ten minutes: its image was not so clean."""
    begins = watch.began + timedelta(hours=HIT - 0.8)
    with measured("Hour 19: something on the replacement talks to the mining pool for ten minutes"):
        await made.forward((begins - made.clock()) / timedelta(minutes=1))
        await _flow(made, watch.target.instance, _BURST.peer)
        await made.forward(10)
        await _flow(made, watch.target.instance, _ELSEWHERE)


async def _flow(made: World, instance: str, peer: str) -> None:
    flow = Flow(name=_BURST.name, instance=instance, direction="out", peer=peer, port=_BURST.port)
    await asyncio.to_thread(made.box.controls.flows, flow)


def _of(shown: Board, watch: str) -> tuple[Watched, ...]:
    return tuple(one for one in shown.watched if one.watch == watch)


def _strips(shown: Board) -> None:
    for one in shown.watches:
        print_watch(one, _of(shown, one.id))


def _judge(over: Board, replacement: Watch, *, closed_before: bool) -> bool:
    """Say of each thing that had to happen whether it did."""
    mine = next(w for w in over.watches if w.id == replacement.id)
    hits = [one for w in over.watches for one in _of(over, w.id) if one.mark is WatchMark.HIT]
    at = [(one.due - mine.began) / timedelta(hours=1) for one in hits]
    unseen = [o for o in over.watched if o.mark in (WatchMark.GAP, WatchMark.MISSED)]
    facts = (
        Expected(words="the incident was closed when the burst came", ok=closed_before),
        Expected(words=f"one look saw it, at hour {HIT}", ok=at == [HIT] and hits[0].watch == mine.id),
        Expected(words="the incident is open again", ok=over.incident.state is IncidentState.OPEN),
        Expected(words="every look was made: no gap, none missed", ok=not unseen),
        Expected(
            words="both watches ended after 72 hours exactly",
            ok=all(w.state is WatchState.ENDED and w.length == timedelta(hours=72) for w in over.watches),
        ),
        Expected(words="a person signed the verdict", ok=all(w.signed_by == "U0BO" for w in over.watches)),
    )
    for fact in facts:
        out.print(f"  {'🟢' if fact.ok else '🔴'} {fact.words}", markup=False)
    return all(fact.ok for fact in facts)
