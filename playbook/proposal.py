"""A proposal: the plans of one or more steps on one instance, under one hash, waiting for its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from playbook.approval import Approval, Decision
from playbook.environment import Environment
from playbook.people import Person
from playbook.plan import Json, digest
from playbook.target import Target


class Kind(StrEnum):
    """Whether the plans are to be carried out, or to be undone."""

    DO = "do"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedStep:
    """One action's plan as stored: its body restores the plan, its fingerprint is what approval binds."""

    action: str
    body: Json
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A step that was asked for and has no plan, with the reason in words."""

    action: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """`proposer` is None for what ec2ir itself proposes. It is carried out at most once: by the run of its id."""

    id: str
    target: Target
    kind: Kind
    steps: tuple[ProposedStep, ...]
    left_out: tuple[LeftOut, ...] = ()
    proposer: Person | None
    environment: Environment
    sample: bool = False
    made: datetime
    expires: datetime
    decision: Decision = Decision.PENDING
    decided_by: str = ""
    decided: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    undoes: str = ""
    """For an undo: the run whose plans are taken back."""

    @property
    def hash(self) -> str:
        """What an approval names. SHA-256 over kind, instance, and each step's fingerprint in order."""
        where = [self.target.account, self.target.region, self.target.instance]
        return digest([self.kind.value, where, [[s.action, s.fingerprint] for s in self.steps]])

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of the steps, in order."""
        return tuple(s.action for s in self.steps)
