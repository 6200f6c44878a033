"""The schema's history, run by the program itself: from a checkout or from an installed wheel."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from playbook.errors import BadInput, StoreDown
from playbook.text import plain
from storage.engines import sqlite_path, sync_engine
from storage.tables import metadata

T = TypeVar("T")
_LOCK = 0x6563326972
"""Postgres' advisory lock under which replicas that start together migrate one after the other."""


def scripts() -> Path:
    """Where the migration scripts are: beside this file in a wheel, at the top of a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "scripts"
    return packed if packed.is_dir() else here.parent / "alembic"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to `revision`, in one transaction; makes a SQLite file and its folder."""
    path = sqlite_path(url)
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take the schema back to `revision`; what its tables held is gone."""
    _run(url, command.downgrade, revision)


def current(url: str) -> str | None:
    """The revision the database is at, or None when it has no schema."""
    return _ask(url, lambda context: context.get_current_revision())


def head() -> str:
    """The newest revision."""
    return ScriptDirectory(str(scripts())).get_current_head() or ""


def check(url: str) -> tuple[Any, ...]:
    """What autogenerate would change to make the database fit the tables: empty when they agree."""
    return _ask(url, lambda context: tuple(compare_metadata(context, metadata)))


def _run(url: str, what: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(scripts()))
    with _answering(url) as engine, engine.begin() as connection:
        _wait_for_turn(connection)
        config.attributes["connection"] = connection
        what(config, revision)


def _ask(url: str, question: Callable[[MigrationContext], T]) -> T:
    with _answering(url) as engine, engine.connect() as connection:
        return question(MigrationContext.configure(connection, opts={"compare_type": True}))


@contextmanager
def _answering(url: str) -> Generator[Engine]:
    """An engine. Raises StoreDown when the database does not answer, BadInput for a revision that is none."""
    engine = sync_engine(url)
    try:
        yield engine
    except OperationalError as error:
        raise StoreDown(
            f"The database does not answer: {plain(str(error.orig), 300)}.",
            then="Check EC2IR_DATABASE_URL, and that the database runs.",
        ) from error
    except CommandError as error:
        raise BadInput(f"{plain(str(error), 300)}.", then=f"The newest revision is {head()}.") from error
    finally:
        engine.dispose()


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
