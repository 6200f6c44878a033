"""Taking indicators in: normalised, each value once, with where it was seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from playbook.finding import Indicator
from playbook.indicators import normal
from playbook.ports import Unit

MOST = 500
"""Indicators of one incident that ec2ir takes from evidence by itself: a host can answer with thousands."""


async def learn(
    unit: Unit, incident: str, indicators: Iterable[Indicator], source: str, at: datetime
) -> tuple[Indicator, ...]:
    """Store what is an indicator; the new ones. What is none of its kind is left out: it stays in the evidence."""
    known = len(await unit.indicators.of(incident))
    new: list[Indicator] = []
    for kept in filter(None, map(normal, indicators)):
        if known + len(new) < MOST and await unit.indicators.add(incident, kept, source, at):
            new.append(kept)
    return tuple(new)
