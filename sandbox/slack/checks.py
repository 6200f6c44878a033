"""Small checkers that compose: each looks at one JSON value and adds what is wrong, with a json-pointer."""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

# (value, json-pointer, problems found so far)
Check = Callable[[Any, str, list[str]], None]


def problem(problems: list[str], pointer: str, complaint: str) -> None:
    """Add a complaint in the form that `response_metadata.messages` has."""
    problems.append(f"[ERROR] {complaint} [json-pointer:{pointer}]")


def anything(_value: Any, _pointer: str, _problems: list[str]) -> None:
    """Accept whatever comes: for parts of Block Kit that this workspace stores and does not read."""


def boolean(value: Any, pointer: str, problems: list[str]) -> None:
    """Accept true and false."""
    if not isinstance(value, bool):
        problem(problems, pointer, "must be a boolean")


def integer(value: Any, pointer: str, problems: list[str]) -> None:
    """Accept whole numbers."""
    if not isinstance(value, int) or isinstance(value, bool):
        problem(problems, pointer, "must be an integer")


def between(least: int, most: int) -> Check:
    """Accept whole numbers from `least` to `most`."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problem(problems, pointer, "must be an integer")
        elif value < least:
            problem(problems, pointer, f"must be greater than or equal to {least}")
        elif value > most:
            problem(problems, pointer, f"must be less than or equal to {most}")

    return check


def pattern(expression: str, meaning: str) -> Check:
    """Accept a string that the expression matches whole; `meaning` is the form in words, such as `YYYY-MM-DD`."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, str) or not re.fullmatch(expression, value):
            problem(problems, pointer, f"must match the format {meaning}")

    return check


def exactly_one(check: Check, *names: str) -> Check:
    """Accept what passes `check` and has one of these fields, not several and not none."""

    def both(value: Any, pointer: str, problems: list[str]) -> None:
        check(value, pointer, problems)
        given = [
            name for name in names if isinstance(value, dict) and cast("Any", value).get(name) is not None
        ]
        if isinstance(value, dict) and len(given) != 1:
            problem(problems, pointer, f"must have exactly one of: {', '.join(names)}")

    return both


def string(most: int, least: int = 1) -> Check:
    """Accept a string of `least` to `most` characters."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, str):
            problem(problems, pointer, "must be a string")
        elif len(value) > most:
            problem(problems, pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            problem(problems, pointer, f"must be more than {least - 1} characters")

    return check


def choice(*allowed: str) -> Check:
    """Accept one of these strings."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if value not in allowed:
            problem(problems, pointer, f"must be a valid enum value: {', '.join(allowed)}")

    return check


def text(most: int, *, plain: bool = False) -> Check:
    """Accept a text object; `plain` allows only `plain_text`."""
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    fields = {"type": choice(*kinds), "text": string(most), "emoji": boolean, "verbatim": boolean}

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        thing(fields, {"type", "text"})(value, pointer, problems)
        if isinstance(value, dict):
            only = {"plain_text": "verbatim", "mrkdwn": "emoji"}.get(
                str(cast("dict[str, Any]", value).get("type"))
            )
            if only in value:
                problem(problems, f"{pointer}/{only}", f"invalid additional property: {only}")

    return check


def many(item: Check, most: int, least: int = 1) -> Check:
    """Accept a list of `least` to `most` items, each of which passes."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, list):
            problem(problems, pointer, "must be an array")
            return
        items = cast("list[Any]", value)
        if len(items) > most:
            problem(problems, pointer, f"no more than {most} items allowed")
        if len(items) < least:
            problem(problems, pointer, f"no fewer than {least} items allowed")
        for index, each in enumerate(items):
            item(each, f"{pointer}/{index}", problems)

    return check


def thing(fields: Mapping[str, Check], required: set[str]) -> Check:
    """Accept an object that has the required fields and no field that is not listed."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        if not isinstance(value, dict):
            problem(problems, pointer, "must be an object")
            return
        given = {name: field for name, field in cast("dict[str, Any]", value).items() if field is not None}
        for name in sorted(required - given.keys()):
            problem(problems, pointer, f"missing required field: {name}")
        for name, field in given.items():
            if name not in fields:
                problem(problems, f"{pointer}/{name}", f"invalid additional property: {name}")
            else:
                fields[name](field, f"{pointer}/{name}", problems)

    return check


def one_of(table: Mapping[str, Check]) -> Check:
    """Accept an object whose `type` is in the table and which passes that type's check."""

    def check(value: Any, pointer: str, problems: list[str]) -> None:
        kind = cast("dict[str, Any]", value).get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            problem(problems, pointer, "missing required field: type")
        elif kind not in table:
            problem(problems, f"{pointer}/type", f"unsupported type: {kind}")
        else:
            table[kind](value, pointer, problems)

    return check
