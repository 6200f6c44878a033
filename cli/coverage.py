"""The coverage table: each row of the playbook with the code that carries it, its button, its verb and its test.

Rows of actions and checks come from their catalogues, tests from the marker `row`; the rest is named here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from actions.catalogue import ACTIONS
from actions.checks.catalogue import CHECKS
from playbook.rows import CHECKLIST, RULES

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What carries a row. `code` is `module:name`; `open` says what of the row is not there yet, and why."""

    code: str
    button: str
    verb: str
    open: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """One line of the table; `tests` are paths with names, as pytest takes them."""

    row: str
    title: str
    carried: tuple[Carried, ...]
    tests: tuple[str, ...]


def _by_hand() -> dict[str, Carried]:
    return {}


def carriers() -> dict[str, tuple[Carried, ...]]:
    """What carries each row, by the row's id; first what acts, then what looks, then the rest."""
    found: dict[str, list[Carried]] = {}
    for action in ACTIONS:
        module = action.execute.__module__
        code = f"{module}:{module.rpartition('.')[2]}"
        for row in (action.row, *action.also):
            found.setdefault(row, []).append(
                Carried(code=code, button=f"{action.title}: Plan", verb=f"/ec2ir {action.name}")
            )
    for check in CHECKS:
        code = f"{check.look.__module__}:{check.look.__name__}"
        for row in (check.row, *check.also):
            found.setdefault(row, []).append(
                Carried(code=code, button="Checklist: Check", verb=f"/ec2ir check {check.name}")
            )
    for row, carried in _by_hand().items():
        found.setdefault(row, []).append(carried)
    return {row: tuple(all_of) for row, all_of in found.items()}


def coverage(tests: Path = ROOT / "tests") -> tuple[Covered, ...]:
    """Every row of the playbook, in its order, with what carries it and what proves it."""
    carried, proved = carriers(), _marked(tests)
    return tuple(
        Covered(row=r.id, title=r.title, carried=carried.get(r.id, ()), tests=proved.get(r.id, ()))
        for r in (*RULES, *CHECKLIST)
    )


def _marked(tests: Path) -> Mapping[str, tuple[str, ...]]:
    """The tests that name each row, by the row's id."""
    found: dict[str, list[str]] = {}
    for path in sorted(tests.rglob("test_*.py")):
        text = path.read_text()
        if "mark.row(" not in text:
            continue
        where = path.relative_to(tests.parent).as_posix()
        for name, row in _names(ast.parse(text)):
            found.setdefault(row, []).append(f"{where}::{name}")
    return {row: tuple(dict.fromkeys(names)) for row, names in found.items()}


def _names(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                for call in ast.walk(decorator):
                    if isinstance(call, ast.Call) and _is_row(call.func):
                        yield from ((node.name, row) for row in _texts(call.args))


def _is_row(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "row"


def _texts(arguments: Iterable[ast.expr]) -> Iterator[str]:
    for node in arguments:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
