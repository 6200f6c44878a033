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
    """What carries a row: `code` is `module:name`; `open` says what of the row is not there yet, and why.

    Where nothing carries it yet, code, button and verb are empty.
    """

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


_OVER_ACCOUNTS = "looks in the incident's own account and region; over the organisation comes with the watch"

_BY_HAND: tuple[tuple[str, str, str, str, str], ...] = (
    # Rows, code, button, verb, and what is not there yet.
    ("T1", "intake.guardduty:parse", "Contain now ▸", "/ec2ir declare", ""),
    ("T2", "intake.cloudtrail:parse", "Contain now ▸", "/ec2ir declare", ""),
    ("T3", "intake.edr:parse", "Contain now ▸", "/ec2ir declare", ""),
    ("T4 T5", "intake.alarms:parse", "Show processes", "/ec2ir declare", ""),
    ("D1", "playbook.decisions:_d1", "Contain now ▸", "/ec2ir plan", ""),
    ("D2", "playbook.decisions:_d2", "Contain now ▸", "/ec2ir plan", ""),
    ("D3 D4", "playbook.decisions:_investigate", "Show processes", "/ec2ir malicious", ""),
    ("D3 D4", "commands.checklist:judge_process", "Show processes: Yes, malicious", "/ec2ir malicious", ""),
    ("D5", "playbook.decisions:_d5", "Plan what is recommended", "/ec2ir plan", ""),
    ("G1 G2", "intake.guardduty:parse", "Contain now ▸", "/ec2ir plan", ""),
    ("G1 G2", "playbook.decisions:_by_type", "Contain now ▸", "/ec2ir plan", ""),
    ("G3 G4 G5 G6", "intake.guardduty:parse", "Show processes", "/ec2ir malicious", ""),
    ("G3 G4 G5 G6", "playbook.decisions:_by_type", "Show processes", "/ec2ir malicious", ""),
    ("I1 I2 I3 I4 I5 I6", "commands.indicators:learn", "Checklist: F5", "/ec2ir ioc", ""),
    ("I1 I2 I3 I4 I5 I6", "commands.ioc:add", "Checklist: F5", "/ec2ir ioc", ""),
    ("X2", "commands.together:approve_together", "Contain all ▸", "/ec2ir join", ""),
    ("X1 X2 X3 X4 X5 X6", "commands.escalate:review", "Acknowledge", "/ec2ir escalate", ""),
    ("X1 X2 X3 X4 X5 X6", "playbook.situation:due", "Acknowledge", "/ec2ir escalate", ""),
    ("Q1 Q2 Q3 Q4", "commands.root_cause:state", "none: it takes words", "/ec2ir rootcause", ""),
    ("S1", "intake.matching:holds", "Contain now ▸", "/ec2ir plan", ""),
    ("S2", "intake.matching:holds", "Not malicious", "/ec2ir close", ""),
    ("R7", "commands.watch_round:fire", "Extend 24 h, Stop…, Sign…", "/ec2ir watch", ""),
    ("H6", "commands.audits:fire", "none: every quarter by itself", "/ec2ir audit", ""),
    ("F1", "commands.close:take_lead", "Checklist: Done", "/ec2ir lead", ""),
    ("F6", "commands.inquire:inquire", "Checks", "/ec2ir hunt", _OVER_ACCOUNTS),
)
"""What neither an action nor a check carries. A row without code is open, and says why."""


def _by_hand() -> Iterator[tuple[str, Carried]]:
    for rows, code, button, verb, missing in _BY_HAND:
        carried = Carried(code=code, button=button, verb=verb, open=missing)
        yield from ((row, carried) for row in rows.split())


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
                Carried(code=code, button="Checks", verb=f"/ec2ir check {check.name}")
            )
    for row, carried in _by_hand():
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
