"""Intents of a run: committed together, before their calls, and only by who holds the run."""

from __future__ import annotations

import asyncio

import pytest

from engine.journal import RunJournal
from playbook.errors import StoreDown, Superseded
from storage.store import SqlStore
from tests.engine.toys import WatchedStore
from tests.fakes.clock import NOON, FakeClock
from tests.storage.values import run


async def journal_on(memory_store: SqlStore, holder: str = "x-1") -> tuple[RunJournal, WatchedStore]:
    store = WatchedStore(memory_store)
    async with store.begin() as unit:
        if await unit.runs.get("p1") is None:
            await unit.runs.start(run(), ["isolate", "tag"])
        attempt = await unit.runs.take("p1", holder, NOON)
    store.begun = 0
    return RunJournal(store=store, run="p1", holder=holder, attempt=attempt, clock=FakeClock()), store


async def outcomes(store: SqlStore) -> dict[str, str]:
    async with store.engine.begin() as connection:
        rows = await connection.exec_driver_sql("SELECT key, outcome FROM intents")
        return {row.key: row.outcome for row in rows}


async def test_intents_of_one_moment_share_one_transaction(memory_store: SqlStore) -> None:
    journal, store = await journal_on(memory_store)
    known = await asyncio.gather(
        *(journal.intend("isolate", f"deny eni-{n}") for n in range(5)), journal.intend("tag", "tag")
    )
    assert known == [False] * 6
    assert store.begun == 1
    assert len(await outcomes(memory_store)) == 6


async def test_an_outcome_rides_with_the_next_intent(memory_store: SqlStore) -> None:
    journal, store = await journal_on(memory_store)
    await journal.intend("isolate", "open")
    journal.outcome("isolate", "open", "done")
    await journal.intend("isolate", "deny")
    assert store.begun == 2
    assert await outcomes(memory_store) == {"open": "done", "deny": ""}

    journal.outcome("isolate", "deny", "done")
    await journal.flush()
    await journal.flush()
    assert store.begun == 3
    assert await outcomes(memory_store) == {"open": "done", "deny": "done"}


async def test_a_later_attempt_hears_what_an_earlier_one_intended(memory_store: SqlStore) -> None:
    first, _ = await journal_on(memory_store)
    await first.intend("isolate", "deny")
    second, _ = await journal_on(memory_store, "x-2")
    assert await asyncio.gather(
        second.intend("isolate", "deny"), second.intend("isolate", "open"), second.intend("tag", "deny")
    ) == [True, False, False]


async def test_who_lost_the_run_records_nothing_and_everybody_who_waits_hears_it(
    memory_store: SqlStore,
) -> None:
    lost, _ = await journal_on(memory_store)
    await journal_on(memory_store, "x-2")
    ends = await asyncio.gather(*(lost.intend("tag", f"{n}") for n in range(3)), return_exceptions=True)
    assert [type(e) for e in ends] == [Superseded] * 3
    lost.outcome("tag", "0", "done")
    for late in (lost.check_holder(), lost.flush()):
        with pytest.raises(Superseded):
            await late
    assert await outcomes(memory_store) == {}


async def test_a_later_attempt_of_the_same_process_supersedes_the_earlier(memory_store: SqlStore) -> None:
    earlier, _ = await journal_on(memory_store)
    later, _ = await journal_on(memory_store)
    with pytest.raises(Superseded):
        await earlier.intend("tag", "tag")
    assert not await later.intend("tag", "tag")


async def test_a_database_error_reaches_everybody_who_waits_and_the_next_batch_works(
    memory_store: SqlStore,
) -> None:
    journal, store = await journal_on(memory_store)
    await journal.intend("tag", "before")
    journal.outcome("tag", "before", "done")
    store.away = True
    ends = await asyncio.gather(*(journal.intend("tag", f"{n}") for n in range(3)), return_exceptions=True)
    assert [type(e) for e in ends] == [StoreDown] * 3

    store.away = False
    assert not await journal.intend("tag", "0")
    assert await outcomes(memory_store) == {"before": "done", "0": ""}


async def test_a_waiter_that_gave_up_does_not_hold_up_the_others(memory_store: SqlStore) -> None:
    journal, _ = await journal_on(memory_store)
    given_up = asyncio.create_task(journal.intend("tag", "given up"))
    waits = asyncio.create_task(journal.intend("tag", "waits"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert not await waits
