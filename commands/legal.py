"""Legal clocks: started by a declared awareness, reminded of at fixed points, ended by what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from commands.desk import Desk, locked
from commands.roles import require_any_role
from commands.telling import tell
from playbook.clock import elapsed, stamp
from playbook.errors import BadInput, Refused
from playbook.legal import (
    Jurisdiction,
    LegalClock,
    check_aware,
    left,
    next_point,
    point_reached,
)
from playbook.people import BOT, Door, Person
from playbook.plan import dump_json
from playbook.policy import Policy
from playbook.ports import Unit
from playbook.slot import Alarm, Slot
from playbook.text import plain
from playbook.timeline import Event

ALL = "all"
LATE = timedelta(minutes=5)
"""A reminder this long after its moment says so."""
_TARGETS = ("legal", "dpo")
_SHORTEST, _LONGEST = 3, 500
"""Characters of what was sent."""


async def declare_aware(
    desk: Desk, incident: str, jurisdiction: str = "", at: datetime | None = None, *, by: Person, door: Door
) -> tuple[LegalClock, ...]:
    """Start a clock, or with `all` every one that does not run yet; `at` is when somebody became aware, default now.

    Raises BadInput for an unknown jurisdiction or a moment that can't be, NotAllowed without a role, Refused for a
    sample and for what runs already.
    """
    chosen = _chosen(desk.policy.legal, jurisdiction)
    await require_any_role(desk, by, door)
    now = desk.clock()
    moment = at or now
    async with desk.store.begin() as unit:
        found = await locked(unit, incident)
        if found.sample:
            raise Refused("A sample finding breaches nobody's data.", means="No clock was started.")
        first = min([found.opened, *(f.first_seen for f in await unit.findings.of(incident))])
        check_aware(moment, first=first, now=now)
        running = {c.jurisdiction: c for c in await unit.legal_clocks.of(incident)}
        fresh = [j for j in chosen if j.name not in running]
        if not fresh:
            raise _runs_already(running[chosen[0].name])
        return tuple(
            [await _start(unit, incident, j, moment, policy=desk.policy, by=by, now=now) for j in fresh]
        )


def _chosen(known: Sequence[Jurisdiction], name: str) -> tuple[Jurisdiction, ...]:
    wanted = name.strip().casefold()
    if wanted == ALL or (not wanted and len(known) == 1):
        found = tuple(known)
    else:
        found = tuple(j for j in known if j.name.casefold() == wanted)
    if found:
        return found
    names = ", ".join(j.name for j in known)
    raise BadInput(
        f"“{plain(name, 40)}” is no jurisdiction of the settings." if wanted else "Which law's clock?",
        means="No clock was started.",
        then=f"There are: {names}, or {ALL}." if known else "Add one to ec2ir.toml under [[legal]].",
    )


def _runs_already(clock: LegalClock) -> Refused:
    ended = clock.notified is not None
    return Refused(
        f"{clock.jurisdiction} {'was notified' if ended else 'runs'} already: awareness at {stamp(clock.aware)}.",
        means="A legal clock starts once, and nothing sets it back.",
        then="" if ended else f"It is due at {stamp(clock.due)}.",
    )


def _people(policy: Policy, law: Jurisdiction) -> tuple[str, ...]:
    """Whom a clock's news mention: those of the jurisdiction, and the escalation targets `legal` and `dpo`."""
    contacts = (policy.escalation.targets.get(name) for name in _TARGETS)
    named = (each for contact in contacts if contact for each in (contact.group, contact.person) if each)
    return tuple(dict.fromkeys((*law.ping, *named)))


async def _start(
    unit: Unit,
    incident: str,
    law: Jurisdiction,
    aware: datetime,
    *,
    policy: Policy,
    by: Person,
    now: datetime,
) -> LegalClock:
    clock = LegalClock(
        incident=incident, jurisdiction=law.name, aware=aware, aware_by=by.id, due=law.deadline(aware)
    )
    await unit.legal_clocks.start(clock)
    await unit.slots.add(_slot(clock, now))
    await unit.ledger.add(incident, now, "legal clock", law.name, dump_json(clock))
    await tell(
        unit, incident=incident, at=now, actor=by.id, event=Event.LEGAL,
        words=f"{by} declares awareness at {stamp(aware)}: {law.title} gives {law.limit}. "
        f"{law.authority} must be notified by {stamp(clock.due)}, {left(clock, now)}",
        data={"jurisdiction": law.name, "aware": aware.isoformat(), "due": clock.due.isoformat()},
        aloud=f"legal:{law.name}:aware", ping=_people(policy, law),
    )  # fmt: skip
    return clock


