"""A plan: exactly what a step would change, as a value that is shown, hashed, approved, stored and undone from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from pydantic import TypeAdapter

from playbook.target import Target

PASSING = {"passing": True}
"""Field metadata for what is shown in a plan but may change without making it another plan: health, times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a plan: what it is called, what it is now and what it will be; all text is outside text."""

    subject: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A plan in words, as the person who approves it reads it."""

    changes: tuple[Change, ...]
    calls: tuple[str, ...]
    undo: str
    notes: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@runtime_checkable
class Plan(Protocol):
    """What every action's own frozen plan has besides its own fields."""

    @property
    def target(self) -> Target:
        """The instance that the plan is about."""
        ...

    def show(self) -> Shown:
        """The plan in words."""
        ...


P = TypeVar("P", bound=Plan)
Json = dict[str, Any]


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def dump_json(value: object) -> Json:
    """A dataclass as JSON values: datetimes as ISO strings, sets and tuples as lists."""
    return cast("Json", _adapter(type(value)).dump_python(value, mode="json"))


def dump(plan: Plan) -> Json:
    """The plan as JSON values, from which `load` makes an equal plan."""
    return dump_json(plan)


def load(kind: type[P], body: Json) -> P:
    """The plan of type `kind` in `body`. Raises pydantic's ValidationError when it is none."""
    return cast("P", _adapter(kind).validate_python(body))


def digest(body: object) -> str:
    """SHA-256, in hexadecimal, of `body` as JSON with sorted keys and no spaces."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # JSON from outside may hold half a surrogate pair, which has no UTF-8 of its own.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(plan: Plan) -> str:
    """The hash that an approval names: everything in the plan but its passing fields."""
    if not dataclasses.is_dataclass(plan):
        raise TypeError(f"{type(plan).__name__} is no dataclass: only dataclasses are plans")
    passing = {f.name for f in dataclasses.fields(plan) if f.metadata.get("passing")}
    return digest([type(plan).__name__, {k: v for k, v in dump(plan).items() if k not in passing}])
