"""Following a run from a terminal to its end: one line for each step as its state changes."""

from __future__ import annotations

import asyncio

from actions.catalogue import BY_NAME
from cli.doors import err, out
from commands.desk import Desk
from playbook.errors import StepFailed
from playbook.run import ACTIVE, RunRecord, RunState, Step, StepState
from playbook.text import plain

_MARK = {
    StepState.WAITING: "⚪",
    StepState.RUNNING: "🔵",
    StepState.APPLIED: "🟡",
    StepState.PROVED: "🟢",
    StepState.FAILED: "🔴",
    StepState.UNDONE: "↩️",
}
PATIENCE = 120
"""Seconds after which following ends; the run goes on."""


async def follow(desk: Desk, run: str, *, quiet: bool = False) -> RunRecord:
    """Print each step's states until the run no longer executes; the run as it then is.

    Raises StepFailed when nobody carried the run within two minutes.
    """
    seen: dict[str, Step] = {}
    for _ in range(PATIENCE * 4):
        async with desk.store.begin() as unit:
            record, steps = await unit.runs.get(run), await unit.runs.steps(run)
        if not quiet:
            _print_news(seen, steps)
        if record is not None and record.state not in ACTIVE:
            return record
        await asyncio.sleep(0.25)
    raise StepFailed(
        f"Run {run} is not finished after {PATIENCE} seconds.",
        means="It goes on, or waits for a running ec2ir serve.",
        then="ec2ir incident show tells how it stands.",
    )


async def check_end(desk: Desk, record: RunRecord) -> None:
    """Raise StepFailed when a step of the run failed; say what a proof still waits for."""
    async with desk.store.begin() as unit:
        steps = await unit.runs.steps(record.id)
    failed = [BY_NAME[s.action].title for s in steps if s.state is StepState.FAILED]
    if failed or record.state is RunState.FAILED:
        raise StepFailed(
            f"Failed: {', '.join(failed) or 'the run'}.",
            means="The other steps stand as shown.",
            then=f"Mend the cause, then: ec2ir run {record.id}",
        )
    waiting = [BY_NAME[s.action].title for s in steps if s.state is StepState.APPLIED]
    if waiting:
        err.print(
            f"Not proved yet: {', '.join(waiting)}. ec2ir serve goes on looking; "
            f"ec2ir incident show {record.target.incident} tells how it stands.",
            markup=False,
        )


def _print_news(seen: dict[str, Step], steps: tuple[Step, ...]) -> None:
    for step in steps:
        before = seen.get(step.action)
        if before is None or before.state is not step.state:
            words = step.problem or "; ".join((*step.says, *((step.waits,) if step.waits else ())))
            line = (
                f"{_MARK[step.state]} {BY_NAME[step.action].title}: {step.state.value}  {plain(words, 400)}"
            )
            (err if step.state is StepState.FAILED else out).print(line.rstrip(), markup=False)
        seen[step.action] = step
