"""A report as Markdown: every word from outside is escaped, so that none of it formats or links anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from commands.report.content import content
from commands.report.model import Report
from commands.report.table import Column, Section, Table
from playbook.text import visible

_MARKS = re.compile(r"[\\`*_\[\]<>|~$&#!]|(?<=\w):(?=//)|(?<=\w)@|(?<=www)\.", re.IGNORECASE)
"""What formats in CommonMark and GitHub's dialect, links by themselves included."""
_BEGINS_LIST = re.compile(r"^([-+]|\d+(?=[.)]\s))")
_CODE = re.compile(r"[\w:./+=,-]+", re.ASCII)


def markdown(report: Report) -> bytes:
    """UTF-8, with a final line feed; the marking stands at its head and its end."""
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    made = content(report)
    yield f"**{made.marking}**"
    yield ""
    yield f"# {escaped(made.title)}"
    yield ""
    for line in made.under:
        yield f"- {escaped(line)}"
    for section in made.sections:
        yield from _section(section)
    yield ""
    yield f"**{made.marking}**"


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield f"## {escaped(section.title)}"
    yield ""
    for name, words in section.named:
        yield f"**{escaped(name)}** {escaped(words)}"
        yield ""
    for line in section.lines:
        yield f"- {escaped(line)}"
    if not section.lines and section.empty:
        yield escaped(section.empty)
    for table in section.tables:
        yield ""
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield escaped(table.empty)
        return
    yield f"| {' | '.join(escaped(c.title) for c in table.columns)} |"
    yield f"|{'|'.join(' --- ' for _ in table.columns)}|"
    for row in table.rows:
        yield f"| {' | '.join(_cell(c, text) for c, text in zip(table.columns, row, strict=True))} |"


def _cell(column: Column, text: str) -> str:
    return f"`{text}`" if column.mono and _CODE.fullmatch(text) else escaped(text)


def escaped(text: str) -> str:
    """`text` on one line, as Markdown that shows exactly its letters."""
    kept = _MARKS.sub(lambda found: f"\\{found[0]}", visible(" ".join(text.split())))
    return _BEGINS_LIST.sub(lambda found: f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}", kept)
