"""The generated part of the docs: `python -m cli.docs` writes it, with `--check` it only compares."""

from __future__ import annotations

import sys
from pathlib import Path

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from playbook.approval import need
from playbook.environment import Environment

PAGE = Path(__file__).resolve().parent.parent / "docs" / "actions.md"
_HEAD = """# Actions

What ec2ir can do to AWS, in the order in which people read it. This page is made from `actions/catalogue.py`
by `python -m cli.docs`; do not edit it.

| row | verb | what it does | needs in production | needs in dev and test | comes after | undo |
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


def main() -> int:
    """Write the page, or compare it; 1 when it is not what the code says."""
    wanted = page().rstrip() + "\n"
    if "--check" not in sys.argv:
        PAGE.write_text(wanted)
        return 0
    same = PAGE.exists() and PAGE.read_text() == wanted
    if not same:
        sys.stderr.write("docs/actions.md is out of date: run python -m cli.docs\n")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
