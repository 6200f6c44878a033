"""What was done: each step with its proof, rung by rung."""

from __future__ import annotations

from commands.report.model import Carried, Report
from commands.report.table import Column, Section, Table
from playbook.clock import elapsed
from playbook.run import StepState

_STATES = {
    StepState.WAITING: "waits to start",
    StepState.RUNNING: "running",
    StepState.APPLIED: "applied; proof incomplete",
    StepState.PROVED: "PROVED",
    StepState.FAILED: "FAILED",
    StepState.UNDONE: "undone",
}


def steps(report: Report) -> Section:
    """Every step that was carried out, in the order in which it was approved."""
    return Section(
        title="Steps and their proof",
        lines=(
            "A step is proved by a fresh look at AWS, never by the answer to its own call.",
            "The rungs of a proof are: applied, configuration verified, proved.",
        ),
        tables=(
            Table(
                columns=(
                    Column(title="Step", width="2.2fr"),
                    Column(title="Instance", width="1.7fr", mono=True),
                    Column(title="Began, took", width="1.7fr"),
                    Column(title="Stands", width="1.2fr"),
                    Column(title="Proof, rung by rung", width="2fr"),
                    Column(title="What was seen", width="3.2fr"),
                ),
                rows=tuple(_row(c) for c in report.steps),
                empty="No step was carried out.",
            ),
        ),
    )


def _row(carried: Carried) -> tuple[str, ...]:
    step = carried.step
    title = f"{carried.row} {carried.title}".strip()
    took = f", {elapsed(step.ended - step.began)}" if step.began and step.ended else ""
    seen = step.problem or "; ".join(step.says)
    return (
        f"Undo: {title}" if carried.undo else title,
        carried.instance,
        f"{step.began:%Y-%m-%d %H:%M:%S}{took}" if step.began else "",
        _STATES[step.state],
        "; ".join(f"{rung} {at:%H:%M:%S}" for at, rung in carried.ladder) or "not looked at",
        f"{seen}; waits for {step.waits}" if step.waits else seen,
    )
