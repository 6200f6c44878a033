"""Conditions of a `filter` command: read into functions over one record.

Source: CloudWatch Logs user guide, "CloudWatch Logs Insights query syntax": filter, "Supported operations and
functions"; `in` and `not in` take a list in square brackets, `like` and `=~` a string or a /regular expression/.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Record = Mapping[str, str]
Condition = Callable[[Record], bool]
Value = Callable[[Record], str | None]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<pattern>/(?:[^/\\]|\\.)+/i?)"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>`[^`]+`|@?[A-Za-z_][\w.]*)|(?P<sign>=~|!=|<=|>=|[=<>()\[\],]))"""
)


class Malformed(ValueError):
    """The query is not one that Insights, or this part of it, understands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`kind` is text, pattern, number, name or sign."""

    kind: str
    value: str


def tokens(text: str) -> list[Token]:
    """The expression in its parts. Raises Malformed."""
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Malformed(f"unexpected symbol found: {text[at:].strip()[:20]}")
        found.append(Token(kind=match.lastgroup, value=match[match.lastgroup]))
        at = match.end()
    return found


def unquoted(token: Token) -> str:
    """The value that a quoted text stands for. Raises Malformed for what is no text."""
    if token.kind != "text":
        raise Malformed(f"a string is expected, not {token.value}")
    inner = token.value[1:-1].replace('\\"', '"').replace('"', '\\"')
    try:
        return str(json.loads(f'"{inner}"'))
    except ValueError as wrong:
        raise Malformed(f"not a string: {token.value[:40]}") from wrong


class _Reader:
    """Walks over the tokens; each method reads one level of precedence: or, and, not, comparison."""

    def __init__(self, text: str) -> None:
        self._left = tokens(text)

    def _word(self) -> str:
        return self._left[0].value.lower() if self._left and self._left[0].kind in ("name", "sign") else ""

    def _take(self) -> Token:
        if not self._left:
            raise Malformed("unexpected end of the expression")
        return self._left.pop(0)

    def _expect(self, sign: str) -> None:
        found = self._take()
        if found.value.lower() != sign:
            raise Malformed(f"{sign} is expected, not {found.value}")

    def whole(self) -> Condition:
        found = self._or()
        if self._left:
            raise Malformed(f"unexpected symbol found: {self._left[0].value}")
        return found

    def _or(self) -> Condition:
        parts = [self._and()]
        while self._word() == "or":
            self._take()
            parts.append(self._and())
        return lambda record: any(part(record) for part in parts)

    def _and(self) -> Condition:
        parts = [self._not()]
        while self._word() == "and":
            self._take()
            parts.append(self._not())
        return lambda record: all(part(record) for part in parts)

    def _not(self) -> Condition:
        if self._word() == "not":
            self._take()
            inner = self._not()
            return lambda record: not inner(record)
        if self._word() == "(":
            self._take()
            inside = self._or()
            self._expect(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Condition:
        left = self._value()
        sign = self._take().value.lower()
        if sign == "not":
            positive = self._test(left, self._take().value.lower())
            return lambda record: left(record) is not None and not positive(record)
        return self._test(left, sign)

    def _test(self, left: Value, sign: str) -> Condition:
        if sign == "in":
            allowed = self._list()
            return lambda record: any(same(left(record), value) for value in allowed)
        if sign in ("like", "=~"):
            looked = self._pattern()
            return lambda record: looked.search(left(record) or "") is not None
        if sign not in _ORDERS:
            raise Malformed(f"unexpected symbol found: {sign}")
        right, order = self._value(), _ORDERS[sign]
        return lambda record: order(left(record), right(record))

    def _value(self) -> Value:
        token = self._take()
        if token.kind == "name":
            name = token.value.strip("`")
            return lambda record: record.get(name)
        if token.kind not in ("text", "number"):
            raise Malformed(f"unexpected symbol found: {token.value}")
        value = token.value if token.kind == "number" else unquoted(token)
        return lambda _: value

    def _list(self) -> list[str]:
        self._expect("[")
        found: list[str] = []
        while self._word() != "]":
            token = self._take()
            found.append(token.value if token.kind == "number" else unquoted(token))
            if self._word() != "]":
                self._expect(",")
        self._take()
        return found

    def _pattern(self) -> re.Pattern[str]:
        token = self._take()
        if token.kind != "pattern":
            return re.compile(re.escape(unquoted(token)))
        body, _, flags = token.value[1:].rpartition("/")
        try:
            return re.compile(body, re.IGNORECASE if flags else 0)
        except re.error as wrong:
            raise Malformed(f"not a regular expression: {wrong}") from wrong


def number(value: str | None) -> float | None:
    """The value as a number, or None."""
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def same(one: str | None, other: str | None) -> bool:
    """Equal as numbers where both are some, else as text; a field that a record lacks equals nothing."""
    if one is None or other is None:
        return False
    first, second = number(one), number(other)
    return one == other if first is None or second is None else first == second


def _less(one: str | None, other: str | None) -> bool:
    first, second = number(one), number(other)
    return first is not None and second is not None and first < second


_ORDERS: Final[Mapping[str, Callable[[str | None, str | None], bool]]] = {
    "=": same,
    "!=": lambda a, b: not same(a, b),
    "<": _less,
    ">": lambda a, b: _less(b, a),
    "<=": lambda a, b: _less(a, b) or same(a, b),
    ">=": lambda a, b: _less(b, a) or same(a, b),
}


def condition(text: str) -> Condition:
    """The condition that a filter states. Raises Malformed."""
    return _Reader(text).whole()
