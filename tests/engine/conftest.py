"""Fixtures import the emulator when they are asked for: the fast suite does without it, and it takes a second."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

from storage.store import SqlStore
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from sandbox.aws.box import AwsBox
    from tests.engine.house import House


@pytest.fixture
def box() -> Iterator[AwsBox]:
    from sandbox.aws.box import emulated

    with emulated(clock=FakeClock()) as made:
        yield made


@pytest.fixture
async def house(memory_store: SqlStore) -> AsyncIterator[House]:
    from tests.engine.house import house_on

    async for made in house_on(memory_store):
        yield made
