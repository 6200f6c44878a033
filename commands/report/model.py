"""What a report holds: everything that was folded from the stored state, before it becomes text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.attack import Technique
from playbook.checklist import Item
from playbook.finding import Finding
from playbook.incident import Incident, InstanceFacts
from playbook.indicators import Known
from playbook.ledger import Evidence
from playbook.legal import LegalClock
from playbook.people import Person
from playbook.root_cause import RootCause
from playbook.run import Step
from playbook.timeline import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Spans since the incident opened; `detect` is from the attacker's first sight to the opening.

    None where it has not happened, or can't be told from what is stored.
    """

    detect: timedelta | None
    acknowledge: timedelta | None
    contain: timedelta | None
    recover: timedelta | None
    close: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One person's word on one plan: what was decided, when, at which door, and of which plan.

    `override` is a break-glass reason. A plan that nobody decided has the state of the plan as `decision`.
    """

    plan: str
    hash: str
    what: str
    instance: str
    proposer: str
    decision: str
    person: str
    at: datetime | None
    door: str
    override: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One step of one run with every rung that was seen of its proof, in the order of the looks."""

    title: str
    row: str
    instance: str
    undo: bool
    step: Step
    ladder: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`first` are the instances as they were when they joined the incident, `instances` as they are known now;
    `entries` is the timeline, `names` says who the ids in it are; `broken` is what is wrong with the evidence chain.

    `stated` says whether a person stated the root cause; otherwise it is what the findings speak for.
    """

    incident: Incident
    subject: str
    at: datetime
    first: tuple[InstanceFacts, ...]
    instances: tuple[InstanceFacts, ...]
    findings: tuple[Finding, ...]
    techniques: tuple[Technique, ...]
    metrics: Metrics
    entries: tuple[Entry, ...]
    names: dict[str, Person]
    words: tuple[Word, ...]
    steps: tuple[Carried, ...]
    evidence: tuple[Evidence, ...]
    broken: tuple[str, ...]
    indicators: tuple[Known, ...]
    clocks: tuple[LegalClock, ...]
    cause: RootCause
    stated: bool
    checklist: tuple[Item, ...]
    open_items: tuple[str, ...]

    def called(self, person: str) -> str:
        """A person by name, or by id where no name is known."""
        return str(self.names.get(person) or person)
