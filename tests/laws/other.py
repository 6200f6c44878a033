"""A value of the same type that is another one: to see whether a hash notices."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any, cast


def other(value: Any) -> Any:
    """Another value than this one. Raises TypeError for a type that no plan has had so far."""
    match value:
        case bool():
            return not value
        case str():
            return value + "x"
        case int():
            return value + 1
        case datetime():
            return value + timedelta(seconds=1)
        case None:
            return "x"
        case tuple():
            items = cast("tuple[Any, ...]", value)
            return (other(items[0]), *items[1:]) if items else ("x",)
        case dict():
            return {**cast("dict[str, Any]", value), "x": "x"}
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            first = dataclasses.fields(value)[0].name
            return dataclasses.replace(value, **{first: other(getattr(value, first))})
        case _:
            raise TypeError(f"no other value is known for a {type(value).__name__}")
