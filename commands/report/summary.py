"""Half a page for those who were not there: what happened, what was done, is it contained, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from commands.report.model import Report
from commands.report.table import Column, Section, Table
from playbook.clock import elapsed, stamp
from playbook.run import StepState
from playbook.text import plain, words

_MOST = 4


def summary(report: Report) -> Section:
    """Four short paragraphs and the metrics."""
    return Section(
        title="Summary for managers",
        named=(
            ("What happened", _happened(report)),
            ("What was done", _done(report)),
            ("Is it contained?", _contained(report)),
            ("What is open", _left(report.open_items)),
        ),
        tables=(_metrics(report),),
    )


def _happened(report: Report) -> str:
    incident, count = report.incident, len(report.instances)
    where = words([plain(f.name, 60) or f.instance for f in report.instances], most=3)
    machines = f"{count} EC2 instances" if count > 1 else "an EC2 instance"
    found = report.findings[0] if report.findings else None
    how = (
        f"The alert from {plain(found.source, 40)}: {plain(found.type.full, 120)} ({found.severity.value}), "
        f"seen {found.count} × since {stamp(found.first_seen)}."
        if found
        else "A person declared it."
    )
    used = words([t.words for t in report.techniques])
    return (
        f"On {stamp(incident.opened)} an incident was opened on {machines} in {incident.environment.value}: {where}. "
        f"{how} This speaks for {used} (MITRE ATT&CK)."
    )


def _done(report: Report) -> str:
    latest = {(c.instance, c.step.action, c.undo): c for c in report.steps}
    by_state: dict[StepState, list[str]] = {}
    for carried in latest.values():
        title = f"Undo: {carried.title}" if carried.undo else carried.title
        by_state.setdefault(carried.step.state, []).append(title)
    parts = [
        f"{said}: {words(list(dict.fromkeys(titles)), most=8)}."
        for state, said in (
            (StepState.PROVED, "Proved"),
            (StepState.APPLIED, "Applied, with the proof incomplete"),
            (StepState.UNDONE, "Taken back"),
            (StepState.FAILED, "Failed"),
            (StepState.RUNNING, "Under way"),
            (StepState.WAITING, "About to start"),
        )
        if (titles := by_state.get(state))
    ]
    approvers = sorted({w.person for w in report.words if w.at and w.decision in ("approved", "break-glass")})
    if approvers:
        parts.append(f"Approved by {words(approvers)}.")
    if any(w.override for w in report.words):
        parts.append("Break-glass was used, and is to be reviewed.")
    return " ".join(parts) or "No step was carried out."


def _contained(report: Report) -> str:
    incident = report.incident
    if incident.contained is None:
        return "No: it is not shown that every instance is cut off."
    took = elapsed(incident.contained - incident.opened)
    return f"Yes, since {stamp(incident.contained)}, {took} after the incident opened."


def _left(items: Sequence[str]) -> str:
    if not items:
        return "Nothing."
    shown = "; ".join(plain(item, 110) for item in items[:_MOST])
    more = f"; and {len(items) - _MOST} more, under “Open items”" if len(items) > _MOST else ""
    return f"{shown}{more}."


def _metrics(report: Report) -> Table:
    spans = report.metrics
    closed = f", because: {plain(report.incident.closed_why, 200)}" if report.incident.closed_why else ""
    return Table(
        columns=(
            Column(title="Measured", width="1.4fr"),
            Column(title="Time", width="1fr"),
            Column(title="From and to", width="3fr"),
        ),
        rows=(
            ("Time to detect", _span(spans.detect), "the attacker's first activity that was seen → opened"),
            ("Time to acknowledge", _span(spans.acknowledge), "opened → the first thing that a person did"),
            ("Time to contain", _span(spans.contain), "opened → every instance shown to be cut off"),
            (
                "Time to recover",
                _span(spans.recover),
                "opened → the application is healthy again (R3), once contained",
            ),
            ("Time to close", _span(spans.close), f"opened → closed{closed}"),
        ),
    )


def _span(span: timedelta | None) -> str:
    return elapsed(span) if span is not None else "not yet, or not recorded"
