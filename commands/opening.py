"""Opening an incident: stored with its first rows and everything that Slack is to be told, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commands.gather import ask
from commands.telling import LONGEST, show, show_topic, tell
from playbook.environment import strictest
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.outbox import Message, Post, Urgency
from playbook.people import Person
from playbook.ports import Unit
from playbook.text import plain
from playbook.timeline import Entry, Event


async def open_incident(
    unit: Unit,
    *,
    incident: str,
    at: datetime,
    title: str,
    severity: Severity,
    instances: Sequence[InstanceFacts],
    sample: bool,
    by: Person,
    drill: bool = False,
) -> Incident:
    """Store it, and leave word for a channel, a topic, an announcement and a card.

    Raises TooLate when an open incident holds one of the instances already.
    """
    opened = Incident(
        id=incident,
        state=IncidentState.OPEN,
        opened=at,
        title=title,
        severity=severity,
        environment=strictest(i.environment for i in instances),
        sample=sample,
        drill=drill,
    )
    await unit.incidents.add(opened, instances)
    for post in (Post.OPEN_CHANNEL, Post.ANNOUNCE):
        await unit.outbox.put(
            Message(key=f"{incident}:{post.value}", incident=incident, post=post, at=at, urgency=Urgency.NOW)
        )
    await tell(unit, incident=incident, at=at, actor=by.id, event=Event.OPENED, words=title)
    for facts in instances:
        words = facts.problem or f"{facts.instance} is {facts.state}, {facts.environment.value}"
        await unit.timeline.add(_facts_entry(incident, at, facts.instance, words))
    if not sample:
        await ask(unit, incident, instances, at)
    await show_topic(unit, incident, at)
    await show(unit, incident, at)
    return opened


def _facts_entry(incident: str, at: datetime, instance: str, words: str) -> Entry:
    return Entry(
        incident=incident,
        at=at,
        actor="ec2ir",
        event=Event.FACTS,
        words=plain(words, LONGEST),
        data={"instance": instance},
    )
