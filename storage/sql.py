"""The few things that SQLite and Postgres write differently, and rows of flat records."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Executable, RowMapping, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the connection's dialect."""
    return insert_into(connection.dialect.name, table)


def insert_into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of that name."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


async def insert_new(connection: AsyncConnection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert `row` unless a key or unique index forbids it; whether it was inserted."""
    statement = insert(connection, table).values(row).on_conflict_do_nothing()
    return await changed(connection, statement) == 1


async def changed(connection: AsyncConnection, statement: Executable) -> int:
    """Run it; how many rows it changed."""
    # Without the option, an INSERT on Postgres answers -1.
    return (await connection.execute(statement, execution_options={"preserve_rowcount": True})).rowcount


async def one(connection: AsyncConnection, statement: Executable) -> RowMapping | None:
    """The first row of the answer, by column name."""
    return (await connection.execute(statement)).mappings().first()


async def rows(connection: AsyncConnection, statement: Executable) -> Sequence[RowMapping]:
    """The rows of the answer, by column name."""
    return (await connection.execute(statement)).mappings().all()


async def lock(connection: AsyncConnection, *names: str) -> None:
    """Let nobody else hold this lock until the transaction ends. On SQLite every writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(
            select(func.pg_advisory_xact_lock(func.hashtextextended("\n".join(names), 0)))
        )


def among(column: ColumnElement[Any], *members: StrEnum) -> ColumnElement[bool]:
    """`column IN (members)`, spelt out: a partial index is used only for the condition it was made with."""
    return column.in_(bindparam(None, members, expanding=True, literal_execute=True))


def row_of(record: Any) -> dict[str, Any]:
    """A flat dataclass as a row."""
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}
