"""A box, a workspace, and lives of the real product that a test ends with SIGKILL and begins again."""

from __future__ import annotations

import multiprocessing
from collections.abc import AsyncIterator, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from sandbox.aws.box import AwsBox, started
from tests.crash.scene import Scene, opened


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where workers are forked from: a process that has imported the product once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.crash.worker"])
    return context


@pytest.fixture(scope="session")
def box() -> Iterator[AwsBox]:
    """One server for all tests of this session; each begins with an empty account."""
    with started() as made:
        yield made


@pytest.fixture
async def scene(
    box: AwsBox, processes: ForkServerContext, database_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    """A seeded account with a finding about to come, a workspace, and no life yet; on each database in turn."""
    async with opened(box, processes, database_url, tmp_path) as made:
        yield made


@pytest.fixture
async def sqlite_scene(
    box: AwsBox, processes: ForkServerContext, sqlite_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    """A scene on SQLite only."""
    async with opened(box, processes, sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
async def postgres_scene(
    box: AwsBox, processes: ForkServerContext, postgres_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    """A scene on Postgres only."""
    async with opened(box, processes, postgres_url, tmp_path) as made:
        yield made
