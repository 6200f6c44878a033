"""A run: one execution of one approved proposal, a row for each step, resumable at any point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from playbook.proof import Proof, Rung
from playbook.proposal import Kind
from playbook.target import Target


class RunState(StrEnum):
    """APPROVED waits for an executor; PROVED, FAILED and UNDONE are ends, though a failed step can be retried."""

    APPROVED = "approved"
    EXECUTING = "executing"
    VERIFYING = "verifying"
    PROVED = "proved"
    FAILED = "failed"
    UNDONE = "undone"


ACTIVE = frozenset({RunState.APPROVED, RunState.EXECUTING})
"""States in which no other run may touch the same instance."""


Effect: TypeAlias = tuple[str, str]
"""One change of a run: the action that makes it, and its key within that action."""


class StepState(StrEnum):
    """One row of the card. APPLIED means: done, and a higher proof is waited for."""

    WAITING = "waiting"
    RUNNING = "running"
    APPLIED = "applied"
    PROVED = "proved"
    FAILED = "failed"
    UNDONE = "undone"


def state_after(proof: Proof) -> StepState:
    """The state of a step whose verify answered `proof`."""
    if proof.rung is Rung.PROVED:
        return StepState.PROVED
    return StepState.APPLIED if proof.rung is Rung.CONFIGURED else StepState.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action within a run. `says` and `waits` are the last proof's words; `problem` is why it failed."""

    run: str
    action: str
    state: StepState = StepState.WAITING
    attempt: int = 0
    began: datetime | None = None
    ended: datetime | None = None
    says: tuple[str, ...] = ()
    waits: str = ""
    problem: str = ""
    checks: int = 0
    """How many times its proof was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as stored; its id is its proposal's, so that one approval can start one run only."""

    id: str
    target: Target
    kind: Kind
    state: RunState
    holder: str = ""
    attempt: int = 0
    approved: datetime
    began: datetime | None = None
    ended: datetime | None = None


def state_of_run(kind: Kind, steps: tuple[Step, ...]) -> RunState:
    """The state that a run's rows add up to: EXECUTING while any of them is still to be carried out."""
    states = {s.state for s in steps}
    if states & {StepState.WAITING, StepState.RUNNING}:
        return RunState.EXECUTING
    if StepState.FAILED in states:
        return RunState.FAILED
    if kind is Kind.UNDO or states == {StepState.UNDONE}:
        return RunState.UNDONE
    return RunState.VERIFYING if StepState.APPLIED in states else RunState.PROVED
