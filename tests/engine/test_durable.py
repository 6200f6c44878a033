"""The contract with dbos>=3.4,<4 that taking over rests on, held against a process that was really killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dbos import DBOS, WorkflowStatus

from engine.durable import Durable
from tests.engine.house import House
from tests.engine.older import begin

pytestmark = [pytest.mark.process, pytest.mark.emulator]
RUN, DEAD = "id001", "x-dead"


@pytest.fixture
def database_file(tmp_path: Path) -> str:
    """Where only DBOS's own tables are made, beside it."""
    return f"sqlite:///{tmp_path / 'ec2ir.db'}"


@pytest.fixture
def killed(database_file: str) -> Iterator[None]:
    """An executor of other code began the run, and was killed in it."""
    context = multiprocessing.get_context("forkserver")
    mine, theirs = context.Pipe()
    process = context.Process(target=begin, args=(database_file, DEAD, RUN, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert mine.poll(30)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join(10)
        yield
    finally:
        process.kill()
        process.join(10)
        mine.close()


@pytest.fixture
async def durable(killed: None, database_file: str, house: House) -> AsyncIterator[Durable]:
    made = Durable(replace(house.plant, executor="x-living"), database_file)
    await made.start()
    yield made
    await made.stop()


async def stored() -> WorkflowStatus:
    (found,) = await asyncio.to_thread(DBOS.list_workflows, workflow_ids=[f"run:{RUN}:0"])
    return found


async def ended() -> WorkflowStatus:
    async with asyncio.timeout(20):
        while (found := await stored()).status not in ("SUCCESS", "ERROR"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # DBOS's own threads change it
    return found


async def test_what_other_code_of_our_version_began_is_carried_on(durable: Durable) -> None:
    assert (await stored()).status == "PENDING"
    assert await durable.under_way(RUN)

    await asyncio.to_thread(durable.recover, [DEAD])

    found = await ended()
    assert found.status == "SUCCESS"  # our code ran: there is no such run, so it ended at once
    assert found.executor_id == "x-living"
    assert not await durable.under_way(RUN)


async def test_taking_over_twice_does_nothing_more(durable: Durable) -> None:
    await asyncio.to_thread(durable.recover, [DEAD])
    await asyncio.to_thread(durable.recover, [DEAD])
    first = await ended()

    await asyncio.to_thread(durable.recover, [DEAD])

    again = await stored()
    assert (again.status, again.updated_at) == ("SUCCESS", first.updated_at)


async def test_the_living_keep_what_they_carry(durable: Durable) -> None:
    await asyncio.to_thread(durable.recover, ["x-another"])

    assert (await stored()).status == "PENDING"
