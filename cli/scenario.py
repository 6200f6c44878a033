"""What the demo can play."""

from __future__ import annotations

from enum import StrEnum


class Scenario(StrEnum):
    """CONTAIN ends with the contained instance; FULL goes on through every phase to the closed incident.

    WATCH replaces it instead, and plays the 72 hours after that, with a hit at hour 20. LADDER lets nobody answer an
    escalation.
    """

    CONTAIN = "contain"
    FULL = "full"
    WATCH = "watch"
    LADDER = "ladder"
