from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.actions.scene import Scene, scene


@pytest.fixture
def asg() -> Generator[Scene]:
    with scene() as made:
        yield made


@pytest.fixture
def targets() -> Generator[Scene]:
    with scene(variant="targets") as made:
        yield made


@pytest.fixture
def classic() -> Generator[Scene]:
    with scene(variant="classic") as made:
        yield made
