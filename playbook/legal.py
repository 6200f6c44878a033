"""Legal clocks: how long until an authority must be notified, from a moment that a person declares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalClock:
    """One jurisdiction's clock of one incident. It starts when somebody declares awareness, and nothing pauses it.

    `notified` ends it, with `sent`: what was sent to whom, in words.
    """

    incident: str
    jurisdiction: str
    aware: datetime
    aware_by: str
    due: datetime
    notified: datetime | None = None
    notified_by: str = ""
    sent: str = ""
