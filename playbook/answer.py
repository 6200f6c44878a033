"""What a check found: an answer in words with the numbers behind it, or why it could not be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from playbook.finding import Indicator
from playbook.plan import Json
from playbook.target import Target
from playbook.text import plain

LONGEST = 400
"""Characters of one line of an answer; more is evidence."""
MOST = 12
"""Lines of one answer, and gaps; what is over that is counted, never dropped in silence."""


class Verdict(StrEnum):
    """CLEAR: looked at, nothing speaks for an attack. NOTABLE: a person should see it. GAP: it could not be had.

    A gap is never taken for clear.
    """

    CLEAR = "clear"
    NOTABLE = "notable"
    GAP = "gap"
    NOT_APPLICABLE = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`says` are safe plain lines; `evidence` is what they were read from, bounded by whoever made it.

    `indicators` are what the check saw of the attacker. `gaps` say in words what of the answer is missing though
    the rest could be had.
    """

    verdict: Verdict
    says: tuple[str, ...]
    evidence: Json = field(default_factory=dict[str, object])
    indicators: tuple[Indicator, ...] = ()
    gaps: tuple[str, ...] = ()


def answer(
    verdict: Verdict,
    *says: str,
    evidence: Json | None = None,
    indicators: tuple[Indicator, ...] = (),
    gaps: tuple[str, ...] = (),
) -> Answer:
    """An answer whose lines are made safe and bounded, whatever they quote."""
    return Answer(
        verdict=verdict,
        says=_bounded(says, "and {} more, in the evidence"),
        evidence=evidence or {},
        indicators=indicators,
        gaps=_bounded(gaps, "and {} more gaps"),
    )


def _bounded(lines: Sequence[str], rest: str) -> tuple[str, ...]:
    """At most MOST safe lines; the last one then counts those that are left out."""
    kept = [plain(line, LONGEST) for line in lines if line.strip()]
    over = len(kept) - MOST
    return tuple([*kept[: MOST - 1], rest.format(over + 1)] if over > 0 else kept)


def gap(why: str) -> Answer:
    """The answer of a check that could not be made."""
    return answer(Verdict.GAP, why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer as stored: the latest one of each check on each instance. `target.instance` is empty for an account."""

    check: str
    target: Target
    at: datetime
    answer: Answer
