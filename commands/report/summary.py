"""Half a page for those who were not there: what happened, what was done, is it contained, what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from commands.report.model import Report
from commands.report.table import Column, Section, Table
from playbook.checklist import Standing
from playbook.clock import elapsed, stamp
from playbook.rows import PlaybookRow
from playbook.run import StepState
from playbook.text import many, plain, words

_SOURCES = {
    "guardduty": "GuardDuty", "cloudtrail": "CloudTrail", "securityhub": "Security Hub", "edr": "the EDR product",
    "flowlogs": "VPC Flow Logs", "cpu": "a CPU alarm",
}  # fmt: skip


def summary(report: Report) -> Section:
    """Four short paragraphs and the metrics."""
    return Section(
        title="Summary for managers",
        named=(
            ("What happened", _happened(report)),
            ("What was done", _done(report)),
            ("Is it contained?", _contained(report)),
            ("What is open", _left(report)),
        ),
        tables=(_metrics(report),),
    )


def _happened(report: Report) -> str:
    incident, count = report.incident, len(report.instances)
    where = words([plain(f.name, 60) or f.instance for f in report.instances], most=3)
    machines = f"{count} EC2 instances" if count > 1 else "an EC2 instance"
    found = report.findings[0] if report.findings else None
    how = (
        f"The alert came from {_SOURCES.get(found.source) or plain(found.source, 40)}: {plain(found.type.full, 120)} "
        f"({found.severity.value}), seen {many(found.count, 'time')} since {stamp(found.first_seen)}."
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
        f"{said}: {words(list(dict.fromkeys(titles)), most=24)}."
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


def _left(report: Report) -> str:
    """A sentence for each kind of thing that is open, by number; each is told under “Open items”."""
    if not report.open_items:
        return "Nothing."
    told = {c.row for c in report.steps}
    standing = {
        s: [
            i.row
            for i in report.checklist
            if i.standing is s and (s is Standing.OPEN or i.row.id not in told)
        ]
        for s in (Standing.NOTABLE, Standing.GAP, Standing.OPEN)
    }
    parts = (
        "The evidence chain is not whole." if report.broken else "",
        _steps_left(report),
        _counted(standing[Standing.NOTABLE], "For a person to judge"),
        _counted(standing[Standing.GAP], "Could not be had"),
        _counted(standing[Standing.OPEN], "Not taken up"),
    )
    listed = f"“Open items” lists all {many(len(report.open_items), 'point')}."
    return " ".join((*(p for p in parts if p), listed))


def _steps_left(report: Report) -> str:
    latest = {(c.instance, c.step.action, c.undo): c for c in report.steps}.values()
    failed = list(dict.fromkeys(c.title for c in latest if c.step.state is StepState.FAILED))
    waits = list(dict.fromkeys(c.title for c in latest if c.step.state is StepState.APPLIED))
    parts = (
        f"Failed, and not done: {words(failed, most=4)}." if failed else "",
        f"Done, and not yet proved: {words(waits, most=4)}." if waits else "",
    )
    return " ".join(p for p in parts if p)


def _counted(rows: Sequence[PlaybookRow], what: str) -> str:
    """Such as: Could not be had: 3 rows of the playbook (2 in Investigate, 1 in Recover)."""
    if not rows:
        return ""
    by_phase = Counter(row.phase.heading for row in rows)
    where = words([f"{count} in {phase}" for phase, count in by_phase.items()], most=len(by_phase))
    return f"{what}: {many(len(rows), 'row')} of the playbook ({where})."


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
                "opened → a clean replacement serves, or the application is healthy again (R3)",
            ),
            ("Time to close", _span(spans.close), f"opened → closed{closed}"),
        ),
    )


def _span(span: timedelta | None) -> str:
    return elapsed(span) if span is not None else "not yet, or not recorded"
