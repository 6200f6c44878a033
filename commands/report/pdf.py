"""A report as PDF, by Typst: the words go in as data and never as markup, so that nothing in them can be a command."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Literal

import typst

from commands.report.content import content
from commands.report.drawing import drawing
from commands.report.model import Report

_ARCHIVAL: Literal["a-2a"] = "a-2a"
"""ISO 19005-2, level A: it will look the same in ten years, and can be read aloud."""
_TEMPLATE = Path(__file__).with_name("template.typ")
_LATIN_GREEK_CYRILLIC = 0x0530
_SYMBOLS = range(0x2010, 0x2600)


def pdf(report: Report) -> bytes:
    """A4, tagged, PDF/A for archives, dated by the report: the same report is the same bytes on every machine."""
    return _compiled(report, "pdf")[0]


def pages(report: Report) -> tuple[bytes, ...]:
    """The same pages as PNG, for looking at them."""
    return _compiled(report, "png")


def _compiled(report: Report, form: Literal["pdf", "png"]) -> tuple[bytes, ...]:
    body = {"content": asdict(content(report)), "drawing": asdict(drawing(report))}
    made = typst.Compiler(
        _TEMPLATE.read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"report": _drawable(json.dumps(body, ensure_ascii=False))},
    ).compile(format=form, ppi=110, timestamp=report.at.replace(microsecond=0), pdf_standards=[_ARCHIVAL])
    if made is None:
        raise TypeError("Typst answered nothing: it was told to write no file")
    return tuple(made) if isinstance(made, list) else (made,)


@cache
def _fonts() -> typst.Fonts:
    """The fonts that come with Typst: those of the machine would make each machine's pages its own."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _drawable(body: str) -> str:
    """JSON whose letters that these fonts can't draw are written as code points: `[U+6F22]`."""
    return "".join(letter if _has_glyph(letter) else f"[U+{ord(letter):04X}]" for letter in body)


def _has_glyph(letter: str) -> bool:
    return ord(letter) < _LATIN_GREEK_CYRILLIC or (
        ord(letter) in _SYMBOLS and not unicodedata.category(letter).startswith("C")
    )
