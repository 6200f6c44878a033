"""Clients and threads are made once for all worlds: they are dear, worlds are not."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.laws.world import Tools, tools


@pytest.fixture(scope="session")
def shared() -> Generator[Tools]:
    with tools() as made:
        yield made
