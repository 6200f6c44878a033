"""A target as four columns of a row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from playbook.target import Target
from storage.sql import row_of

PLACE = ("account", "region", "instance", "incident")


def flat(target: Target) -> dict[str, Any]:
    """The target's columns."""
    return row_of(target)


def target_of(row: RowMapping) -> Target:
    """The target in a row."""
    return Target(**{name: row[name] for name in PLACE})
