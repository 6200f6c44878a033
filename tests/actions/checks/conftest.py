"""The seeded account with its past, and checks made on it; the emulator is imported only when asked for."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.laws.looks import Kit, Place


@pytest.fixture(scope="session")
def kit() -> Generator[Kit]:
    from tests.laws.looks import kit

    with kit() as made:
        yield made


@pytest.fixture
def place(kit: Kit) -> Generator[Place]:
    from tests.laws.looks import place

    with place(kit) as made:
        yield made
