"""Whether a GuardDuty finding meets finding criteria: paths into the finding, and the conditions on them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from operator import ge, gt, le, lt
from typing import Any, Final, cast

_COMPARE: Final = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_LONG: Final = {
    "equals": "eq",
    "notEquals": "neq",
    "greaterThan": "gt",
    "greaterThanOrEqual": "gte",
    "lessThan": "lt",
    "lessThanOrEqual": "lte",
}
_DATES: Final = {"createdAt", "updatedAt", "eventFirstSeen", "eventLastSeen"}


def values_at(thing: Any, path: str) -> Iterator[Any]:
    """What is at that dotted path of a finding, all of it where a list is on the way."""
    if isinstance(thing, list):
        for each in cast("list[Any]", thing):
            yield from values_at(each, path)
    elif not path:
        if thing is not None:
            yield thing
    elif isinstance(thing, dict):
        name, _, rest = path.partition(".")
        yield from values_at(cast("dict[str, Any]", thing).get(name), rest)


def _text(value: Any) -> str:
    """As criteria write it: `true`, `8`, `192.0.2.1`."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(path: str, value: Any) -> float:
    """A date counts in milliseconds since the epoch. Raises ValueError for what is no number."""
    if path.rpartition(".")[2] in _DATES and isinstance(value, str):
        return datetime.fromisoformat(value).timestamp() * 1000
    return float(value)


def _met(path: str, values: list[Any], operator: str, wanted: Any) -> bool:
    said = [_text(value) for value in values]
    match _LONG.get(operator, operator):
        case "eq":
            return any(text in map(str, wanted) for text in said)
        case "neq":
            return all(text not in map(str, wanted) for text in said)
        case "matches":
            return any(fnmatchcase(text, pattern) for text in said for pattern in wanted)
        case "notMatches":
            return not any(fnmatchcase(text, pattern) for text in said for pattern in wanted)
        case comparison if comparison in _COMPARE:
            compare = _COMPARE[comparison]
            return any(compare(_number(path, value), float(wanted)) for value in values)
        case _:
            raise ValueError(operator)


def meets(finding: Mapping[str, Any], criterion: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a finding meets all conditions. Raises ValueError for a condition that cannot be applied.

    Source: GuardDuty API reference, ListFindings, `findingCriteria`; Condition: its operators, the older short
    names among them, and dates in milliseconds; `eq` on `service.archived` takes `true` and `false`.
    """
    return all(
        _met(path, list(values_at(finding, path)), operator, wanted)
        for path, conditions in criterion.items()
        for operator, wanted in conditions.items()
    )
