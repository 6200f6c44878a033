"""Whether Slack still delivers to this replica: told by what the others hear, and by events of our own making.

A Socket Mode connection can be open, answer pings, and yet be handed nothing. Slack hands each event to one of an
app's connections without a pattern (docs.slack.dev, "Using Socket Mode"), and every card that is pinned makes a
`pin_added` event: silence becomes improbable, and then a fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

SURE = 1e-6
"""A replica that hears nothing by chance this rarely is taken for deaf."""
ECHO = timedelta(minutes=2)
"""Slack delivers an event within seconds, and tries again after a minute; after this long nobody will hear of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What this replica has heard since it began: how many events, and how many seconds ago the last one.

    `pinned_ago` is how many seconds ago it last pinned a card.
    """

    events: int = 0
    heard_ago: float | None = None
    pinned_ago: float | None = None


NOTHING = Heard()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """What the database knows of one replica's hearing, by the database's clock."""

    executor: str
    events: int
    heard_ago: timedelta | None = None
    pinned_ago: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How many events each replica had heard when this one heard its last."""

    own: int
    others: Mapping[str, int]


def since(executor: str, ears: Sequence[Ear], before: Since | None) -> Since:
    """The next state: a new one whenever this replica has heard something, or has just begun."""
    own = next((ear.events for ear in ears if ear.executor == executor), 0)
    if before is not None and own == before.own:
        return before
    return Since(own=own, others={ear.executor: ear.events for ear in ears if ear.executor != executor})


def deaf(executor: str, ears: Sequence[Ear], last: Since) -> str:
    """Why this replica must be taken for deaf, or an empty string."""
    missed = sum(
        max(0, ear.events - last.others.get(ear.executor, 0)) for ear in ears if ear.executor != executor
    )
    if improbable(missed, len(ears)):
        return f"Slack delivers nothing to this replica: the others heard {missed} events since its last."
    pinned = min((ear.pinned_ago for ear in ears if ear.pinned_ago is not None), default=None)
    heard = min((ear.heard_ago for ear in ears if ear.heard_ago is not None), default=None)
    if pinned is not None and pinned > ECHO and (heard is None or heard > pinned):
        return (
            "Slack delivers nothing: no replica heard of the card that was pinned "
            f"{pinned.total_seconds() / 60:.0f} minutes ago. The app must be subscribed to pin_added."
        )
    return ""


def improbable(missed: int, replicas: int) -> bool:
    """Whether it is too improbable that so many events in a row went to others: (1 - 1/k)^n < 1e-6."""
    return replicas > 1 and (1 - 1 / replicas) ** missed < SURE
