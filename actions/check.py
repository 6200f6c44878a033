"""A check: one value that says what is looked at, and how. It reads only, and never holds a step up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from actions.scene import Scene
from playbook.answer import Answer
from playbook.rows import Phase


class When(StrEnum):
    """When a check is made by itself. Any can be asked for by hand at any time."""

    OPENED = "opened"
    ASKED = "asked"


class Of(StrEnum):
    """What a check is about: an instance, or an account and region as a whole (`target.instance` is empty)."""

    INSTANCE = "instance"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Everything about a check; verb, help, checklist row, IAM policy and docs are derived from it.

    `row` is the playbook's, `also` are further ones that it answers. `permissions` are the IAM actions of every
    call that `look` makes, no more and no fewer, together with those of the shared reads that it asks for.
    `look` raises AwsRefused, Ambiguous or Unreachable where AWS does; the caller turns that into a gap.
    """

    name: str
    title: str
    row: str
    phase: Phase
    permissions: frozenset[str]
    look: Callable[[Scene], Awaitable[Answer]]
    also: tuple[str, ...] = ()
    when: When = When.OPENED
    of: Of = Of.INSTANCE
