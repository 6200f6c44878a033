"""Slack's reference of its methods, beside the repository: arguments, and every documented code."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

REFERENCE = Path(__file__).parents[3].parent / "shared" / "data" / "slack" / "methods.json"


def reference() -> dict[str, Any]:
    """The reference by method. Skips where it is absent."""
    if not REFERENCE.exists():
        pytest.skip(f"Slack's method reference is not beside the repository: {REFERENCE}")
    return cast("dict[str, Any]", json.loads(REFERENCE.read_text()))
