"""How long things took: spans between an incident's opening and what its timeline records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from commands.report.model import Metrics
from playbook.finding import Finding
from playbook.incident import Incident
from playbook.people import BOT
from playbook.timeline import Entry, Event


def metrics(incident: Incident, findings: Iterable[Finding], entries: Sequence[Entry]) -> Metrics:
    """Acknowledged is the first thing that a person did: declaring the incident counts.

    Contained is the last time that it became so, which is what the incident itself holds.
    """
    opened = incident.opened
    first_seen = min((f.first_seen for f in findings), default=None)
    human = next((e.at for e in entries if e.actor != BOT.id), None)
    recovered = next((e.at for e in reversed(entries) if e.event is Event.RECOVERED), None)
    return Metrics(
        detect=max(opened - first_seen, timedelta(0)) if first_seen is not None else None,
        acknowledge=human - opened if human is not None else None,
        contain=incident.contained - opened if incident.contained is not None else None,
        recover=recovered - opened if recovered is not None else None,
        close=incident.closed - opened if incident.closed is not None else None,
    )
