"""How each database is opened: SQLite so that no writer is ever refused, Postgres so that restarts go unnoticed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from playbook.errors import BadInput
from storage import inline

_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
_ABANDONED = "10s"
"""After this long Postgres ends a transaction in which nothing happens: a process that was paused in the middle of
one would keep its locks, and whoever takes over would wait for it. Ours never wait for anything but the database.
"""
_PATIENT = "busy_timeout=30000"
"""For processes that may block: migrations. The event loop waits by itself (see `storage.inline`)."""


def async_engine(url: str) -> AsyncEngine:
    """An engine on sqlite3 (inline) or psycopg 3. Raises BadInput when the URL names neither database."""
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        # One connection, so that writers wait in this process's own queue rather than for SQLite's lock.
        engine = create_async_engine(
            parsed.set(drivername=inline.DRIVER),
            connect_args={"factory": inline.InlineConnection, "timeout": 0},
            pool_size=1,
            max_overflow=0,
            pool_timeout=inline.PATIENCE,
        )
        _tune(engine.sync_engine, _PRAGMAS)
        return engine
    return create_async_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={"options": f"-c idle_in_transaction_session_timeout={_ABANDONED}"},
    )


def sync_engine(url: str) -> Engine:
    """An engine for migrations, which keeps no connection open. Raises BadInput as `async_engine` does."""
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        engine = create_engine(parsed, poolclass=NullPool)
        _tune(engine, (*_PRAGMAS, _PATIENT))
        event.listen(engine, "begin", _begin)
        return engine
    return create_engine(parsed.set(drivername="postgresql+psycopg"), poolclass=NullPool)


def workflow_engine(url: str) -> Engine | None:
    """The engine for the durable executor's own SQLite file; None on Postgres, where it makes its own.

    Left to itself it would wait for the disk at each commit (measured: 16 ms before a run begins, 3 ms so). A
    killed process loses nothing by that, and what a power cut takes, our own rows have.
    """
    parsed = _parse(url)
    if parsed.drivername != "sqlite":
        return None
    engine = create_engine(parsed)
    _tune(engine, (*_PRAGMAS, _PATIENT), isolation="IMMEDIATE")
    return engine


def sqlite_path(url: str) -> str:
    """The file of a SQLite URL; empty for Postgres."""
    parsed = _parse(url)
    return (parsed.database or "") if parsed.drivername == "sqlite" else ""


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    family = parsed.drivername.partition("+")[0] if parsed else ""
    if parsed is None or family not in ("sqlite", "postgresql", "postgres"):
        raise BadInput(  # the URL itself may hold a password
            f"The database URL does not start with sqlite:/// or postgresql://, but with “{family[:20]}”.",
            then="Set EC2IR_DATABASE_URL to one of the two.",
        )
    return parsed.set(drivername="sqlite" if family == "sqlite" else "postgresql")


def _begin(connection: Connection) -> None:
    # A deferred transaction that turns into a writer is refused while another writes.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _tune(engine: Engine, pragmas: tuple[str, ...], *, isolation: str | None = None) -> None:
    """Set each connection up. With no `isolation` the driver does not begin by itself: we do."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:  # noqa: ARG001  # pyright: ignore[reportUnusedFunction]
        connection.isolation_level = isolation
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
