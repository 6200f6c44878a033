"""The schema's history: up, down and up again, on both databases, and it says what the tables say."""

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from storage import migrate
from storage.engines import sync_engine
from storage.store import open_store
from storage.tables import metadata

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a schema, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'made' / 'on' / 'the way' / 'ec2ir.db'}"
    url: str = request.getfixturevalue("bare_postgres_url")
    return url


def tables(url: str) -> set[str]:
    engine = sync_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found - {"alembic_version"}


def test_up_down_and_up_again(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    assert migrate.current(bare_url) == migrate.head() != ""
    assert tables(bare_url) == set(metadata.tables)
    migrate.downgrade(bare_url)
    assert migrate.current(bare_url) is None
    assert tables(bare_url) == set()
    migrate.upgrade(bare_url)
    migrate.upgrade(bare_url)
    assert tables(bare_url) == set(metadata.tables)


def test_tables_and_migrations_agree(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    assert migrate.check(bare_url) == ()


def test_a_difference_would_be_found(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    engine = sync_engine(bare_url)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_runs_active"))
        connection.execute(text("ALTER TABLE clicks ADD COLUMN extra integer"))
    engine.dispose()
    assert {found[0] for found in migrate.check(bare_url)} == {"add_index", "remove_column"}


def test_the_tables_of_dbos_are_none_of_ours(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    engine = sync_engine(bare_url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("CREATE SCHEMA dbos"))
            connection.execute(text("CREATE TABLE dbos.workflow_status (id integer)"))
    engine.dispose()
    assert migrate.check(bare_url) == ()


def test_indexes_have_the_very_conditions_that_the_tables_name(tmp_path: Path) -> None:
    """Autogenerate does not compare the conditions of partial indexes; their statements do."""
    migrated, created = tmp_path / "migrated.db", tmp_path / "created.db"
    migrate.upgrade(f"sqlite:///{migrated}")
    engine = sync_engine(f"sqlite:///{created}")
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    assert indexes(migrated) == indexes(created)


def indexes(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        return {name: re.sub(r"\s+", " ", sql) for name, sql in found}


async def test_replicas_that_start_together_migrate_once(bare_url: str) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, bare_url) for _ in range(4)))
    assert migrate.current(bare_url) == migrate.head()
    store = open_store(bare_url)
    async with store.begin() as unit:
        assert await unit.incidents.listed() == ()
    await store.aclose()
