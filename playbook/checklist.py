"""The checklist: each row of the playbook with what is known of it, and what people said about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from playbook.rows import CHECKLIST, PlaybookRow


class Said(StrEnum):
    """What a person said about a row; YES and NO answer “is this process malicious?” of the decision flow."""

    OPEN = "open"
    DONE = "done"
    NOT_APPLICABLE = "not applicable"
    YES = "yes"
    NO = "no"


MALICIOUS = "D3"
"""The row under which the answer to “is this process malicious?” is kept; D4 asks the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What people said last about one row of an incident; ids of people, empty where nobody was named."""

    incident: str
    row: str
    said: Said = Said.OPEN
    by: str = ""
    at: datetime
    assignee: str = ""
    comment: str = ""


class Standing(StrEnum):
    """How a row stands; the first that applies, from the left: a person's word, then proof, then observation."""

    DONE = "done"
    NOT_APPLICABLE = "does not apply"
    NOTABLE = "look at this"
    GAP = "could not be had"
    UNDER_WAY = "under way"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row as it stands. `words` say why; `tick` is there where somebody touched it."""

    row: PlaybookRow
    standing: Standing
    words: str = ""
    tick: Tick | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What ec2ir itself knows of a row: from a check's answers, or from steps."""

    standing: Standing
    words: str = ""


def checklist(observed: Mapping[str, Observed], ticks: Iterable[Tick]) -> tuple[Item, ...]:
    """Every row in the playbook's order. A person's tick stands above what was observed, and can be taken back."""
    said = {t.row: t for t in ticks}
    return tuple(_item(row, observed.get(row.id), said.get(row.id)) for row in CHECKLIST)


_OF_TICK = {
    Said.DONE: Standing.DONE,
    Said.YES: Standing.DONE,
    Said.NO: Standing.DONE,
    Said.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
}


def _item(row: PlaybookRow, seen: Observed | None, tick: Tick | None) -> Item:
    words = seen.words if seen else ""
    by_hand = _OF_TICK.get(tick.said) if tick else None
    standing = by_hand or (seen.standing if seen else Standing.OPEN)
    return Item(row=row, standing=standing, words=words, tick=tick)


def malicious(ticks: Iterable[Tick]) -> bool | None:
    """The answer to “is this process malicious?”, None while nobody gave one."""
    found = next((t.said for t in ticks if t.row == MALICIOUS), Said.OPEN)
    return {Said.YES: True, Said.NO: False}.get(found)
