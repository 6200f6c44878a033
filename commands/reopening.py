"""Opening a closed incident again: what was thought over is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

from commands.telling import show_topic, tell
from playbook.incident import IncidentState
from playbook.outbox import Message, Post
from playbook.people import BOT
from playbook.ports import Unit
from playbook.timeline import Event

Holders: TypeAlias = Mapping[str, str]
"""Other open incidents by the instance that they hold."""


async def holders_of_incident(unit: Unit, incident: str) -> Holders:
    """The other open incidents that hold an instance of this one: while there is one, it can't be opened again."""
    found: dict[str, str] = {}
    for facts in await unit.incidents.instances(incident):
        holder = await unit.incidents.open_on(facts.account, facts.region, facts.instance)
        if holder is not None and holder.id != incident:
            found[facts.instance] = holder.id
    return found


async def reopen(unit: Unit, incident: str, others: Holders, why: str, at: datetime) -> bool:
    """Open a closed incident again, and say so aloud; whether that happened. All of them are locked.

    Where another open incident holds an instance by now, it is said there instead: nobody reads a closed one.
    """
    found = await unit.incidents.get(incident)
    if found is None or found.state is not IncidentState.CLOSED:
        return False
    if others:
        for other in sorted({*others.values()}):
            await tell(
                unit, incident=other, at=at, actor=BOT.id, event=Event.NOTE,
                words=f"Incident {incident}, closed, would be opened again, but its instance is held here: {why}",
                data={"incident": incident}, aloud=f"instead:{incident}:{at.isoformat()}",
            )  # fmt: skip
        return False
    if not await unit.incidents.reopen(incident):
        return False
    words = f"Incident {incident} is open again: {why}"
    await tell(
        unit, incident=incident, at=at, actor=BOT.id, event=Event.REOPENED, words=words,
        aloud=f"reopened:{at.isoformat()}",
    )  # fmt: skip
    await unit.outbox.put(
        Message(
            key=f"{incident}:reopened:{at.isoformat()}:announce", incident=incident, post=Post.ANNOUNCE, at=at,
            body={"words": words, "event": Event.REOPENED.value},
        )
    )  # fmt: skip
    await show_topic(unit, incident, at)
    return True
