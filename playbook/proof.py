"""What was observed after a step, as a ladder: a 200 from an API is its lowest rung."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from playbook.finding import Indicator


class Rung(IntEnum):
    """How much is proved. CONTRADICTED: something observed says that the step does not hold."""

    CONTRADICTED = -1
    ABSENT = 0
    APPLIED = 1
    CONFIGURED = 2
    PROVED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One fresh look at AWS.

    `says` are the observations in words; `waits` says what a higher rung waits for, and `again` after how
    long looking anew can show more. `waits` without `again` means that nothing more can be shown, and why.
    """

    rung: Rung
    says: tuple[str, ...]
    waits: str = ""
    again: timedelta | None = None
    indicators: tuple[Indicator, ...] = ()
    """What the step found of the attacker, where finding is its purpose."""
    made: tuple[str, ...] = ()
    """Ids of the instances that the step brought into being, where that is its purpose."""

    @property
    def holds(self) -> bool:
        """Whether the configuration that was asked for is there."""
        return self.rung >= Rung.CONFIGURED
