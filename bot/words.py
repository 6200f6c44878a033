"""Marks and words that cards, plans and messages share."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from commands.board import Board
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.legal import LegalClock
from playbook.people import Person
from playbook.text import mrkdwn
from playbook.timeline import Event

SEVERITIES = {Severity.CRITICAL: "🔴", Severity.HIGH: "🔴", Severity.MEDIUM: "🟠", Severity.LOW: "🟡"}
EVENTS = {
    Event.APPROVED: "✅",
    Event.REJECTED: "✋",
    Event.OVERRIDE: "🚨",
    Event.CHANGED: "🔀",
    Event.CONTAINED: "🛡️",
    Event.UNDONE: "↩️",
    Event.CLOSED: "🏁",
    Event.LED: "👤",
    Event.FINDING: "🔴",
    Event.JOINED: "🔴",
    Event.CHECKED: "🔎",
    Event.TICKED: "☑️",
    Event.INDICATOR: "🧬",
    Event.ROOT_CAUSE: "🧭",
    Event.REPORTED: "📄",
    Event.WATCH: "🔭",
    Event.WATCH_HIT: "🔴",
    Event.REOPENED: "🔴",
    Event.LEGAL: "⏱️",
    Event.REMINDED: "🔔",
    Event.ESCALATED: "📣",
}
DAY_AND_TIME = "{date_short_pretty} {time}"
"""A moment with its date, as Slack's date tokens."""
_USER_ID = re.compile(r"[UW][A-Z0-9]{4,20}")
_GROUP_ID = re.compile(r"S[A-Z0-9]{4,20}")
_STAMP = re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\b", re.ASCII)


def mention(person: Person) -> str:
    """`<@U…>` for somebody whom Slack knows, `<!subteam^S…>` for a user group, else the name, escaped."""
    if _GROUP_ID.fullmatch(person.id):
        return f"<!subteam^{person.id}>"
    return f"<@{person.id}>" if _USER_ID.fullmatch(person.id) else mrkdwn(str(person), 60)


def moment(at: datetime, form: str = "{time_secs}") -> str:
    """A moment in the reader's own zone; `form` is made of Slack's date tokens."""
    return f"<!date^{int(at.timestamp())}^{form}|{at:%Y-%m-%d %H:%M:%S} UTC>"


def said(words: str, limit: int = 200, form: str = "{time_secs}") -> str:
    """Stored words, escaped; moments in them (`playbook.clock.stamp`) are shown in the reader's own zone.

    `form` is made of Slack's date tokens: what is days away needs its date.
    """
    return _STAMP.sub(lambda found: _local(found[0], form), mrkdwn(words, limit))


def _local(stamped: str, form: str) -> str:
    try:
        return moment(datetime.strptime(stamped, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC), form)
    except ValueError:
        return stamped


def deadline(clock: LegalClock) -> str:
    """A legal clock in one line. `{ago}` counts down in the reader's own Slack, however old the message is."""
    name = mrkdwn(clock.jurisdiction.upper(), 30)
    if clock.notified is not None:
        late = "" if clock.notified <= clock.due else ", after the deadline"
        by = mention(Person(id=clock.notified_by))
        return f"⏱ {name} notified {moment(clock.notified, DAY_AND_TIME)} by {by}{late}"
    return f"⏱ {name} due {moment(clock.due, DAY_AND_TIME)} ({moment(clock.due, '{ago}')})"


def called(facts: InstanceFacts, limit: int = 60) -> str:
    """An instance by name, or by id where it has none; escaped."""
    return mrkdwn(facts.name, limit) or facts.instance


DRILL = "🧪 DRILL, this is an exercise"


def headline(board: Board, limit: int = 60) -> str:
    """What the incident is, in one line of plain words, escaped: also what a notification shows."""
    incident = board.incident
    kind = "SAMPLE, not a real finding · EC2 compromise" if incident.sample else "EC2 compromise"
    if len(board.sections) > 1:
        kind = f"MAJOR incident, {len(board.sections)} instances · {kind}"
    where = f"{board.sections[0].facts.instance}, " if board.sections else ""
    others = len(board.sections) - 1
    more = f" and {others} more" if others > 0 else ""
    subject = mrkdwn(board.subject, limit)
    drill = f"{DRILL} · " if incident.drill else ""
    return f"{drill}{severity(incident)} · {kind} · {subject} ({where}{incident.environment.value}){more}"


def severity(incident: Incident) -> str:
    """Mark and word; a closed incident says so first."""
    word = incident.severity.value.upper()
    if incident.state is IncidentState.CLOSED:
        return f"🏁 CLOSED · {word}"
    return f"{SEVERITIES[incident.severity]} {word}"
