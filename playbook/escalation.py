"""Escalation: who must be told of what, until somebody acknowledges (playbook X1 to X6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRule:
    """`happened` and `wants` are said to whoever is told; `targets` are names in the settings.

    `by` is how long after the escalation the wanted thing should be done: our figures, but for X4, whose deadline
    is the law's and starts when somebody declares awareness.
    """

    id: str
    happened: str
    targets: tuple[str, ...]
    wants: str
    by: timedelta


RULES: Mapping[str, EscalationRule] = {
    rule.id: rule
    for rule in (
        EscalationRule(
            id="X1",
            happened="A production instance is compromised",
            targets=("soc_lead", "cloud_team"),
            wants="Take the lead, and decide on the containment that is proposed.",
            by=timedelta(minutes=30),
        ),
        EscalationRule(
            id="X2",
            happened="Several instances are compromised: a major incident",
            targets=("major_incident",),
            wants="Open the major incident: name a commander, and contain all instances together.",
            by=timedelta(minutes=15),
        ),
        EscalationRule(
            id="X3",
            happened="IAM credentials of the instance are stolen",
            targets=("ciso", "iam_team"),
            wants="Revoke the role's sessions, and find out what was done with them elsewhere.",
            by=timedelta(hours=1),
        ),
        EscalationRule(
            id="X4",
            happened="Data may have left the instance",
            targets=("legal", "dpo"),
            wants="Decide whether an authority must be notified, and declare awareness where it must.",
            by=timedelta(hours=4),
        ),
        EscalationRule(
            id="X5",
            happened="The bill rises by more than 1,000 USD",
            targets=("finance", "cloud_team"),
            wants="Open a billing case with AWS, and set a budget alarm.",
            by=timedelta(hours=24),
        ),
        EscalationRule(
            id="X6",
            happened="The attacker moves on to other hosts",
            targets=("lateral_movement",),
            wants="Start playbook PB-09 with the evidence handed over in the channel.",
            by=timedelta(hours=1),
        ),
    )
}
"""Whom each rule calls. Source: playbook PB-22, section X."""


def escalation_id(incident: str, rule: str, target: str) -> str:
    """The id under which a rule fires once for an incident and a target; pagers deduplicate by it, too."""
    return f"{incident}:{rule}:{target}"


def standing(escalation: Escalation) -> str:
    """How it stands, in words that follow its rule and target."""
    match escalation.state:
        case EscalationState.ACKNOWLEDGED:
            return f"acknowledged by {escalation.acknowledged_by}"
        case EscalationState.EXHAUSTED:
            return "nobody acknowledged"
        case EscalationState.WAITING:
            times = "once" if escalation.rung == 1 else f"{escalation.rung} times"
            return f"pinged {times}, no answer yet" if escalation.rung else "not pinged yet"
