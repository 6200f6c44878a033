"""Pings: what is put into the outbox for an escalation, and what becomes of it; each harmless to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from commands.desk import Desk, locked
from commands.telling import tell
from playbook.clock import elapsed
from playbook.errors import BadInput
from playbook.escalation import Escalation, EscalationState, Ping, Way
from playbook.incident import IncidentState
from playbook.outbox import Message, Post, Urgency
from playbook.people import BOT, Person
from playbook.plan import Json
from playbook.policy import Contact, Escalating
from playbook.ports import Unit
from playbook.slot import Alarm, Slot
from playbook.text import plain
from playbook.timeline import Event

LATE = timedelta(minutes=1)
"""A ping that is this much behind its time says so."""
_PERSON = "@"
_POSTS = {Way.CHAT: Post.PING, Way.MAIL: Post.MAIL, Way.PAGER: Post.PAGER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way to tell a contact: `to` in words, `channel` the one in Slack where it is not the incident's."""

    way: Way
    to: str
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a row of the outbox carries: which ping of which escalation, to whom (see `contact_of`), and by what way."""

    escalation: str
    number: int
    name: str
    route: Route
    late: str = ""

    @property
    def key(self) -> str:
        """The row's, so that no ping is sent twice."""
        return f"ping:{self.escalation}:{self.number}:{self.route.way}:{self.route.to}"

    def pack(self) -> Json:
        """As the row's body."""
        r = self.route
        body = {"escalation": self.escalation, "name": self.name, "to": r.to, "channel": r.channel}
        return {**body, "number": self.number, "way": r.way.value, "late": self.late}

    def ping(self, at: datetime, problem: str = "") -> Ping:
        """The attempt, for the record."""
        return Ping(
            escalation=self.escalation, number=self.number, way=self.route.way, to=self.route.to, at=at,
            problem=plain(problem, 300),
        )  # fmt: skip


def errand_of(body: Json) -> Errand:
    """What a row's body carries."""
    route = Route(way=Way(str(body["way"])), to=str(body["to"]), channel=str(body["channel"]))
    return Errand(
        escalation=str(body["escalation"]), number=int(str(body["number"])), name=str(body["name"]),
        route=route, late=str(body["late"]),
    )  # fmt: skip


def by_hand(person: str) -> str:
    """The name under which a person is told to whom an escalation was handed over."""
    return f"{_PERSON}{person}"


def contact_of(policy: Escalating, name: str) -> Contact | None:
    """How a target, or a person by id, is told; None for a target that the settings do not have."""
    if name.startswith(_PERSON):
        return Contact(person=name.removeprefix(_PERSON))
    return policy.targets.get(name)


def routes(name: str, contact: Contact) -> Iterator[Route]:
    """Every way to the contact; the incident's channel is always one, because there it can be acknowledged."""
    yield Route(way=Way.CHAT, to=name)
    if contact.channel:
        yield Route(way=Way.CHAT, to=f"{name} in {contact.channel}", channel=contact.channel)
    if contact.email:
        yield Route(way=Way.MAIL, to=f"{name} <{contact.email}>")
    if contact.pager_url:
        yield Route(way=Way.PAGER, to=name)


def receiver(policy: Escalating, escalation: Escalation, number: int) -> str:
    """Who gets this ping: whom it was handed to, else the target; the fallback at the ladder's end, or without target.

    An empty string when that is nobody.
    """
    fallback = policy.fallback if policy.fallback in policy.targets else ""
    if number >= len(policy.ladder):
        return fallback
    if escalation.handed_to:
        return by_hand(escalation.handed_to)
    return escalation.target if escalation.target in policy.targets else fallback


