"""A timer: a row with a deterministic key; whoever inserts it owns it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Alarm(StrEnum):
    """What a slot wakes."""

    PROOF = "proof"
    EXPIRY = "expiry"
    CHECKS = "checks"
    PING = "ping"
    LEGAL = "legal"
    WATCH = "watch"
    REMINDER = "reminder"
    AUDIT = "audit"


class SlotState(StrEnum):
    """A due slot ends DONE or MISSED; QUEUED means that an executor has it."""

    PENDING = "pending"
    QUEUED = "queued"
    DONE = "done"
    MISSED = "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """`subject` is what it is about: `run/action` for PROOF, the proposal's id for EXPIRY.

    For CHECKS it is `incident/instance/check,check…`; without names, all that an opened incident asks for. For PING
    it is `escalation/number`, for LEGAL `incident/jurisdiction/point`, for WATCH `watch/due/try` (`due` in ISO 8601),
    for REMINDER the incident's id, for AUDIT `account/region/date`.
    """

    key: str
    alarm: Alarm
    subject: str
    due: datetime
    state: SlotState = SlotState.PENDING
