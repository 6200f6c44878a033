"""Lead, and close: what a person decides about the incident as a whole."""

from __future__ import annotations

from commands.desk import Desk, the_incident
from commands.roles import require_any_role
from commands.telling import tell
from playbook.errors import Refused
from playbook.outbox import Message, Post
from playbook.people import Door, Person
from playbook.run import ACTIVE
from playbook.timeline import Event


async def take_lead(desk: Desk, incident: str, *, by: Person, door: Door) -> None:
    """Make this person the lead. Raises Refused when there is one, NotAllowed without a role."""
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        await the_incident(unit, incident)
        if not await unit.incidents.take_lead(incident, by):
            raise Refused("This incident has a lead already.", then="The card names them.")
        await tell(
            unit, incident=incident, at=desk.clock(), actor=by.id, event=Event.LED, words=f"{by} leads",
            aloud="lead",
        )  # fmt: skip


async def close(desk: Desk, incident: str, why: str, *, by: Person, door: Door) -> None:
    """Close the incident, with the reason. Raises Refused while a run is under way or without a reason."""
    await require_any_role(desk, by, door)
    reason = " ".join(why.split())[:500]
    if len(reason) < 3:
        raise Refused(
            "Closing needs a reason.", means="The incident stays open.", then="/ec2ir close what was found"
        )
    now = desk.clock()
    async with desk.store.begin() as unit:
        await the_incident(unit, incident)
        if any(run.state in ACTIVE for run in await unit.runs.of(incident)):
            raise Refused(
                "A run is under way on this incident.",
                means="It stays open.",
                then="Wait for it, then close.",
            )
        if not await unit.incidents.close(incident, now, reason):
            raise Refused("This incident is closed already.")
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.CLOSED, words=f"{by} closed it: {reason}",
            aloud="closed",
        )  # fmt: skip
        await unit.outbox.put(
            Message(key=f"{incident}:close", incident=incident, post=Post.CLOSE_CHANNEL, at=now)
        )