async def fire(desk: Desk, subject: str, due: datetime) -> None:
    """Send one rung's pings, and set the timer of the next; harmless to repeat, and nothing once acknowledged."""
    name, _, written = subject.rpartition("/")
    number, now, policy = int(written) if written.isdigit() else -1, desk.clock(), desk.policy.escalation
    async with desk.store.begin() as unit:
        known = await unit.escalations.get(name)
        incident = await locked(unit, known.incident) if known is not None else None
        # Read again: what was true before the lock may have been acknowledged meanwhile.
        escalation = await unit.escalations.get(name)
        if escalation is None or incident is None or incident.state is IncidentState.CLOSED:
            return
        if escalation.state is not EscalationState.WAITING or escalation.rung != number:
            return
        to = receiver(policy, escalation, number) if number <= len(policy.ladder) else ""
        if number == 0 and escalation.target not in policy.targets:
            await _missing(unit, policy, escalation, now)
        if not to:
            await _exhaust(unit, policy, escalation, now)
        elif await unit.escalations.climb(escalation.id, number):
            late = elapsed(now - due) if now - due >= LATE else ""
            await send(unit, policy, escalation, number, to, now, late=late)
            wait = policy.ladder[min(number, len(policy.ladder) - 1)]
            await ask(unit, escalation.id, number + 1, now + wait)


async def ask(unit: Unit, escalation: str, number: int, due: datetime) -> None:
    """Set the timer of a ping."""
    subject = f"{escalation}/{number}"
    await unit.slots.add(Slot(key=f"ping:{subject}", alarm=Alarm.PING, subject=subject, due=due))


async def send(
    unit: Unit,
    policy: Escalating,
    escalation: Escalation,
    number: int,
    name: str,
    now: datetime,
    *,
    late: str = "",
) -> None:
    """Put a ping to that target or person into the outbox, by every way there is."""
    contact = contact_of(policy, name)
    for route in routes(name, contact) if contact is not None else ():
        errand = Errand(escalation=escalation.id, number=number, name=name, route=route, late=late)
        await unit.outbox.put(row_of(errand, escalation.incident, now))


def row_of(errand: Errand, incident: str, at: datetime) -> Message:
    """The outbox's row."""
    return Message(
        key=errand.key, incident=incident, post=_POSTS[errand.route.way], at=at, body=errand.pack(),
        urgency=Urgency.NOW,
    )  # fmt: skip


async def told(unit: Unit, errand: Errand, now: datetime) -> None:
    """A ping left: record it, once, in the timeline too; also when earlier attempts at it failed."""
    escalation = await _escalation(unit, errand)
    if await _recorded(unit, escalation, errand) == "":
        return
    await unit.escalations.pinged(errand.ping(now))
    again = f", ping {errand.number + 1}" if errand.number else ""
    late = f", {errand.late} late" if errand.late else ""
    await tell(
        unit, incident=escalation.incident, at=now, actor=BOT.id, event=Event.ESCALATED,
        words=f"{escalation.rule}: {errand.route.to} was told by {errand.route.way.value}{again}{late}",
        data=errand.pack() | {"rule": escalation.rule},
    )  # fmt: skip


async def untold(unit: Unit, policy: Escalating, errand: Errand, problem: str, now: datetime) -> None:
    """A ping could not be sent: record it, say it aloud, and ping the fallback at once, unless somebody has it."""
    escalation = await _escalation(unit, errand)
    known = await _recorded(unit, escalation, errand)
    if known is not None or escalation.state is EscalationState.ACKNOWLEDGED:
        return
    await unit.escalations.pinged(errand.ping(now, problem or "not sent"))
    next_ = await go_to_fallback(unit, policy, escalation, errand, now)
    await tell(
        unit, incident=escalation.incident, at=now, actor=BOT.id, event=Event.ESCALATED,
        words=f"{escalation.rule}: {errand.route.to} could not be told by {errand.route.way.value}: {problem} {next_}",
        data=errand.pack() | {"rule": escalation.rule, "problem": plain(problem, 300)},
        aloud=f"untold:{errand.key}",
    )  # fmt: skip


async def go_to_fallback(
    unit: Unit, policy: Escalating, escalation: Escalation, errand: Errand, now: datetime
) -> str:
    """Ping the fallback now, beside the ladder; what that means, in words."""
    if policy.fallback not in policy.targets:
        return "No fallback is configured: tell them yourself."
    if errand.name == policy.fallback:
        return "It is the fallback itself: call somebody."
    await send(unit, policy, escalation, errand.number, policy.fallback, now)
    return f"The fallback {policy.fallback} is pinged now."


