"""What the demo can play."""

from __future__ import annotations

from enum import StrEnum


class Scenario(StrEnum):
    """CONTAIN ends with the contained instance; FULL goes on through every phase to the closed incident."""

    CONTAIN = "contain"
    FULL = "full"
