"""Whether an incident is recovered: a clean replacement of every instance serves, as far as the last look showed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commands.telling import tell
from commands.watch_course import begin, to_watch
from playbook.clock import elapsed
from playbook.incident import InstanceFacts
from playbook.people import BOT
from playbook.ports import Unit
from playbook.proposal import Kind
from playbook.run import RunRecord, Step, StepState
from playbook.text import words
from playbook.timeline import Event
from playbook.watch import Schedule

BRINGS_BACK = frozenset({"replace", "register"})
"""Steps that bring the service back; where nothing balanced the instance, launching its replacement is enough."""


def missing(
    instances: Sequence[InstanceFacts], runs: Sequence[RunRecord], steps: Sequence[Step]
) -> tuple[str, ...]:
    """The instances, as they were at first, whose replacement is not shown to serve. `runs` are oldest first."""
    where = {r.id: r.target.instance for r in runs if r.kind is Kind.DO}
    order = {run: number for number, run in enumerate(where)}
    last = {
        (where[s.run], s.action): s.state
        for s in sorted((s for s in steps if s.run in where), key=lambda s: order[s.run])
    }
    return tuple(
        f.instance
        for f in instances
        if last.get((f.instance, "register" if _balanced(f) else "replace")) is not StepState.PROVED
    )


def _balanced(first: InstanceFacts) -> bool:
    return bool(first.target_groups or first.autoscaling_group)


async def settle_recovery(
    unit: Unit, incident: str, opened: datetime, at: datetime, schedule: Schedule
) -> bool:
    """Say once that the incident is recovered, when it is, and start its watches; whether this call did so."""
    instances = await unit.incidents.at_first(incident)
    if missing(instances, await unit.runs.of(incident), await unit.runs.steps_of(incident)):
        return False
    if any(e.event is Event.RECOVERED for e in await unit.timeline.of(incident)):
        return False
    names = words([f.name or f.instance for f in instances])
    await tell(
        unit, incident=incident, at=at, actor=BOT.id, event=Event.RECOVERED,
        words=f"A clean replacement of {names} serves, {elapsed(at - opened)} after the incident opened",
        aloud="recovered",
    )  # fmt: skip
    await begin(unit, await to_watch(unit, incident), schedule, by=BOT, at=at)
    return True
