"""Take in a finding or a message that was no finding: stored first, told afterwards, harmless to repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from commands.close import let_go
from commands.desk import Desk, locked
from commands.escalate import review
from commands.gather import ask
from commands.indicators import learn
from commands.opening import open_incident
from commands.propose import propose_missing
from commands.seen import saw
from commands.telling import tell
from playbook.errors import TooLate
from playbook.finding import Finding, Indicator, Scope
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.letter import Letter
from playbook.outbox import Message, Post
from playbook.people import BOT
from playbook.plan import dump_json
from playbook.ports import Unit
from playbook.text import plain
from playbook.timeline import Event


async def receive(desk: Desk, finding: Finding, raw: str) -> None:
    """Open an incident for the finding, join it to the open one, or update what it says.

    An older copy changes nothing; an equal one only finishes what a process that died left undone. Archived
    findings, those about something else than instances, and those that ec2ir's own calls caused are shown as
    such and open nothing. Raises TooLate when others keep opening incidents on the same instances.
    """
    for _ in range(3):
        try:
            incident = await _take_in(desk, finding, raw)
        except TooLate:  # somebody opened or closed an incident on the instance meanwhile
            continue
        if incident and not finding.sample:
            await desk.executor.nudge()
            await propose_missing(desk, incident)
        return
    raise TooLate(
        f"Other messages keep opening incidents on {', '.join(finding.instances) or 'the account'}.",
        means="This copy of the finding was not stored.",
        then="The queue delivers it again.",
    )


async def keep(desk: Desk, letter: Letter) -> None:
    """Keep a message that could not be understood, and show it once where incidents are announced."""
    async with desk.store.begin() as unit:
        if await unit.letters.keep(letter):
            await _announce(
                unit,
                key=f"letter:{letter.id}",
                at=letter.received,
                words=f"An alert could not be understood and was kept: {plain(letter.problem, 400)}",
            )


async def announce(desk: Desk, key: str, words: str) -> None:
    """Say once, where incidents are announced, what concerns ec2ir itself; `key` makes it once."""
    async with desk.store.begin() as unit:
        await _announce(unit, key=key, at=desk.clock(), words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What is stored when a finding comes in: its last copy, that copy's incident, and who holds its instances.

    `own` is that incident, while it is open, of a finding on an account, which no instance leads to.
    """

    known: Finding | None
    incident: str
    holders: Mapping[str, Incident | None]
    own: Incident | None = None

    def held(self) -> list[Incident]:
        """The open incidents that the finding concerns, each once, in the order of the instances."""
        found = {i.id: i for i in (*self.holders.values(), self.own) if i is not None}
        return list(found.values())

    def real(self) -> list[Incident]:
        """Those of them that no sample opened."""
        return [i for i in self.held() if not i.sample]


async def _before(unit: Unit, finding: Finding) -> _Before:
    key = finding.key
    incident = await unit.findings.incident_of(key)
    own = await unit.incidents.get(incident) if incident and not finding.instances else None
    return _Before(
        known=await unit.findings.get(key),
        incident=incident,
        own=own if own is not None and own.state is IncidentState.OPEN else None,
        holders={i: await unit.incidents.open_on(key.account, key.region, i) for i in finding.instances},
    )


async def _take_in(desk: Desk, finding: Finding, raw: str) -> str:
    """The id of the incident that may lack a plan now, or an empty string. Raises TooLate in a race."""
    async with desk.store.begin() as unit:
        before = await _before(unit, finding)
        if before.known is not None and before.known.updated >= finding.updated:
            # A process may have died between storing this very copy and planning what it calls for.
            return before.incident if before.known.updated == finding.updated else ""
        reason = _opens_nothing(desk, finding, before)
        if reason:
            await _acknowledge(desk, unit, finding, raw, reason, before)
            return ""
    strangers = [i for i, holder in before.holders.items() if holder is None or holder.sample]
    facts = await asyncio.gather(*(_facts(desk, finding, i) for i in strangers))
    async with desk.store.begin() as unit:
        return await _store(desk, unit, finding, raw, facts)


async def _facts(desk: Desk, finding: Finding, instance: str) -> InstanceFacts:
    if finding.sample:
        # A sample's instance does not exist; asking AWS about it would only report that.
        return InstanceFacts(
            account=finding.key.account,
            region=finding.key.region,
            instance=instance,
            seen=False,
            problem="a sample finding: this instance does not exist",
        )
    return await desk.cloud.facts(finding.key.account, finding.key.region, instance)


def _opens_nothing(desk: Desk, finding: Finding, before: _Before) -> str:
    """Why a finding opens no incident and joins none, or an empty string."""
    if not finding.instances and finding.scope is not Scope.ACCOUNT:
        return "it is not about an EC2 instance"
    if _role_of(finding.caller) in desk.own_roles:
        return "ec2ir's own calls caused it"
    if finding.sample and before.real():
        return "it is a sample, and a real incident is open on its instance"
    if finding.archived and not before.real():
        return f"it is {finding.settled}"
    return ""


def _role_of(caller: str) -> str:
    """The role in a principal's ARN, or the bare name. Exact: whoever is inside can name roles and sessions."""
    kind, _, rest = caller.partition("/")
    return rest.partition("/")[0] if kind.endswith(":assumed-role") else caller.rpartition("/")[2]


