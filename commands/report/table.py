"""What a report is made of, however it is drawn: sections of lines and tables, all of it plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`width` is a fraction (`2fr`) or a length (`3cm`); `mono` is for hashes and ids."""

    title: str
    width: str
    mono: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`rows` have a cell for each column; `empty` is said where there are none."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`named` are paragraphs with a heading of their own; `empty` is said where a section has nothing at all."""

    title: str
    named: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    empty: str = ""
