"""An escalation that nobody answers, played under fast-forward: it climbs its ladder to the fallback, and says so."""

from __future__ import annotations

import asyncio

from cli.demo_full import say
from cli.demo_hands import StoppedShort, measured, posted, seen, until
from cli.demo_world import World
from cli.doors import out
from commands.board import Board
from playbook.clock import elapsed
from playbook.escalation import Escalation, EscalationState, Ping

RULE, TARGET, FALLBACK = "X4", "legal", "duty"
_STEPS = (5, 10, 20, 20)
"""Minutes to the next ping, as the ladder of the settings has them."""


async def climbed(made: World) -> bool:
    """Say that data left, and let nobody answer; whether the ladder was climbed to its end. Raises StoppedShort."""
    shown = await until(made, lambda b: bool(b.incident.card_ts and b.pending))
    await posted(made, shown.pending[0].id)
    channel = shown.incident.channel
    with measured("ana says that data left the instance: Legal and the DPO are called"):
        await say(made, "ana", channel, f"escalate {RULE} the backup went out")
        await _called(made, 1)
    for number, minutes in enumerate(_STEPS, start=1):
        with measured(f"{minutes} minutes later nobody has answered"):
            await _called(made, number)
            await made.forward(minutes)
    with measured("The ladder has ended"):
        over = await until(made, _ended)
    pings = await _pings(made)
    for ping in pings:
        out.print(f"   {elapsed(ping.at - shown.incident.opened):>12}  {ping.to}", markup=False)
    reached = any(FALLBACK in ping.to for ping in pings)
    found = _of(over)
    ended = found is not None and found.state is EscalationState.EXHAUSTED
    out.print(f"  {'🟢' if reached else '🔴'} the fallback was called")
    out.print(f"  {'🟢' if ended else '🔴'} the end of the ladder is said, not silent")
    return reached and ended


def _of(board: Board) -> Escalation | None:
    return next((e for e in board.escalations if (e.rule, e.target) == (RULE, TARGET)), None)


async def _called(made: World, times: int) -> None:
    """Wait until Slack has that many pings. Raises StoppedShort."""
    for _ in range(300):
        if len(await _pings(made)) >= times:
            return
        await asyncio.sleep(0.1)
    raise StoppedShort(f"There were fewer than {times} pings.")


def _ended(board: Board) -> bool:
    found = _of(board)
    return found is not None and found.state is EscalationState.EXHAUSTED


async def _pings(made: World) -> tuple[Ping, ...]:
    incident = (await seen(made)).incident.id
    async with made.product.base.store.begin() as unit:
        every = await unit.escalations.pings(incident)
    return tuple(p for p in every if f":{RULE}:{TARGET}" in p.escalation)
