"""Checks by hand: what each verb looks at, and the answers over every instance of the incident."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from actions.check import Of
from actions.checks.catalogue import CHECK_BY_NAME, CHECKS
from commands.desk import Desk, the_incident
from commands.gather import gather
from playbook.answer import Answer, Verdict
from playbook.errors import BadInput
from playbook.people import Door, Person
from playbook.text import plain

SIGNS = {Verdict.CLEAR: "🟢", Verdict.NOTABLE: "🟠", Verdict.GAP: "🕳️", Verdict.NOT_APPLICABLE: "⚫"}
"""An answer's mark; its word is always shown with it."""
ALL = "all"
"""Stands for every check that there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What a verb looks at: the checks of these rows of the playbook."""

    rows: tuple[str, ...]
    help: str

    @property
    def checks(self) -> tuple[str, ...]:
        """The names of its checks."""
        return tuple(c.name for c in CHECKS if {c.row, *c.also} & {*self.rows})


INQUIRIES: Mapping[str, Inquiry] = {
    "hunt": Inquiry(rows=("F6",), help="looks for the indicators in the account and region (F6)"),
    "audit": Inquiry(rows=("H1", "H2", "H3", "H4", "H5"), help="audits the hardening (H1 to H5)"),
    "watch": Inquiry(rows=("R7",), help="makes the checks of the 72-hour watch now (R7)"),
    "health": Inquiry(rows=("R3",), help="validates the application's health (R3)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One check's answer; `instance` is empty for an account."""

    check: str
    instance: str
    answer: Answer


def checks_named(words: Sequence[str]) -> tuple[str, ...]:
    """The checks that somebody asks for, by name, by the playbook's row, or all. Raises BadInput for others."""
    if [w.casefold() for w in words] == [ALL]:
        return tuple(CHECK_BY_NAME)
    found = [name for word in words for name in _named(word)]
    return tuple(dict.fromkeys(found))


def _named(word: str) -> tuple[str, ...]:
    if word.casefold() in CHECK_BY_NAME:
        return (word.casefold(),)
    of_row = tuple(c.name for c in CHECKS if word.upper() in (c.row, *c.also))
    if not of_row:
        known = ", ".join(CHECK_BY_NAME) or "none in this version"
        raise BadInput(f"There is no check “{plain(word, 40)}”.", then=f"There are: {known}.")
    return of_row


def checks_of(inquiry: str) -> tuple[str, ...]:
    """The checks of a verb. Raises BadInput when this version has none."""
    found = INQUIRIES[inquiry].checks
    if not found:
        raise BadInput(
            f"This version has no check of {', '.join(INQUIRIES[inquiry].rows)}.",
            means="Nothing was looked at.",
            then="Look by hand, and tick the row: /ec2ir checklist.",
        )
    return found


async def inquire(
    desk: Desk, incident: str, checks: Sequence[str], *, by: Person, door: Door, instance: str = ""
) -> tuple[Reply, ...]:
    """Make these checks on every instance of the incident (or the named one), and once for its account.

    Raises as `commands.gather.gather`. Takes as long as the slowest check: up to 90 seconds.
    """
    if not checks:
        raise BadInput(
            "Which check?", then=f"There are: {', '.join(CHECK_BY_NAME) or 'none in this version'}."
        )
    async with desk.store.begin() as unit:
        await the_incident(unit, incident)
        known = [i.instance for i in await unit.incidents.instances(incident)]
    chosen = [instance] if instance else known[:1] or [""]
    others = [] if instance else known[1:]
    alone = [name for name in checks if CHECK_BY_NAME[name].of is Of.INSTANCE]
    rounds = [(i, checks) for i in chosen] + [(i, alone) for i in others if alone]
    answers = await asyncio.gather(
        *(gather(desk, incident, names, by=by, door=door, instance=i) for i, names in rounds)
    )
    return tuple(
        Reply(check=name, instance=i if CHECK_BY_NAME[name].of is Of.INSTANCE else "", answer=answer)
        for (i, _), made in zip(rounds, answers, strict=True)
        for name, answer in made.items()
    )
