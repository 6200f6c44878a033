"""A query: commands joined by pipes, each from records to records.

Known are `fields`, `display`, `parse` with a glob, `filter`, `stats` (count, sum, min, max, avg), `sort`, `limit`.
Source: CloudWatch Logs user guide, "CloudWatch Logs Insights query syntax".
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.aws.insights.expression import Malformed, Record, condition, number, tokens, unquoted

Step = Callable[[list[Record]], list[Record]]

MOST: Final = 10_000
_PIPES: Final = re.compile(r"""((?:[^|"'/]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/|/)+)""")
_PARSE: Final = re.compile(r"""(?:(@?\w+)\s+)?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s+as\s+(.+)""", re.DOTALL)
_AGGREGATE: Final = re.compile(
    r"(count|sum|min|max|avg)\(\s*(\*|@?\w+)?\s*\)(?:\s+as\s+(\w+))?", re.IGNORECASE
)
_NAME: Final = re.compile(r"`[^`]+`|@?[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """`shown` are the columns of an answer, None for those of plain records."""

    steps: tuple[Step, ...]
    shown: tuple[str, ...]


def compiled(text: str) -> Compiled:
    """The query, ready to run. Raises Malformed for what Insights refuses, and for what is not known here."""
    steps: list[Step] = []
    shown: tuple[str, ...] = ("@timestamp", "@message")
    for part in _PIPES.findall(text):
        word, _, rest = part.strip().partition(" ")
        rest = rest.strip()
        match word.lower():
            case "filter":
                steps.append(_filter(rest))
            case "parse":
                steps.append(_parse(rest))
            case "fields" | "display":
                shown = _names(rest)
            case "stats":
                step, shown = _stats(rest)
                steps.append(step)
            case "sort":
                steps.append(_sort(rest))
            case "limit" | "head":
                steps.append(_limit(rest))
            case _:
                raise Malformed(f"unexpected symbol found: {word[:20] or '|'}")
    if not steps and not text.strip():
        raise Malformed("the query is empty")
    return Compiled(steps=tuple(steps), shown=shown)


def answered(query: Compiled, records: Iterable[Record]) -> list[Record]:
    """The rows, newest record first unless sorted otherwise; columns that a record lacks are left out."""
    rows = sorted(records, key=lambda r: r["@timestamp"], reverse=True)
    for step in query.steps:
        rows = step(rows)
    return [{n: r[n] for n in query.shown if n in r} for r in rows[:MOST]]


def _names(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    for name in found:
        if not _NAME.fullmatch(name):
            raise Malformed(f"a field is expected, not {name[:40]}")
    return tuple(name.strip("`") for name in found)


def _filter(text: str) -> Step:
    holds = condition(text)
    return lambda rows: [row for row in rows if holds(row)]


def _parse(text: str) -> Step:
    match = _PARSE.fullmatch(text)
    if match is None:
        raise Malformed("parse takes a field, a string with wildcards, and as many names")
    source, glob = match[1] or "@message", unquoted(tokens(match[2])[0])
    names = _names(match[3])
    if glob.count("*") != len(names):
        raise Malformed(f"parse has {glob.count('*')} wildcards and {len(names)} names")
    pattern = re.compile("(.*?)".join(re.escape(part) for part in glob.split("*")), re.DOTALL)

    def step(rows: list[Record]) -> list[Record]:
        parsed: list[Record] = []
        for row in rows:
            found = pattern.fullmatch(row.get(source, ""))
            parsed.append({**row, **dict(zip(names, found.groups(), strict=True))} if found else row)
        return parsed

    return step


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aggregate:
    function: str
    field: str
    name: str

    def of(self, rows: list[Record]) -> str | None:
        if self.function == "count":
            return str(len(rows) if self.field == "*" else sum(self.field in row for row in rows))
        values = [value for row in rows if (value := number(row.get(self.field))) is not None]
        if not values:
            return None
        work: Mapping[str, Callable[[list[float]], float]] = {
            "sum": sum, "min": min, "max": max, "avg": lambda v: sum(v) / len(v),
        }  # fmt: skip
        found = work[self.function](values)
        return str(int(found)) if found == int(found) else str(found)


def _stats(text: str) -> tuple[Step, tuple[str, ...]]:
    head, _, tail = re.sub(r"\s+", " ", text).partition(" by ")
    aggregates: list[_Aggregate] = []
    for part in (p.strip() for p in head.split(",")):
        match = _AGGREGATE.fullmatch(part)
        if match is None:
            raise Malformed(f"unexpected symbol found in stats: {part[:40]}")
        function, name = match[1].lower(), match[2] or "*"
        aggregates.append(_Aggregate(function=function, field=name, name=match[3] or part))
    keys = _names(tail) if tail else ()

    def step(rows: list[Record]) -> list[Record]:
        groups: dict[tuple[str | None, ...], list[Record]] = {}
        for row in rows:
            groups.setdefault(tuple(row.get(key) for key in keys), []).append(row)
        return [
            {k: v for k, v in zip(keys, group, strict=True) if v is not None}
            | {a.name: value for a in aggregates if (value := a.of(members)) is not None}
            for group, members in groups.items()
        ]

    return step, (*keys, *(a.name for a in aggregates))


def _sort(text: str) -> Step:
    name, _, way = text.partition(" ")
    key, order = _names(name)[0], way.strip().lower() or "asc"
    if order not in ("asc", "desc"):
        raise Malformed(f"unexpected symbol found: {order[:20]}")

    def rank(row: Record) -> tuple[bool, float, str]:
        value = row.get(key, "")
        as_number = number(value)
        return as_number is not None, as_number or 0.0, value

    return lambda rows: sorted(rows, key=rank, reverse=order == "desc")


def _limit(text: str) -> Step:
    if not text.isdigit() or not 1 <= int(text) <= MOST:
        raise Malformed(f"a number from 1 to {MOST} is expected, not {text[:20]}")
    return lambda rows: rows[: int(text)]
