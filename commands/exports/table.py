"""A table of an incident's indicators as CSV, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io

from commands.exports.known import Export
from playbook.attack import TLP
from playbook.indicators import IndicatorKind

HEADINGS = ("incident", "row", "kind", "value", "about", "first_seen", "sources", "marking")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(export: Export) -> bytes:
    """RFC 4180, UTF-8, with headings. Values are as they are, not defanged."""
    made = io.StringIO()
    write = csv.writer(made)
    write.writerow(HEADINGS)
    for known in export.known:
        kind = IndicatorKind(known.indicator.kind)
        cells = (
            export.incident.id, kind.row, kind.value, known.indicator.value, known.indicator.about,
            known.first.isoformat(), "; ".join(known.sources), TLP,
        )  # fmt: skip
        write.writerow(_inert(cell) for cell in cells)
    return made.getvalue().encode("utf-8", "replace")


def _inert(cell: str) -> str:
    """A cell that a spreadsheet takes for text: attackers name files `=cmd|…` (OWASP, “CSV injection”)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
