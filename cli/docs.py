"""The generated pages of the docs: `python -m cli.docs` writes them, with `--check` it only compares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from actions.check import Check, When
from actions.checks.catalogue import CHECKS
from cli.coverage import Covered, coverage
from playbook.approval import need
from playbook.environment import Environment

DOCS = Path(__file__).resolve().parent.parent / "docs"
_HEAD = """# Actions

What ec2ir can do to AWS, in the order in which people read it. This page is made from `actions/catalogue.py`
by `python -m cli.docs`; do not edit it.

| row | verb | what it does | needs in production | needs in dev and test | comes after | undo |
|---|---|---|---|---|---|---|
"""

_CHECKS = """# Checks

What ec2ir looks at by itself. It reads only; what can't be had is shown as a gap with the reason, never as clear.
This page is made from `actions/checks/catalogue.py` by `python -m cli.docs`; do not edit it.

| row | name | what it looks at | of | made |
|---|---|---|---|---|
"""
_COVERAGE = """# Coverage

Each row of the playbook: the code that carries it, its button, its verb, and the tests that prove it. Each of these
tests fails when that code does nothing, which `tests/coverage` tries. This page is made by `python -m cli.docs`; do
not edit it.

| row | playbook | code | button | verb | tests | open |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = "".join(_row(a) for a in ACTIONS)
    permissions = "".join(_permissions(a) for a in ACTIONS)
    return (
        f"{_HEAD}{rows}\n## IAM permissions\n\n`ec2ir iam-policy` prints them as a policy.\n\n{permissions}"
    )


def _row(action: AnyAction) -> str:
    first = " ".join(
        (sys.modules[action.execute.__module__].__doc__ or "").split("\n\n", maxsplit=1)[0].split()
    )
    cells = (
        action.row,
        f"`{action.name}`",
        first,
        need((action.risk,), Environment.PRODUCTION).words(None),
        need((action.risk,), Environment.NONPRODUCTION).words(None),
        ", ".join(f"`{a}`" for a in action.after) or "–",
        "yes" if action.undo is not None else "no",
    )
    return f"| {' | '.join(cells)} |\n"


def _permissions(action: AnyAction) -> str:
    listed = ", ".join(f"`{p}`" for p in sorted(action.permissions))
    return f"**{action.title}** (`{action.name}`): {listed}\n\n"


def checks() -> str:
    """The page of checks."""
    rows = "".join(_check_row(check) for check in CHECKS)
    permissions = "".join(
        f"**{c.title}** (`{c.name}`): {', '.join(f'`{p}`' for p in sorted(c.permissions)) or 'none'}\n\n"
        for c in CHECKS
    )
    return (
        f"{_CHECKS}{rows}\n## IAM permissions\n\n`ec2ir iam-policy` prints them as a policy.\n\n{permissions}"
    )


def _check_row(check: Check) -> str:
    cells = (
        ", ".join((check.row, *check.also)),
        f"`{check.name}`",
        check.title,
        check.of.value,
        {When.OPENED: "when an incident opens", When.ASKED: "when asked"}[check.when],
    )
    return f"| {' | '.join(cells)} |\n"


def covered() -> str:
    """The coverage table."""
    return _COVERAGE + "".join(_covered_row(row) for row in coverage())


def _covered_row(row: Covered) -> str:
    def each(values: Iterable[str]) -> str:
        return "<br>".join(dict.fromkeys(filter(None, values))) or "–"

    cells = (
        row.row,
        row.title,
        each(f"`{c.code}`" for c in row.carried if c.code),
        each(c.button for c in row.carried),
        each(f"`{c.verb}`" if c.verb.startswith(("/", "ec2ir")) else c.verb for c in row.carried),
        each(f"`{test}`" for test in row.tests),
        each(c.open for c in row.carried),
    )
    return f"| {' | '.join(cells)} |\n"


PAGES: Mapping[str, Callable[[], str]] = {"actions.md": page, "checks.md": checks, "coverage.md": covered}


def main() -> int:
    """Write the pages, or compare them; 1 when one is not what the code says."""
    stale = [name for name, make in PAGES.items() if not _same(DOCS / name, make().rstrip() + "\n")]
    for name in stale:
        sys.stderr.write(f"docs/{name} is out of date: run python -m cli.docs\n")
    return 1 if stale else 0


def _same(path: Path, wanted: str) -> bool:
    if "--check" not in sys.argv:
        path.write_text(wanted)
        return True
    return path.exists() and path.read_text() == wanted


if __name__ == "__main__":
    sys.exit(main())
