"""An action: one value that says what a step is, and how to plan, carry out, prove and undo it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, get_type_hints

from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.plan import Json, Plan, load
from playbook.proof import Proof
from playbook.rows import Phase
from playbook.target import Target

P = TypeVar("P", bound=Plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What verify looks through. `applied` is when the step's change was complete, None when it never was."""

    aws: Account
    now: datetime
    applied: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[P]):
    """Everything about a step; buttons, verbs, help, rows, rules, IAM policy and docs are derived from it.

    `also` are further rows of the playbook that it carries out. `after` names the actions that must have made
    their change before this one first changes the target.
    `permissions` are the IAM actions of every call that its four functions make, no more and no fewer.
    `plan` reads only, and raises DoesNotApply when there is nothing to do. `execute` compares what is desired
    with what it observes, so repeating it is harmless. `undo` needs only the plan and raises Drift when
    somebody else changed what it would restore; None where a step can't be undone. `rescue` is what must happen
    before anything else when a run is taken over from a dead process; most steps need none. `knew` is for a step
    whose plan is made from `aws.brief`: the brief from which the same plan is made again, whatever became known
    since; an undo is proved with it.
    """

    name: str
    title: str
    row: str
    phase: Phase
    risk: Risk
    permissions: frozenset[str]
    after: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    plan: Callable[[Target, Account], Awaitable[P]]
    execute: Callable[[P, Run], Awaitable[None]]
    verify: Callable[[P, Look], Awaitable[Proof]]
    undo: Callable[[P, Run], Awaitable[None]] | None
    rescue: Callable[[P, Run], Awaitable[None]] | None = None
    knew: Callable[[P], Brief] | None = None

    def load(self, body: Json) -> P:
        """The plan in a stored body; its type is what `plan` is annotated to answer."""
        kind: type[P] = get_type_hints(self.plan)["return"]
        return load(kind, body)


AnyAction = Action[Any]