async def _acknowledge(
    desk: Desk, unit: Unit, finding: Finding, raw: str, reason: str, before: _Before
) -> None:
    await unit.findings.save(finding, raw, before.incident)
    await _announce(
        unit,
        key=f"finding:{finding.key.account}:{finding.key.region}:{finding.key.id}:{reason}",
        at=desk.clock(),
        words=f"{plain(finding.type.full, 150)} was received and opens no incident: {reason}.",
    )


async def _announce(unit: Unit, *, key: str, at: datetime, words: str) -> None:
    await unit.outbox.put(Message(key=key, incident="", post=Post.ANNOUNCE, at=at, body={"words": words}))


async def _store(desk: Desk, unit: Unit, finding: Finding, raw: str, facts: Sequence[InstanceFacts]) -> str:
    """Store it in its incident. Raises TooLate when the instances are held otherwise than when `facts` were read."""
    await unit.findings.lock(finding.key)
    now, before = desk.clock(), await _before(unit, finding)
    for holder in sorted(h.id for h in before.held()):
        await locked(unit, holder)
    if before != (before := await _before(unit, finding)):
        raise TooLate("Somebody else took in a finding on the instance just now.")
    if before.known is not None and before.known.updated >= finding.updated:
        return ""
    for holder in before.held():
        if holder.sample and not finding.sample:
            await let_go(unit, holder.id, "a real finding on the instance took its place", by=BOT, at=now)
    holders = [h for h in before.held() if h.sample == finding.sample]
    incident = next((h for h in holders if h.id == before.incident), holders[0] if holders else None)
    free = {i for i, h in before.holders.items() if h is None or h.sample != finding.sample}
    if free - {f.instance for f in facts}:
        raise TooLate("An instance of the finding was let go just now.")
    new = [f for f in facts if f.instance in free]
    again = incident is not None and before.incident == incident.id
    opened = incident is None
    if incident is None:
        incident = await open_incident(
            unit,
            incident=desk.new_id(),
            at=now,
            title=plain(finding.title or finding.type.full, 150),
            severity=finding.severity,
            instances=new,
            sample=finding.sample,
            by=BOT,
            drill=desk.drill,
        )
    await unit.findings.save(finding, raw, incident.id)
    loud = await _tell_finding(unit, finding, before.known if again else None, incident, now, opened=opened)
    if not opened:
        await saw(unit, incident.id, new, finding.severity, now)
    await _follow_up(unit, finding, incident.id, new, now)
    for other in {h.id for h in holders} - {incident.id}:
        await _tell_elsewhere(unit, finding, other, incident, now)
    await review(unit, incident.id, now)
    await unit.ledger.add(incident.id, now, "finding", finding.key.id, dump_json(finding))
    return incident.id if loud or opened else ""


async def _follow_up(
    unit: Unit, finding: Finding, incident: str, new: Sequence[InstanceFacts], now: datetime
) -> None:
    """What every finding asks for: checks on new instances, and what it says of the attacker kept."""
    if not finding.sample:
        await ask(unit, incident, new, now)
    seen = (*finding.indicators, *(Indicator(kind="instance", value=i) for i in finding.instances))
    await learn(unit, incident, seen, f"{finding.source} {finding.type.full}", now)


async def _tell_finding(
    unit: Unit, finding: Finding, known: Finding | None, incident: Incident, now: datetime, *, opened: bool
) -> bool:
    """Say what is new about it; whether that was said aloud. `known` is its last copy in this incident."""
    marks, loud = [f"seen {finding.count} times" if finding.count > 1 else "seen once"], ""
    if finding.archived:
        marks.append(finding.settled)
    if known is None and not opened:
        loud = f"joined:{finding.key.id}"
    if known is not None and finding.severity.rank < known.severity.rank:
        marks.append(f"severity rose to {finding.severity.value}")
        loud = f"rose:{finding.key.id}:{finding.severity.value}"
    if incident.contained is not None and finding.last_seen > incident.contained:
        marks.append("seen after containment")
        loud = loud or f"after:{finding.key.id}:{incident.contained.isoformat()}"
    await tell(
        unit,
        incident=incident.id,
        at=now,
        actor=BOT.id,
        event=Event.FINDING if opened or known is not None else Event.JOINED,
        words=f"{plain(finding.type.full, 150)}, {', '.join(marks)}",
        data={"finding": finding.key.id, "count": finding.count, "severity": finding.severity.value},
        aloud=loud,
    )
    return bool(loud)


async def _tell_elsewhere(
    unit: Unit, finding: Finding, incident: str, belongs: Incident, now: datetime
) -> None:
    """A finding on several instances is stored in one incident; the others that hold one of them hear of it."""
    await tell(
        unit,
        incident=incident,
        at=now,
        actor=BOT.id,
        event=Event.NOTE,
        words=f"{plain(finding.type.full, 150)} names an instance of this incident too; it is in {belongs.id}",
        data={"finding": finding.key.id, "incident": belongs.id},
        aloud=f"elsewhere:{finding.key.id}",
    )
