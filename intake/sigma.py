"""Sigma rules: files compiled by pySigma, each with the queries that its SQLite backend makes of it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from sigma.backends.sqlite import sqliteBackend
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from intake.matching import TABLE, TEXT, Rule, Rules, holds
from intake.shapes import SEVERITIES, TECHNIQUE
from playbook.text import plain

SHIPPED = Path(__file__).parent / "rules"
"""The folder of the rules that come with ec2ir: S1, S2 and a few more."""
_FIELD = re.compile(r"[^\x00-\x1f\"`]{1,200}")


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


def _files(folders: Iterable[Path], problems: list[str]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            problems.append(
                f"The folder of Sigma rules {plain(str(folder))} is not there: mend [sigma] rules."
            )
        yield from sorted(path for path in folder.glob("*") if path.suffix in {".yml", ".yaml"})


def _compiled(path: Path) -> Iterator[Rule]:
    backend = _backend()
    collection = SigmaCollection.from_yaml(path.read_text())
    if not collection.rules:
        raise ValueError("there is no rule in it")
    for rule in collection.rules:
        if not isinstance(rule, SigmaRule):
            problem = f"“{plain(str(rule.title))}” correlates events, and ec2ir looks at one at a time"
            raise ValueError(problem)  # noqa: TRY004 - the file is wrong, not the program
        source = rule.logsource
        if (source.product, source.service) != ("aws", "cloudtrail"):
            raise ValueError(f"“{plain(rule.title)}” is not about product aws, service cloudtrail")
        yield _rule(rule, backend)


class _Backend(Protocol):
    """What is used of pySigma's SQLite backend, which carries no types."""

    def required_fields(self, rule: SigmaRule) -> Sequence[str]: ...
    def convert_rule(self, rule: SigmaRule) -> Sequence[object]: ...


def _backend() -> _Backend:
    options: dict[str, Any] = {"table": TABLE, "collate_nocase": True, "fulltext_field": TEXT}
    return cast("_Backend", sqliteBackend(**options))


def _rule(rule: SigmaRule, backend: _Backend) -> Rule:
    fields = tuple(backend.required_fields(rule)) or (TEXT,)
    if not all(_FIELD.fullmatch(name) for name in fields):
        raise ValueError(f"“{plain(rule.title)}” names a field that no event can have")
    if len({name.casefold() for name in fields}) != len(fields):
        raise ValueError(f"“{plain(rule.title)}” spells one field in two ways")
    level = rule.level.name.lower() if rule.level else "medium"
    made = Rule(
        id=str(rule.id) if rule.id else plain(rule.title),
        title=plain(rule.title),
        description=plain(rule.description or "", 1000),
        score=SEVERITIES[level],
        techniques=tuple(filter(TECHNIQUE.fullmatch, (tag.name.upper() for tag in rule.tags))),
        fields=fields,
        queries=tuple(map(str, backend.convert_rule(rule))),
    )
    holds(made, {})  # a query that SQLite refuses, or a pattern that is none, shows now
    return made


def _problem(path: Path, why: str) -> str:
    return f"The Sigma rule {plain(path.name)} is not in force: {plain(why, 300)}. The others are."
