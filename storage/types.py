"""Column types at the border of the database: aware UTC moments, text that any database takes, enums, JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Enum, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# SQLite numbers rows by itself only in a column that is called INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def storable(text: str) -> str:
    """`text` with U+FFFD for what Postgres refuses: NUL, and halves of surrogate pairs."""
    return _UNSTORABLE.sub("\ufffd", text)


def utc(moment: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError when it is naive: nobody can say which moment that is."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; moments in ec2ir are aware")
    return moment.astimezone(UTC)


class Moment(TypeDecorator[datetime]):
    """An aware moment in, the same moment in UTC out; precise to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: D102
        if value is None:
            return None
        # SQLite keeps no zone, and compares what it keeps as text: all of it is UTC.
        return utc(value).replace(tzinfo=None) if dialect.name == "sqlite" else utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: D102
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text, also hostile text: see `storable`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002, D102
        return None if value is None else storable(value)


class Lines(TypeDecorator[tuple[str, ...]]):
    """A tuple of texts, as a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> list[str] | None:  # noqa: ARG002, D102
        return None if value is None else list(value)

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002, D102
        return None if value is None else tuple(value)


def member(kind: type[StrEnum]) -> Enum:
    """A member of `kind`, stored as its value."""

    def values(of: Any) -> list[str]:
        return [m.value for m in of]

    return Enum(kind, values_callable=values, native_enum=False, create_constraint=False, length=20)
