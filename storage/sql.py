"""Statements are built once, as constants, and run with parameters: to build one costs more than to run it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CursorResult,
    Executable,
    String,
    Table,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Insert: TypeAlias = postgresql.Insert | sqlite.Insert
Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EachDialect:
    """One statement as each of the two databases writes it."""

    sqlite: Executable
    postgresql: Executable


Statement: TypeAlias = Executable | EachDialect
Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def inserting(table: Table, finish: Callable[[Insert], Executable]) -> EachDialect:
    """An INSERT that knows ON CONFLICT, finished for each dialect; it says how many rows it inserted."""
    # Without the option, Postgres says -1.
    return EachDialect(
        sqlite=finish(sqlite.insert(table)).execution_options(preserve_rowcount=True),
        postgresql=finish(postgresql.insert(table)).execution_options(preserve_rowcount=True),
    )


def inserting_new(table: Table) -> EachDialect:
    """An INSERT that leaves alone what a key or a unique index holds already."""
    return inserting(table, lambda insert: insert.on_conflict_do_nothing())


def given(column: ColumnElement[T]) -> BindParameter[T]:
    """The parameter `<column>_`. Without the underscore, an UPDATE would set the column to it."""
    return bindparam(f"{column.key}_", type_=column.type)


def matching(*columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """Each of the columns is as given."""
    return and_(*(column == given(column) for column in columns))


def among(column: ColumnElement[Any], *members: StrEnum) -> ColumnElement[bool]:
    """`column IN (members)`, spelt out: a partial index is used only for the condition it was made with."""
    return column.in_([literal_column(f"'{member.value}'") for member in members])


async def execute(
    connection: AsyncConnection, statement: Statement, parameters: Parameters | None = None
) -> CursorResult[Any]:
    """Run it: once, or for each of several rows."""
    if isinstance(statement, EachDialect):
        postgres = connection.dialect.name == "postgresql"
        statement = statement.postgresql if postgres else statement.sqlite
    return await connection.execute(statement, parameters)


async def changed(connection: AsyncConnection, statement: Statement, parameters: Parameters) -> int:
    """Run it; how many rows it changed or inserted."""
    return (await execute(connection, statement, parameters)).rowcount


async def one(connection: AsyncConnection, statement: Executable, parameters: Row) -> Row | None:
    """The first row of the answer, by column name."""
    answer = await execute(connection, statement, parameters)
    row = answer.first()
    return None if row is None else dict(zip(answer.keys(), row, strict=True))


async def rows(
    connection: AsyncConnection, statement: Executable, parameters: Row | None = None
) -> list[Row]:
    """The rows of the answer, by column name."""
    answer = await execute(connection, statement, parameters)
    names = tuple(answer.keys())
    return [dict(zip(names, row, strict=True)) for row in answer]


_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=String), 0)))


async def lock(connection: AsyncConnection, *names: str) -> None:
    """Let nobody else hold this lock until the transaction ends. On SQLite every writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(_LOCK, {"name": "\n".join(names)})


def row_of(record: object) -> Row:
    """A flat dataclass as a row."""
    return {name: getattr(record, name) for name in _fields(type(record))}


@cache
def _fields(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))
