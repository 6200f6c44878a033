"""What is still to be done: the sentences with which a report must not let anybody off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from commands.board import Board
from commands.checklist import items
from commands.report.deadlines import running
from commands.report.model import Carried, Word
from playbook.checklist import Standing
from playbook.clock import stamp
from playbook.incident import IncidentState
from playbook.run import StepState

_LEFT = {Standing.NOTABLE: "needs a person", Standing.GAP: "could not be had"}


def open_items(
    board: Board, words: Sequence[Word], steps: Sequence[Carried], broken: Sequence[str], *, stated: bool
) -> tuple[str, ...]:
    """In the order of their weight: evidence, containment, steps, break-glass, deadlines, plans, rows, root cause."""
    return tuple(_open(board, words, steps, broken, stated=stated))


def _open(
    board: Board, words: Sequence[Word], steps: Sequence[Carried], broken: Sequence[str], *, stated: bool
) -> Iterator[str]:
    if broken:
        yield f"The evidence chain is NOT whole: {'; '.join(broken)}"
    if board.incident.contained is None and not board.incident.sample:
        yield "The incident is not shown to be contained"
    latest = {(c.instance, c.step.action, c.undo): c for c in steps}
    yield from _steps(latest.values())
    for word in words:
        if word.override and word.at is not None:
            yield f"{word.person} broke the glass at {stamp(word.at)}, to be reviewed: {word.override}"
    yield from running(board.clocks, board.now)
    for plan in board.pending:
        yield f"Plan {plan.hash[:8]} waits for approval until {stamp(plan.expires)}"
    yield from _rows(board, {c.row for c in latest.values()})
    if not stated:
        yield "The root cause is what the findings speak for; nobody has stated it"
    if board.incident.state is IncidentState.OPEN:
        yield "The incident is open"


def _steps(steps: Iterable[Carried]) -> Iterator[str]:
    for carried in steps:
        what = f"{'Undo: ' if carried.undo else ''}{carried.title} on {carried.instance}"
        if carried.step.state is StepState.FAILED:
            yield f"{what} failed: {carried.step.problem}"
        elif carried.step.state is StepState.APPLIED:
            yield f"{what} is applied; its proof waits for: {carried.step.waits or 'another look'}"


def _rows(board: Board, told: Collection[str]) -> Iterator[str]:
    """Rows that need somebody one by one, and those that nobody touched in one line a phase.

    `told` are rows whose steps speak for themselves.
    """
    untouched: dict[str, list[str]] = {}
    for item in items(board):
        if item.standing is Standing.OPEN:
            untouched.setdefault(item.row.phase.heading, []).append(item.row.id)
        elif item.standing in _LEFT and item.row.id not in told:
            why = f": {item.words}" if item.words else ""
            yield f"{item.row.id} {item.row.title} {_LEFT[item.standing]}{why}"
    for phase, rows in untouched.items():
        yield f"{phase}: nothing is known of {', '.join(rows)}"
