"""The timeline: what happened, when, and who did it; rows are added and never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from playbook.plan import Json


class Event(StrEnum):
    """What kind of thing happened; cards, metrics and reports are folds over these."""

    OPENED = "opened"
    FINDING = "finding"
    FACTS = "facts"
    JOINED = "joined"
    LED = "led"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CHANGED = "changed"
    OVERRIDE = "override"
    STARTED = "started"
    STEP = "step"
    CONTAINED = "contained"
    UNDONE = "undone"
    RECOVERED = "recovered"
    NOTE = "note"
    CHECKED = "checked"
    TICKED = "ticked"
    INDICATOR = "indicator"
    ROOT_CAUSE = "root_cause"
    REPORTED = "reported"
    LEGAL = "legal"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    CLOSED = "closed"
    REOPENED = "reopened"
    WATCH = "watch"
    WATCH_HIT = "watch_hit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row. `actor` is a person's id or `ec2ir`; `words` are safe plain text; `data` is for folds."""

    incident: str
    at: datetime
    actor: str
    event: Event
    words: str
    data: Json = field(default_factory=dict[str, object])
    seq: int = 0
    """Set by the store."""