def _slot(clock: LegalClock, after: datetime) -> Slot:
    hours, at = next_point(clock.due, after)
    subject = f"{clock.incident}/{clock.jurisdiction}/{hours}"
    return Slot(key=f"legal:{subject}", alarm=Alarm.LEGAL, subject=subject, due=at)


async def fire(desk: Desk, subject: str) -> None:
    """Remind of the deadline, unless the authority was notified; harmless to repeat.

    After downtime only the last reminder that came due is told, with how late it is.
    """
    incident, name, hours = subject.rsplit("/", 2)
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        clock = next((c for c in await unit.legal_clocks.of(incident) if c.jurisdiction == name), None)
        if clock is None or clock.notified is not None:
            return
        # Another replica's clock handed the slot out: by this one's, its moment may be still to come.
        now = max(desk.clock(), clock.due - timedelta(hours=int(hours)))
        reached = point_reached(clock.due, now)
        # The next slot is there already: this one was fired before.
        if reached is None or not await unit.slots.add(_slot(clock, now)):
            return
        await _remind(unit, clock, desk.policy, reached, hours=int(hours), now=now)


async def _remind(
    unit: Unit, clock: LegalClock, policy: Policy, reached: tuple[int, datetime], *, hours: int, now: datetime
) -> None:
    law, (point, at) = _law(policy.legal, clock.jurisdiction), reached
    late = f" This reminder is {elapsed(now - at)} late." if now - at > LATE else ""
    missed = " Those before it were not sent." if point != hours else ""
    state = "OVERDUE: " if now >= clock.due else ""
    await tell(
        unit, incident=clock.incident, at=now, actor=BOT.id, event=Event.LEGAL,
        words=f"{state}{law.title}: {law.authority} must be notified by {stamp(clock.due)}, "
        f"{left(clock, now)}. Once it is: /ec2ir notified {clock.jurisdiction} what was sent.{late}{missed}",
        data={"jurisdiction": clock.jurisdiction, "point": point},
        aloud=f"legal:{clock.jurisdiction}:{point}", ping=_people(policy, law),
    )  # fmt: skip


def _law(known: Sequence[Jurisdiction], name: str) -> Jurisdiction:
    """The jurisdiction of that name; a clock runs on also when it was taken out of the settings."""
    found = next((j for j in known if j.name == name), None)
    return found or Jurisdiction(name=name, title=name, authority="the authority")


async def notified(
    desk: Desk, incident: str, jurisdiction: str, sent: str, *, by: Person, door: Door
) -> LegalClock:
    """End a clock: the authority was notified, with what. Whether it was in time is said.

    Raises BadInput without a jurisdiction or words, NotAllowed without a role, Refused when no such clock runs.
    """
    words = plain(sent, _LONGEST)
    if not jurisdiction.strip() or len(words) < _SHORTEST:
        raise BadInput(
            "Say who was notified, and of what.",
            means="The clock runs on.",
            then="/ec2ir notified JURISDICTION what was sent, to whom, under which reference",
        )
    await require_any_role(desk, by, door)
    now = desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        name = jurisdiction.strip().casefold()
        clocks = {c.jurisdiction.casefold(): c for c in await unit.legal_clocks.of(incident)}
        clock = clocks.get(name)
        if clock is None or not await unit.legal_clocks.notified(
            incident, clock.jurisdiction, words, by, now
        ):
            raise _no_clock(plain(jurisdiction, 40), clock)
        law = _law(desk.policy.legal, clock.jurisdiction)
        in_time = "in time" if now <= clock.due else f"{elapsed(now - clock.due)} after the deadline"
        ended = next(c for c in await unit.legal_clocks.of(incident) if c.jurisdiction == clock.jurisdiction)
        await unit.ledger.add(incident, now, "legal clock", clock.jurisdiction, dump_json(ended))
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.LEGAL,
            words=f"{by} says that {law.authority} was notified ({law.title}), {in_time}: {words}",
            data={"jurisdiction": clock.jurisdiction, "sent": words},
            aloud=f"legal:{clock.jurisdiction}:notified",
        )  # fmt: skip
    return ended


def _no_clock(name: str, clock: LegalClock | None) -> Refused:
    if clock is None or clock.notified is None:
        return Refused(
            f"No clock of {name} runs in this incident.",
            means="Nothing was ended.",
            then=f"/ec2ir aware {name} starts it, with the moment of awareness.",
        )
    return Refused(
        f"{clock.notified_by} ended the clock of {clock.jurisdiction} at {stamp(clock.notified)}.",
        means="That stands; what was sent is kept as it was said.",
    )
