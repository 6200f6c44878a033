"""Fixtures import the emulator when they are asked for: the fast suite does without it, and it takes a second."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.actions.scene import Scene


@pytest.fixture
def asg() -> Generator[Scene]:
    from tests.actions.scene import scene

    with scene() as made:
        yield made


@pytest.fixture
def targets() -> Generator[Scene]:
    from tests.actions.scene import scene

    with scene(variant="targets") as made:
        yield made


@pytest.fixture
def classic() -> Generator[Scene]:
    from tests.actions.scene import scene

    with scene(variant="classic") as made:
        yield made
