"""SQLite on the loop's own thread: waiting for another writer must not hold up the loop."""

from __future__ import annotations

import asyncio
import sqlite3

from playbook.people import Person
from storage.engines import sqlite_path
from storage.store import open_store
from tests.fakes.clock import NOON


async def test_the_loop_goes_on_while_another_process_writes(sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_path(sqlite_url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = open_store(sqlite_url)

    async def claim() -> object:
        async with store.begin() as unit:
            return await unit.clicks.claim("k", Person(id="U1"), NOON)

    waiting = asyncio.create_task(claim())
    turns = 0
    while turns < 50:  # the loop turns, and the writer waits
        await asyncio.sleep(0)
        turns += 1
    assert not waiting.done()

    other.execute("COMMIT")
    other.close()
    assert await waiting is None
    await store.aclose()
