"""SQLite on the loop's own thread: waiting for another writer must not hold up the loop."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from playbook.people import Person
from storage.engines import sqlite_path
from storage.store import SqlStore, open_store
from tests.fakes.clock import NOON


async def claim(store: SqlStore) -> object:
    async with store.begin() as unit:
        return await unit.clicks.claim("k", Person(id="U1"), NOON)


async def turn(times: int = 50) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_the_loop_goes_on_while_another_process_writes(sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_path(sqlite_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store(sqlite_url)
    waiting = asyncio.create_task(claim(store))
    await turn()  # the loop turns, and the writer waits
    assert not waiting.done()

    other.execute("COMMIT")
    other.close()
    assert await waiting is None
    await store.aclose()


async def test_who_stops_waiting_for_another_process_leaves_the_store_usable(sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_path(sqlite_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store(sqlite_url)
    waiting = asyncio.create_task(claim(store))
    await turn()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    other.execute("COMMIT")
    other.close()
    assert await claim(store) is None
    await store.aclose()