async def answered(unit: Unit, policy: Escalating, escalation: Escalation, now: datetime) -> None:
    """Draw the sent messages again, and quieten the pagers that rang. `escalation` as it is stored now."""
    pings = [p for p in await unit.escalations.pings(escalation.incident) if p.escalation == escalation.id]
    people = {p.to for p in pings if p.way is Way.CHAT and p.to.startswith(_PERSON)}
    names = {escalation.target, policy.fallback, *people}
    for name in sorted(names):
        contact = contact_of(policy, name)
        for route in routes(name, contact) if contact is not None else ():
            numbers = [p.number for p in pings if (p.way, p.to, p.problem) == (route.way, route.to, "")]
            errands = [Errand(escalation=escalation.id, number=n, name=name, route=route) for n in numbers]
            if route.way is Way.CHAT:
                for errand in errands:
                    await unit.outbox.put(row_of(errand, escalation.incident, now))
            if route.way is Way.PAGER and errands and escalation.state is EscalationState.ACKNOWLEDGED:
                quiet = Message(
                    key=f"ack:{errands[0].key}", incident=escalation.incident, post=Post.PAGER, at=now,
                    body=errands[0].pack() | {"acknowledged": True}, urgency=Urgency.NOW,
                )  # fmt: skip
                await unit.outbox.put(quiet)


def hand(escalation: Escalation, number: int, person: Person) -> Errand:
    """The ping of somebody to whom it was handed over."""
    name = by_hand(person.id)
    return Errand(escalation=escalation.id, number=number, name=name, route=Route(way=Way.CHAT, to=name))


async def _missing(unit: Unit, policy: Escalating, escalation: Escalation, now: datetime) -> None:
    there = policy.fallback in policy.targets
    then = f"the fallback {policy.fallback} is told" if there else "and there is no fallback: nobody was told"
    await tell(
        unit, incident=escalation.incident, at=now, actor=BOT.id, event=Event.ESCALATED,
        words=f"{escalation.rule} wants {escalation.target}, and no such target is configured; {then}",
        data={"escalation": escalation.id, "rule": escalation.rule},
        aloud=f"missing:{escalation.id}",
    )  # fmt: skip


async def _exhaust(unit: Unit, policy: Escalating, escalation: Escalation, now: datetime) -> None:
    if not await unit.escalations.exhaust(escalation.id):
        return
    pinged = [p for p in await unit.escalations.pings(escalation.incident) if p.escalation == escalation.id]
    if not pinged:
        return  # that nobody could be told was said already
    await answered(unit, policy, escalation, now)
    names = ", ".join(dict.fromkeys(p.to for p in pinged))
    await tell(
        unit, incident=escalation.incident, at=now, actor=BOT.id, event=Event.ESCALATED,
        words=f"{escalation.rule}: NOBODY HAS ACKNOWLEDGED, and the ladder has ended. {names} were pinged. "
        f"Call somebody by phone; /ec2ir ack {escalation.rule} says who has it",
        data={"escalation": escalation.id, "rule": escalation.rule},
        aloud=f"exhausted:{escalation.id}",
    )  # fmt: skip


async def _recorded(unit: Unit, escalation: Escalation, errand: Errand) -> str | None:
    """The problem of that ping, empty where it was sent; None where nothing is known of it yet."""
    wanted = (errand.escalation, errand.number, errand.route.way, errand.route.to)
    every = await unit.escalations.pings(escalation.incident)
    return next((p.problem for p in every if (p.escalation, p.number, p.way, p.to) == wanted), None)


async def _escalation(unit: Unit, errand: Errand) -> Escalation:
    known = await unit.escalations.get(errand.escalation)
    if known is None:
        raise BadInput(f"There is no escalation {plain(errand.escalation, 60)}.")
    await locked(unit, known.incident)
    return (await unit.escalations.get(errand.escalation)) or known
