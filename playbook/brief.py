"""What the incident knows and AWS can't say (any more): the second thing that a plan or a check is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.finding import Indicator
from playbook.incident import InstanceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """`first` is the instance as it was when the incident opened: its role, groups and balancers before any step.

    `indicators` are those known so far, whoever found them. `settled` are the playbook's rows that a step has
    proved, or that a person ticked or marked as not applicable. `others` are the incident's other instances.
    `contained` is when the incident counted as contained, None while it does not.
    """

    first: InstanceFacts | None = None
    indicators: tuple[Indicator, ...] = ()
    settled: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()
    contained: datetime | None = None

    def values(self, *kinds: str) -> tuple[str, ...]:
        """The indicators' values of these kinds, sorted, each once."""
        return tuple(sorted({i.value for i in self.indicators if i.kind in kinds}))
