"""What a watch learns from the store: new findings on its instance, its role, or the incident's indicators."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.finding import Finding
from playbook.indicators import normal
from playbook.ports import Unit
from playbook.text import plain
from playbook.watch import Watch

LATE = timedelta(minutes=30)
"""Findings, flow logs and CloudTrail tell minutes late: each look begins so long before the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What findings are compared with; `indicators` are values, without the instance's own id."""

    instance: str
    role: str
    indicators: Collection[str]


def concerns(finding: Finding, about: Subject) -> str:
    """How a finding concerns what is watched, in words; empty when it does not."""
    if about.instance in finding.instances:
        return "on the instance"
    if about.role and f":assumed-role/{about.role}/" in finding.caller:
        return f"by its role {about.role}"
    mine = {kept.value for kept in map(normal, finding.indicators) if kept is not None}
    shared = sorted(mine & {*about.indicators})
    return f"with a known indicator of this incident ({len(shared)})" if shared else ""


async def news(unit: Unit, watch: Watch, role: str, since: datetime) -> tuple[str, ...]:
    """What was found since then and after the watch began, and which other incident holds the instance; in words."""
    target = watch.target
    own = {i.instance for i in await unit.incidents.instances(target.incident)} | {target.instance}
    known = [k.indicator.value for k in await unit.indicators.of(target.incident)]
    about = Subject(instance=target.instance, role=role, indicators=frozenset(known) - own)
    says = [
        f"New finding {how}: {plain(f.type.full, 120)}, {f.severity.value}, seen {f.count} times."
        for f in await unit.findings.since(target.account, since - LATE)
        if f.last_seen > watch.began and not f.archived and not f.sample and (how := concerns(f, about))
    ]
    other = await unit.incidents.open_on(target.account, target.region, target.instance)
    if other is not None and other.id != target.incident and other.opened > since:
        says.append(f"Incident {other.id} was opened on it: {plain(other.title, 120)}.")
    return tuple(says)
