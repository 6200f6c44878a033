"""Lead, and close: what a person decides about the incident as a whole."""

from __future__ import annotations

from datetime import datetime

from commands.desk import Desk, locked
from commands.roles import require_any_role
from commands.telling import show_plan, tell
from playbook.approval import Decision
from playbook.errors import Refused
from playbook.incident import IncidentState
from playbook.outbox import Message, Post
from playbook.people import Door, Person
from playbook.ports import Unit
from playbook.run import ACTIVE
from playbook.text import plain
from playbook.timeline import Event


async def take_lead(desk: Desk, incident: str, *, by: Person, door: Door) -> None:
    """Make this person the lead. Raises Refused when there is one or it is closed, NotAllowed without a role."""
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        if (await locked(unit, incident)).state is not IncidentState.OPEN:
            raise Refused("This incident is closed.", means="It needs no lead.")
        if not await unit.incidents.take_lead(incident, by):
            raise Refused("This incident has a lead already.", then="The card names them.")
        await tell(
            unit, incident=incident, at=desk.clock(), actor=by.id, event=Event.LED, words=f"{by} leads",
            aloud="lead",
        )  # fmt: skip


async def close(desk: Desk, incident: str, why: str, *, by: Person, door: Door) -> None:
    """Close the incident, with the reason. Raises Refused while a run is under way or without a reason."""
    await require_any_role(desk, by, door)
    reason = plain(why, 500)
    if len(reason) < 3:
        raise Refused(
            "Closing needs a reason.", means="The incident stays open.", then="/ec2ir close what was found"
        )
    now = desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        await let_go(unit, incident, reason, by=by, at=now)


async def let_go(unit: Unit, incident: str, reason: str, *, by: Person, at: datetime) -> None:
    """Close what is locked, and with it every plan that waits. Raises Refused while a run is under way."""
    if any(run.state in ACTIVE for run in await unit.runs.of(incident)):
        raise Refused(
            "A run is under way on this incident.", means="It stays open.", then="Wait for it, then close."
        )
    if not await unit.incidents.close(incident, at, reason):
        raise Refused("This incident is closed already.")
    for plan in await unit.proposals.of(incident, pending=True):
        if await unit.proposals.decide(plan.id, Decision.REJECTED, str(by), at):
            await show_plan(unit, incident, plan.id, at)
    await tell(
        unit, incident=incident, at=at, actor=by.id, event=Event.CLOSED, words=f"{by} closed it: {reason}",
        aloud=f"closed:{at.isoformat()}",
    )  # fmt: skip
    await unit.outbox.put(
        Message(key=f"{incident}:close:{at.isoformat()}", incident=incident, post=Post.CLOSE_CHANNEL, at=at)
    )
