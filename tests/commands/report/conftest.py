"""A room whose evidence is meant to be broken."""

from __future__ import annotations

import pytest

from storage.store import SqlStore
from tests.commands.conftest import Room, room_on


@pytest.fixture
def memory_room(memory_store: SqlStore) -> Room:
    return room_on(memory_store)
