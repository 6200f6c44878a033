"""Sigma rules on CloudTrail events: compiled once by pySigma, evaluated by SQLite on one event at a time.

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
from pathlib import Path
from typing import cast

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from playbook.text import plain

SHIPPED = Path(__file__).parent / "rules"
"""The folder of the rules that come with ec2ir: S1, S2 and a few more."""
MOST_ROWS = 1000
"""Combinations of an event's lists that are looked at; what is over that is not."""
LONGEST = 4096
"""Characters of one value that are matched: what an attacker wrote must not keep a pattern busy for ever."""

_TABLE = "events"
_TEXT = "everything said in the event"
_SCORES = {"informational": 1.0, "low": 2.0, "medium": 5.0, "high": 8.0, "critical": 9.0}
_TECHNIQUE = re.compile(r"attack\.(t[0-9]{4}(?:\.[0-9]{3})?)", re.IGNORECASE)
_FIELD = re.compile(r"[^\x00-\x1f\"`]{1,200}")


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


def load(*folders: Path) -> Rules:
    """The rules in `*.yml` and `*.yaml` of these folders. What can't be used is a problem, never an error."""
    rules: dict[str, Rule] = {}
    problems: list[str] = []
    for path in _files(folders, problems):
        try:
            for rule in _compiled(path):
                if rule.id in rules:
                    problems.append(_problem(path, f"its id {rule.id} is taken by “{rules[rule.id].title}”"))
                else:
                    rules[rule.id] = rule
        except (SigmaError, OSError, ValueError, sqlite3.Error, RecursionError) as error:
            problems.append(_problem(path, str(error) or type(error).__name__))
        except Exception as error:  # noqa: BLE001 - the library's parser fails in its own ways on odd YAML
            problems.append(_problem(path, f"{type(error).__name__}: {error}"))
    return Rules(rules=tuple(rules.values()), problems=tuple(problems))


def matches(rules: Iterable[Rule], event: Mapping[str, object]) -> tuple[Rule, ...]:
    """Those rules that the event satisfies.

    A list within the event matches when one of its elements does, each list combined with each other.
    """
    values = dict(_flat(event))
    return tuple(rule for rule in rules if _holds(rule, values))


def _holds(rule: Rule, values: Mapping[str, Sequence[object]]) -> bool:
    columns = [values.get(name.casefold(), (None,)) for name in rule.fields]
    rows = list(itertools.islice(itertools.product(*columns), MOST_ROWS))
    with closing(_database(rule.fields)) as database:
        database.executemany(f"INSERT INTO {_TABLE} VALUES ({', '.join('?' * len(rule.fields))})", rows)
        return any(database.execute(query).fetchone() for query in rule.queries)


def _database(fields: Sequence[str]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.create_function("regexp", 2, _regexp, deterministic=True)
    # Sigma compares without case; no type, so that numbers stay numbers.
    columns = ", ".join(f'"{name}" COLLATE NOCASE' for name in fields)
    database.execute(f"CREATE TABLE {_TABLE} ({columns})")
    return database


def _regexp(pattern: str, value: object) -> bool:
    return value is not None and _pattern(pattern).search(str(value)) is not None


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _flat(value: object, path: str = "") -> Iterator[tuple[str, list[object]]]:
    found: dict[str, dict[object, None]] = {}
    for name, leaf in _leaves(value, path):
        found.setdefault(name.casefold(), {})[leaf] = None
    everything = "\n".join(str(leaf) for leaves in found.values() for leaf in leaves)
    yield from ((name, list(leaves)) for name, leaves in found.items())
    yield _TEXT, [everything[: LONGEST * 16]]


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, object]", value).items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _leaves(inner, path)
    elif isinstance(value, bool):
        yield path, str(value).lower()
    elif isinstance(value, str):
        yield path, value[:LONGEST]
    elif isinstance(value, int):
        yield path, value if abs(value) < 2**63 else str(value)
    elif value is not None:
        yield path, value


def _files(folders: Iterable[Path], problems: list[str]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            problems.append(f"The folder of Sigma rules {plain(str(folder))} is not there: mend [sigma] rules.")
        yield from sorted(path for path in folder.glob("*") if path.suffix in {".yml", ".yaml"})


def _compiled(path: Path) -> Iterator[Rule]:
    backend = sqliteBackend(table=_TABLE, collate_nocase=True, fulltext_field=_TEXT)
    collection = SigmaCollection.from_yaml(path.read_text())
    if not collection.rules:
        raise ValueError("there is no rule in it")
    for rule in collection.rules:
        if not isinstance(rule, SigmaRule):
            raise ValueError(f"“{plain(str(rule.title))}” correlates events, and ec2ir looks at one at a time")
        source = rule.logsource
        if (source.product, source.service) != ("aws", "cloudtrail"):
            raise ValueError(f"“{plain(rule.title)}” is not about product aws, service cloudtrail")
        yield _rule(rule, backend)


def _rule(rule: SigmaRule, backend: sqliteBackend) -> Rule:
    fields = tuple(backend.required_fields(rule)) or (_TEXT,)
    if not all(_FIELD.fullmatch(name) for name in fields):
        raise ValueError(f"“{plain(rule.title)}” names a field that no event can have")
    if len({name.casefold() for name in fields}) != len(fields):
        raise ValueError(f"“{plain(rule.title)}” spells one field in two ways")
    level = rule.level.name.lower() if rule.level else "medium"
    made = Rule(
        id=str(rule.id) if rule.id else plain(rule.title),
        title=plain(rule.title),
        description=plain(rule.description or "", 1000),
        score=_SCORES[level],
        techniques=tuple(t[1].upper() for tag in rule.tags if (t := _TECHNIQUE.fullmatch(str(tag)))),
        fields=fields,
        queries=tuple(str(query) for query in backend.convert_rule(rule)),
    )
    _holds(made, {})  # a query that SQLite refuses, or a pattern that is none, shows now
    return made


def _problem(path: Path, why: str) -> str:
    return f"The Sigma rule {plain(path.name)} is not in force: {plain(why, 300)}. The others are."
