"""The brief of a plan or a check, read from what is stored."""

from __future__ import annotations

from actions.catalogue import BY_NAME
from playbook.brief import Brief
from playbook.checklist import Said
from playbook.ports import Unit
from playbook.proposal import Kind
from playbook.run import StepState
from playbook.target import Target

_SETTLES = frozenset({Said.DONE, Said.NOT_APPLICABLE})


async def brief_of(unit: Unit, target: Target) -> Brief:
    """What the incident knows of the target. Six queries, whatever the incident's size."""
    incident = target.incident
    found = await unit.incidents.get(incident)
    first = await unit.incidents.at_first(incident)
    runs = {r.id: r for r in await unit.runs.of(incident) if r.kind is Kind.DO}
    proved = {
        row
        for step in await unit.runs.steps_of(incident)
        if step.state is StepState.PROVED
        and step.run in runs
        and runs[step.run].target.instance == target.instance
        and step.action in BY_NAME
        for row in (BY_NAME[step.action].row, *BY_NAME[step.action].also)
    }
    ticked = {t.row for t in await unit.ticks.of(incident) if t.said in _SETTLES}
    return Brief(
        first=next((f for f in first if f.instance == target.instance), None),
        indicators=tuple(k.indicator for k in await unit.indicators.of(incident)),
        settled=frozenset(proved | ticked),
        others=tuple(f.instance for f in first if f.instance != target.instance),
        contained=found.contained if found is not None else None,
    )
