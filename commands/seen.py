"""What was seen of an incident's instances: learned, told, and only ever making it more serious."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from commands.containment import settle_containment
from commands.desk import locked, the_incident
from commands.telling import show, show_topic, tell
from playbook.finding import Severity
from playbook.incident import Incident, InstanceFacts
from playbook.people import BOT
from playbook.ports import Unit
from playbook.timeline import Event


async def saw(
    unit: Unit, incident: str, facts: Sequence[InstanceFacts], severity: Severity, at: datetime
) -> Incident:
    """Take in facts and a severity; the incident as it is then. Raises TooLate when another one holds an instance.

    Environment and severity only rise: whoever owns the instance can change its tags.
    """
    before = await locked(unit, incident)
    held = {i.instance for i in await unit.incidents.instances(incident)}
    for fresh in facts:
        await unit.incidents.tighten(incident, fresh.environment, severity)
        if fresh.seen or fresh.instance not in held:
            await unit.incidents.learn(incident, fresh)
    if not facts:
        await unit.incidents.tighten(incident, before.environment, severity)
    if any(f.instance not in held for f in facts):
        await settle_containment(unit, incident, at)
    after = await the_incident(unit, incident)
    if after.environment is not before.environment:
        await tell(
            unit, incident=incident, at=at, actor=BOT.id, event=Event.FACTS,
            words=f"It counts as {after.environment.value} from now on; approvals follow that",
        )  # fmt: skip
    if (after.environment, after.severity) != (before.environment, before.severity):
        await show_topic(unit, incident, at)
    await show(unit, incident, at)
    return after
