"""Escalation: who must be told of what, until somebody acknowledges (playbook X1 to X6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EscalationState(StrEnum):
    """WAITING: pinged again on the ladder. EXHAUSTED: the ladder ended at the fallback and nobody acknowledged."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    EXHAUSTED = "exhausted"


class Way(StrEnum):
    """How somebody is told."""

    CHAT = "chat"
    MAIL = "mail"
    PAGER = "pager"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """One rule that applies to one incident, to one target of the settings; it fires once.

    `rung` counts the pings so far. `handed_to` is the person's id to whom it was handed over, else empty.
    """

    id: str
    incident: str
    rule: str
    target: str
    why: str
    opened: datetime
    state: EscalationState = EscalationState.WAITING
    rung: int = 0
    handed_to: str = ""
    acknowledged_by: str = ""
    acknowledged: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One attempt to tell somebody: `to` in words, `problem` empty where it was sent."""

    escalation: str
    number: int
    way: Way
    to: str
    at: datetime
    problem: str = ""
