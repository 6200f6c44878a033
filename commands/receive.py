"""Take in a finding or a message that was no finding: stored first, told afterwards, harmless to repeat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from commands.desk import Desk
from commands.opening import open_incident
from commands.propose import propose_recommended
from commands.telling import show, tell
from playbook.environment import Environment
from playbook.errors import TooLate
from playbook.finding import Finding
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

    An older or equal copy changes nothing. Archived findings, those about something else than instances, and
    those that ec2ir's own calls caused are shown as such and open nothing.
    """
    async with desk.store.begin() as unit:
        known = await unit.findings.get(finding.key)
        if known is not None and known.updated >= finding.updated:
            return
        held = {
            i: await unit.incidents.open_on(finding.key.account, finding.key.region, i)
            for i in finding.instances
        }
    reason = _opens_nothing(desk, finding)
    if reason and not any(held.values()):
        await _acknowledge(desk, finding, raw, reason)
        return
    unknown = [i for i, incident in held.items() if incident is None or incident.sample != finding.sample]
    facts = await asyncio.gather(*(_facts(desk, finding, i) for i in unknown))
    opened = await _store(desk, finding, raw, tuple(facts))
    if opened is not None and not finding.sample:
        await propose_recommended(desk, opened.id)


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


def _opens_nothing(desk: Desk, finding: Finding) -> str:
    """Why a finding opens no incident, or an empty string."""
    if finding.archived:
        return "it is archived in GuardDuty"
    if not finding.instances:
        return "it is not about an EC2 instance"
    if any(role in finding.caller for role in desk.own_roles):
        return "ec2ir's own calls caused it"
    return ""


async def _acknowledge(desk: Desk, finding: Finding, raw: str, reason: str) -> None:
    now = desk.clock()
    async with desk.store.begin() as unit:
        await unit.findings.save(finding, raw, "")
        await _announce(
            unit,
            key=f"finding:{finding.key.account}:{finding.key.region}:{finding.key.id}:{reason}",
            at=now,
            words=f"{finding.type.full} was received and opens no incident: {reason}.",
        )


async def _announce(unit: Unit, *, key: str, at: datetime, words: str) -> None:
    body = {"words": words}
    await unit.outbox.put(Message(key=key, incident="", post=Post.ANNOUNCE, at=at, body=dict(body)))


async def _store(desk: Desk, finding: Finding, raw: str, facts: Sequence[InstanceFacts]) -> Incident | None:
    """The incident if it was opened just now. A race for the instance is settled by looking again."""
    for _ in range(3):
        try:
            async with desk.store.begin() as unit:
                return await _store_once(desk, unit, finding, raw, facts)
        except TooLate:
            continue
    raise TooLate(
        f"Other messages keep opening incidents on {', '.join(finding.instances)}.",
        means="This copy of the finding was not stored.",
        then="The queue delivers it again.",
    )


async def _store_once(
    desk: Desk, unit: Unit, finding: Finding, raw: str, facts: Sequence[InstanceFacts]
) -> Incident | None:
    now = desk.clock()
    known = await unit.findings.get(finding.key)
    if known is not None and known.updated >= finding.updated:
        return None
    incident = await _open_one(desk, unit, finding)
    opened = None
    if incident is None:
        incident = opened = await open_incident(
            unit,
            incident=desk.new_id(),
            at=now,
            title=plain(finding.title or finding.type.full, 150),
            severity=finding.severity,
            instances=facts,
            sample=finding.sample,
            by=BOT,
        )
    else:
        held = {i.instance for i in await unit.incidents.instances(incident.id)}
        for fresh in facts:
            if fresh.instance not in held:
                await unit.incidents.learn(incident.id, fresh)
    await unit.findings.save(finding, raw, incident.id)
    environments = [f.environment for f in facts] or [Environment.NONPRODUCTION]
    for environment in environments:
        await unit.incidents.tighten(incident.id, environment, finding.severity)
    await _tell_finding(unit, finding, known, incident, now, opened=opened is not None)
    await unit.ledger.add(incident.id, now, "finding", finding.key.id, dump_json(finding))
    return opened


async def _open_one(desk: Desk, unit: Unit, finding: Finding) -> Incident | None:
    """The open incident that the finding belongs to. A sample's makes way for a real finding."""
    for instance in finding.instances:
        found = await unit.incidents.open_on(finding.key.account, finding.key.region, instance)
        if found is None or found.state is not IncidentState.OPEN:
            continue
        if found.sample and not finding.sample:
            await unit.incidents.close(
                found.id, desk.clock(), "a real finding on the instance took its place"
            )
            await show(unit, found.id, desk.clock())
            continue
        return found
    return None


async def _tell_finding(
    unit: Unit, finding: Finding, known: Finding | None, incident: Incident, now: datetime, *, opened: bool
) -> None:
    again = known is not None
    rose = again and finding.severity.rank < known.severity.rank
    event = Event.FINDING if opened or again else Event.JOINED
    words = f"{finding.type.full}, seen {finding.count} times" + (
        ", archived in GuardDuty" if finding.archived else ""
    )
    loud = ""
    if again and incident.contained is not None and finding.last_seen > incident.contained:
        words, loud = (
            f"{words}: seen after containment",
            f"after:{finding.key.id}:{finding.updated.isoformat()}",
        )
    elif rose:
        words, loud = (
            f"{words}: severity rose to {finding.severity.value}",
            f"rose:{finding.key.id}:{finding.severity}",
        )
    elif not again and not opened:
        loud = f"joined:{finding.key.id}"
    await tell(
        unit,
        incident=incident.id,
        at=now,
        actor=BOT.id,
        event=event,
        words=words,
        data={"finding": finding.key.id, "count": finding.count, "severity": finding.severity.value},
        aloud=loud,
    )
