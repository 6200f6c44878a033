"""What the parsers share: instance ids and ARNs, places, and a shape that is checked with a refusal in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError

from intake.envelope import NOTHING_OPENED
from playbook.errors import BadInput
from playbook.text import plain

INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
NAMED = re.compile(rf"(?:arn:[a-z-]+:ec2:([a-z0-9-]*):([0-9]*):instance/)?({INSTANCE.pattern})")
"""An instance by its id or its ARN: region, account (both may be missing) and id."""
REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")
ACCOUNT = re.compile(r"[0-9]{12}")
TECHNIQUE = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
SEVERITIES = {"informational": 1.0, "info": 1.0, "low": 2.0, "medium": 5.0, "high": 8.0, "critical": 9.0}
"""Words for a severity on GuardDuty's scale: the middle of each band, the lower end of the highest."""

M = TypeVar("M", bound=BaseModel)


def shaped(model: type[M], body: Mapping[str, object], what: str, then: str) -> M:
    """`body` as `model`. Raises BadInput that says which member of `what` is wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "as a whole"
        raise BadInput(
            f"This is not {what}: {plain(where)}: {plain(first['msg'])}.", means=NOTHING_OPENED, then=then
        ) from problem


def said(value: object) -> Iterator[tuple[str, object]]:
    """Every plain value within JSON, with the names that lead to it; elements of a list share one path."""
    # Not recursive: a message may be nested as deeply as Python's own reader allows.
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, dict):
            inner = reversed(members(cast("object", one)).items())
            waiting.extend((f"{path}.{name}" if path else name, each) for name, each in inner)
        elif isinstance(one, list):
            waiting.extend((path, each) for each in reversed(cast("list[object]", one)))
        elif one is not None:
            yield path, one


def members(value: object) -> dict[str, object]:
    """The members of a JSON object; none of anything else."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def at(body: object, path: str) -> object:
    """The value at a dotted path, None where there is none."""
    for name in path.split("."):
        body = members(body).get(name)
    return body


def text_at(body: object, *paths: str) -> str:
    """The first of these paths that holds text (or a number), as text; empty where none does."""
    found = (at(body, path) for path in paths)
    return next((str(one) for one in found if isinstance(one, str | int | float) and one != ""), "")


def items(body: object, path: str) -> tuple[object, ...]:
    """The elements of the list at a dotted path; none where there is no list."""
    found = at(body, path)
    return tuple(cast("list[object]", found)) if isinstance(found, list) else ()
