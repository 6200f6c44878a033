"""Values of a type, and other values than a given one: to see whether a hash notices."""

from __future__ import annotations

import dataclasses
import types
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from tests.fakes.clock import NOON

_PLAIN: dict[object, object] = {str: "x", int: 1, bool: True, datetime: NOON}


def sample(kind: Any) -> Any:
    """A value of that type. Raises TypeError for a type that no plan has had so far."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, args = get_origin(kind), get_args(kind)
    if origin is tuple:
        return (sample(args[0]),)
    if origin is dict:
        return {sample(args[0]): sample(args[1])}
    if origin in (Union, types.UnionType):
        return sample(next(a for a in args if a is not types.NoneType))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if kind is Any:
        return "x"
    if dataclasses.is_dataclass(cast("Any", kind)):
        return _filled(kind)
    raise TypeError(f"no value is known for {kind}")


def _filled(kind: Any) -> Any:
    hints = get_type_hints(kind)
    return kind(**{f.name: sample(hints[f.name]) for f in dataclasses.fields(kind)})


def other(value: Any, kind: Any) -> Any:
    """A value of that type which is not this one."""
    match value:
        case Enum():
            return next(member for member in type(value) if member is not value)
        case bool():
            return not value
        case str():
            return value + "x"
        case int():
            return value + 1
        case datetime():
            return value + timedelta(seconds=1)
        case ():
            return sample(kind)
        case tuple():
            return cast("tuple[Any, ...]", value)[1:]
        case dict():
            return {**cast("dict[str, Any]", value), **(sample(kind) if get_args(kind) else {"x": "x"})}
        case None:
            return sample(kind)
        case _:
            first = dataclasses.fields(value)[0].name
            hint = get_type_hints(cast("type[Any]", type(value)))[first]
            return dataclasses.replace(value, **{first: other(getattr(value, first), hint)})
