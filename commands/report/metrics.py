"""How long things took: spans between an incident's opening and what its timeline records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from commands.report.model import Metrics
from playbook.answer import Verdict
from playbook.checklist import Said
from playbook.finding import Finding
from playbook.incident import Incident
from playbook.people import BOT
from playbook.timeline import Entry, Event

HEALTHY = "R3"
"""The playbook's row that says that the application works again."""


def metrics(incident: Incident, findings: Iterable[Finding], entries: Sequence[Entry]) -> Metrics:
    """Acknowledged is the first thing that a person did: declaring the incident counts.

    Contained is the last time that it became so, which is what the incident itself holds. Recovered is what the
    timeline records as such; without that, when the application was first seen, or said, to be healthy once contained.
    """
    opened = incident.opened
    first_seen = min((f.first_seen for f in findings), default=None)
    human = next((e.at for e in entries if e.actor != BOT.id), None)
    recovered = _recovered(incident.contained, entries)
    return Metrics(
        detect=max(opened - first_seen, timedelta(0)) if first_seen is not None else None,
        acknowledge=human - opened if human is not None else None,
        contain=incident.contained - opened if incident.contained is not None else None,
        recover=recovered - opened if recovered is not None else None,
        close=incident.closed - opened if incident.closed is not None else None,
    )


def _recovered(contained: datetime | None, entries: Sequence[Entry]) -> datetime | None:
    recorded = next((e.at for e in entries if e.event is Event.RECOVERED), None)
    healthy = (e.at for e in entries if contained is not None and e.at >= contained and _healthy(e))
    return recorded or next(healthy, None)


def _healthy(entry: Entry) -> bool:
    if entry.data.get("row") != HEALTHY:
        return False
    clear = entry.event is Event.CHECKED and entry.data.get("verdict") == Verdict.CLEAR.value
    return clear or (entry.event is Event.TICKED and entry.data.get("said") == Said.DONE.value)
