"""Compiled Sigma rules on one event at a time, by SQLite.

A rule costs an event about a fifth of a millisecond: most of it for a fresh database in memory, which no event shares.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache

from intake.shapes import said

TABLE = "events"
TEXT = "everything said in the event"
"""The column that rules without a field are matched on."""
MOST_ROWS = 1000
"""Combinations of an event's lists that are looked at; what is over that is not."""
LONGEST = 4096
"""Characters of one value that are matched: what an attacker wrote must not keep a pattern busy for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A compiled rule. `score` is its level on GuardDuty's scale, `queries` are alternatives over `fields`."""

    id: str
    title: str
    description: str
    score: float
    techniques: tuple[str, ...]
    fields: tuple[str, ...]
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules that are in force, and in words those that are not: which, and why."""

    rules: tuple[Rule, ...] = ()
    problems: tuple[str, ...] = ()


def matches(rules: Iterable[Rule], event: Mapping[str, object]) -> tuple[Rule, ...]:
    """Those rules that the event satisfies.

    A list within the event matches when one of its elements does, each list combined with each other.
    """
    values = dict(_flat(event))
    return tuple(rule for rule in rules if holds(rule, values))


def holds(rule: Rule, values: Mapping[str, Sequence[object]]) -> bool:
    """Whether one combination of these values (by path, lower case) satisfies the rule. Raises sqlite3.Error."""
    columns = [values.get(name.casefold(), (None,)) for name in rule.fields]
    rows = list(itertools.islice(itertools.product(*columns), MOST_ROWS))
    with closing(_database(rule.fields)) as database:
        marks = ", ".join("?" * len(rule.fields))
        database.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", rows)  # noqa: S608 - only question marks
        return any(database.execute(query).fetchone() for query in rule.queries)


def _database(fields: Sequence[str]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.create_function("regexp", 2, _regexp, deterministic=True)
    # Sigma compares without case; no type, so that numbers stay numbers.
    columns = ", ".join(f'"{name}" COLLATE NOCASE' for name in fields)
    database.execute(f"CREATE TABLE {TABLE} ({columns})")
    return database


def _regexp(pattern: str, value: object) -> bool:
    return value is not None and _pattern(pattern).search(str(value)) is not None


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _flat(event: Mapping[str, object]) -> Iterator[tuple[str, list[object]]]:
    found: dict[str, dict[object, None]] = {}
    for name, value in said(event):
        found.setdefault(name.casefold(), {})[_leaf(value)] = None
    everything = "\n".join(str(leaf) for leaves in found.values() for leaf in leaves)
    yield from ((name, list(leaves)) for name, leaves in found.items())
    yield TEXT, [everything[: LONGEST * 16]]


def _leaf(value: object) -> object:
    """A plain value as SQLite holds it; truth as Sigma spells it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return value if abs(value) < 2**63 else str(value)
    # Half a surrogate pair can be spelt in JSON, and in no database.
    return value[:LONGEST].encode(errors="replace").decode() if isinstance(value, str) else value
