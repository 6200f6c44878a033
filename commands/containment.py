"""Whether an incident is contained: every one of its instances is cut off, as far as the last look showed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from commands.desk import locked
from commands.telling import show_topic, tell
from playbook.clock import elapsed
from playbook.people import BOT
from playbook.ports import Unit
from playbook.proposal import Kind
from playbook.run import RunRecord, Step, StepState
from playbook.text import words
from playbook.timeline import Event

CUTS_OFF = frozenset({"isolate", "stop"})
"""Steps that cut an instance off, once their configuration is verified."""
_HOLDS = frozenset({StepState.APPLIED, StepState.PROVED})


def reachable(instances: Iterable[str], runs: Sequence[RunRecord], steps: Iterable[Step]) -> tuple[str, ...]:
    """The instances that no step in force cuts off. `runs` are oldest first: a step's last run says how it stands."""
    by_run = {r.id: r for r in runs if r.kind is Kind.DO}
    last: dict[tuple[str, str], StepState] = {}
    order = {run: n for n, run in enumerate(by_run)}
    for step in sorted((s for s in steps if s.run in by_run), key=lambda s: order[s.run]):
        if step.action in CUTS_OFF:
            last[by_run[step.run].target.instance, step.action] = step.state
    cut_off = {instance for (instance, _), state in last.items() if state in _HOLDS}
    return tuple(i for i in instances if i not in cut_off)


async def settle_containment(unit: Unit, incident: str, at: datetime) -> None:
    """Mark the incident contained, or no longer, as its rows say; either is told when it becomes so."""
    found = await locked(unit, incident)
    instances = [i.instance for i in await unit.incidents.instances(incident)]
    still = reachable(instances, await unit.runs.of(incident), await unit.runs.steps_of(incident))
    if still and found.contained is not None:
        await unit.incidents.unmark_contained(incident)
        said = f"No longer contained: {words(still)} is not shown to be cut off"
    elif not still and await unit.incidents.mark_contained(incident, at):
        said = f"{words(instances)} is contained, {elapsed(at - found.opened)} after the incident opened"
    else:
        return
    await tell(
        unit, incident=incident, at=at, actor=BOT.id,
        event=Event.CHANGED if still else Event.CONTAINED, words=said,
        data={"reachable": list(still)}, aloud=f"contained:{at.isoformat()}:{not still}",
    )  # fmt: skip
    await show_topic(unit, incident, at)
