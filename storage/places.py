"""A target as four columns of a row."""

from __future__ import annotations

from playbook.target import Target
from storage.sql import Row, row_of


def flat(target: Target) -> Row:
    """The target's columns."""
    return row_of(target)


def target_of(row: Row) -> Target:
    """The target in a row, taken out of it."""
    return Target(**{name: row.pop(name) for name in ("account", "region", "instance", "incident")})
