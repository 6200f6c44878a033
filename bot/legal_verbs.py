"""The verbs of legal deadlines: declare awareness, say what was sent, look at the clocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.act import Act
from bot.asking import incident_here
from bot.command import Command, Topic
from bot.front import Front
from bot.words import DAY_AND_TIME, deadline, moment
from commands.legal import declare_aware, notified
from playbook.legal import Jurisdiction, LegalClock, left, moment_in
from playbook.people import Door
from playbook.text import mrkdwn

_DATE = re.compile(r"\d{1,4}[-./]\d")
"""What begins the moment among the words: something that is meant as a date."""


async def _aware(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    name, at = _law_and_moment(words)
    by = await front.person(act)
    for clock in await declare_aware(front.desk, incident.id, name, at, by=by, door=Door.CHAT):
        await front.tell(act, deadline(clock))


def _law_and_moment(words: Sequence[str]) -> tuple[str, datetime | None]:
    """The jurisdiction, which may be left out, and the moment, which may too. Raises BadInput."""
    start = next((n for n, word in enumerate(words) if _DATE.match(word)), len(words))
    rest = " ".join(words[start:])
    return " ".join(words[:start]), moment_in(rest) if rest else None


async def _notified(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    name, sent = (words[0], " ".join(words[1:])) if words else ("", "")
    by = await front.person(act)
    ended = await notified(front.desk, incident.id, name, sent, by=by, door=Door.CHAT)
    await front.tell(act, deadline(ended))


async def _legal(front: Front, act: Act, _words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    async with front.desk.store.begin() as unit:
        clocks = {clock.jurisdiction: clock for clock in await unit.legal_clocks.of(incident.id)}
    now = front.desk.clock()
    laws = {law.name: law for law in front.desk.policy.legal}
    lines = [_running(clock, laws.get(name), now) for name, clock in clocks.items()]
    lines += [_waiting(law) for name, law in laws.items() if name not in clocks]
    await front.tell(act, "\n".join(lines) or "The settings name no law: [[legal]] in ec2ir.toml.")


def _running(clock: LegalClock, law: Jurisdiction | None, now: datetime) -> str:
    runs = "" if clock.notified else f", {left(clock, now)}"
    aware = f"awareness {moment(clock.aware, DAY_AND_TIME)}"
    sent = f" · sent: {mrkdwn(clock.sent, 500)}" if clock.sent else ""
    return f"{deadline(clock)}{runs} · {aware}{sent}{_note(law)}"


def _waiting(law: Jurisdiction) -> str:
    return f"⚪ {mrkdwn(law.title, 80)} ({law.limit}): not started. `/ec2ir aware {law.name}` starts it{_note(law)}"


def _note(law: Jurisdiction | None) -> str:
    return f"\n      {mrkdwn(law.authority, 120)} · {mrkdwn(law.note, 300)}" if law and law.note else ""


LEGAL_VERBS: Mapping[str, Command] = {
    "aware": Command(
        usage="aware [JURISDICTION|all] [YYYY-MM-DD HH:MM UTC]",
        help="declares when somebody became aware of a breach: its legal clock starts there",
        effect=_aware,
        topic=Topic.LEGAL,
    ),
    "notified": Command(
        usage="notified JURISDICTION what was sent…",
        help="says that the authority was notified, and ends the clock",
        effect=_notified,
        topic=Topic.LEGAL,
    ),
    "legal": Command(
        usage="legal",
        help="shows every legal clock, and those that could be started",
        effect=_legal,
        topic=Topic.LEGAL,
        changes=False,
    ),
}
