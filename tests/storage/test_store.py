"""The store itself: which databases it takes, and what it says when one does not answer."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from playbook.approval import Decision
from playbook.errors import BadInput, TooLate, Unreachable
from playbook.finding import FindingKey
from playbook.outbox import Post
from playbook.ports import Store
from playbook.run import RunState
from playbook.slot import SlotState
from storage.store import SqlStore, open_store
from tests.storage.test_outbox import LEASE
from tests.storage.values import (
    ACCOUNT,
    ANA,
    NOON,
    REGION,
    WEB,
    approval,
    facts,
    finding,
    incident,
    message,
    proposal,
    run,
)


def fulfils_the_port(store: SqlStore) -> Store:
    """Checked by the type checker: the store is what commands ask for."""
    return store


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "ec2ir.db", ""])
def test_another_database_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(BadInput, match="sqlite:/// or postgresql://") as refusal:
        open_store(url)
    assert "secret" not in str(refusal.value)


async def test_a_store_without_a_schema_says_so(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(Unreachable, match="no such table: clicks"):
        await claim(store)
    await store.aclose()


async def test_a_database_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
    with pytest.raises(Unreachable, match="unable to open database file"):
        await claim(store)
    await store.aclose()


@pytest.mark.postgres
async def test_a_postgres_that_is_down_is_unreachable(tmp_path: Path) -> None:
    store = open_store(f"postgresql://postgres@/ec2ir?host={tmp_path}")
    with pytest.raises(Unreachable, match=r"The database did not answer: .*connection"):
        await claim(store)
    await store.aclose()


@pytest.mark.postgres
async def test_connections_that_postgres_closed_are_replaced(postgres_url: str) -> None:
    store = open_store(postgres_url)
    await claim(store)
    async with store.engine.connect() as connection, store.engine.connect() as other:
        mine = await connection.scalar(text("SELECT pg_backend_pid()"))
        await other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid NOT IN (:mine, pg_backend_pid())"
            ),
            {"mine": mine},
        )
        await other.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
        await connection.invalidate()
    await claim(store)
    await store.aclose()


async def test_sqlite_is_set_up_so_that_no_writer_is_refused(sqlite_store: SqlStore) -> None:
    async with sqlite_store.engine.begin() as connection:
        found = {
            name: await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert found == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 0, "foreign_keys": 1}


async def test_a_unit_holds_the_write_lock_from_its_first_moment(
    sqlite_store: SqlStore, sqlite_url: str
) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
    async with sqlite_store.begin():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_no_query_reads_a_whole_table(sqlite_store: SqlStore) -> None:
    """What a click, an alert or a beat asks is answered from an index, however many incidents are stored."""
    asked: list[tuple[str, Any]] = []

    @event.listens_for(sqlite_store.engine.sync_engine, "before_cursor_execute")
    def note(_c: object, _cursor: object, sql: str, args: Any, _context: object, many: bool) -> None:  # pyright: ignore[reportUnusedFunction]
        asked.append((sql, args[0] if many else args))

    async with sqlite_store.begin() as unit:
        await unit.incidents.add(incident(), [facts()])
        await unit.incidents.open_on(ACCOUNT, REGION, WEB)
        await unit.incidents.in_channel("C1")
        await unit.incidents.listed()
        await unit.incidents.instances("I1")
        await unit.incidents.close("I1", NOON, "done")
        await unit.findings.save(finding(), "", "I1")
        await unit.findings.get(FindingKey(account=ACCOUNT, region=REGION, id="f1"))
        await unit.findings.of("I1")
        await unit.proposals.add(proposal())
        await unit.proposals.approve("p1", approval())
        await unit.proposals.decide("p1", Decision.APPROVED, ANA.id, NOON)
        await unit.proposals.get("p1")
        await unit.proposals.of("I1", pending=True)
        await unit.runs.start(run(), ["isolate"])
        with pytest.raises(TooLate):
            await unit.runs.start(run("p2"), ["isolate"])
        await unit.runs.of("I1")
        await unit.runs.steps("p1")
        await unit.runs.steps_of("I1")
        await unit.runs.in_state([RunState.APPROVED, RunState.EXECUTING])
        await unit.timeline.of("I1")
        await unit.ledger.add("I1", NOON, "observed", "i-1", {})
        await unit.outbox.put(message("card", Post.CARD))
        await unit.outbox.take("sender", NOON, LEASE)
        await unit.outbox.ts_of("card")
        await unit.outbox.waiting()
        await unit.slots.due(NOON)
        await unit.slots.claim(NOON, 25)
        await unit.slots.reclaim(NOON, NOON, 25)
        await unit.slots.held(["s", "t"])
        await unit.slots.give_back(["s", "t"])
        await unit.slots.overdue(NOON)
        await unit.slots.move("s", SlotState.PENDING, SlotState.QUEUED, NOON)
        await unit.slots.next_due()
        await unit.clicks.claim("k", ANA, NOON)
        connection = unit.incidents.connection
        read = [(sql, args) for sql, args in asked if sql.startswith(("SELECT", "UPDATE", "INSERT"))]
        plans = [
            (sql, row.detail)
            for sql, args in read
            for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", args)
        ]
    assert len(read) > 25
    assert [plan for plan in plans if re.fullmatch(r"SCAN \w+", plan[1])] == []


async def claim(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.clicks.claim("k", ANA, NOON)
