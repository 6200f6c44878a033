"""Replicas as rows, by the database's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbook.hearing import NOTHING, Heard
from storage.store import SqlStore

SILENCE = timedelta(seconds=30)


async def test_who_has_just_beaten_is_not_silent(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.executors.beat("x-1", NOTHING)
        assert await unit.executors.silent(SILENCE) == ()
        assert await unit.executors.silent(timedelta(0)) == ("x-1",)


async def test_an_executor_lives_until_it_is_buried(store: SqlStore) -> None:
    async with store.begin() as unit:
        for executor in ("x-1", "x-2", "x-1"):
            await unit.executors.beat(executor, NOTHING)
        assert await unit.executors.living() == {"x-1", "x-2"}
        await unit.executors.bury("x-1")
        assert await unit.executors.living() == {"x-2"}


async def test_what_was_heard_is_kept_with_its_age(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.executors.beat("x-1", NOTHING)
        await unit.executors.beat("x-2", Heard(events=3, heard_ago=90.25, pinned_ago=0.00001))
    async with store.begin() as unit:
        silent, hears = await unit.executors.ears()

    assert (silent.executor, silent.events, silent.heard_ago, silent.pinned_ago) == ("x-1", 0, None, None)
    assert (hears.executor, hears.events) == ("x-2", 3)
    assert hears.heard_ago is not None
    assert hears.pinned_ago is not None
    assert hears.heard_ago.total_seconds() == pytest.approx(90.25, abs=2)
    assert hears.pinned_ago.total_seconds() == pytest.approx(0, abs=2)
