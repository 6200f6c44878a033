"""What commands write together: a timeline row, the card that shows it, and a line in the channel if it is news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from playbook.outbox import Message, Post, Urgency
from playbook.plan import Json
from playbook.ports import Unit
from playbook.text import plain
from playbook.timeline import Entry, Event

LONGEST = 1000
"""Characters of one line of news; whole answers of AWS are in the evidence."""


async def tell(
    unit: Unit,
    *,
    incident: str,
    at: datetime,
    actor: str,
    event: Event,
    words: str,
    data: Json | None = None,
    aloud: str = "",
    ping: Sequence[str] = (),
) -> None:
    """Append to the timeline and show the card anew.

    `aloud` is a key that makes the words a channel message, sent once; `ping` are the ids of people to mention.
    The words may hold outside text: they are kept as one bounded line without hidden characters.
    """
    words = plain(words, LONGEST)
    await unit.timeline.add(
        Entry(incident=incident, at=at, actor=actor, event=event, words=words, data=data or {})
    )
    if aloud:
        state = (data or {}).get("state", "")
        body: Json = {"words": words, "event": event.value, "state": state, "ping": list(ping)}
        await unit.outbox.put(
            Message(key=f"{incident}:{aloud}", incident=incident, post=Post.CHANNEL, at=at, body=body)
        )
    await show(unit, incident, at)


async def show(unit: Unit, incident: str, at: datetime) -> None:
    """Render the card again from what is stored now."""
    await unit.outbox.put(
        Message(key=f"{incident}:card", incident=incident, post=Post.CARD, at=at, urgency=Urgency.NOW)
    )


async def show_topic(unit: Unit, incident: str, at: datetime) -> None:
    """Set the channel's topic again: it names severity, environment and whether the incident is contained."""
    await unit.outbox.put(Message(key=f"{incident}:topic", incident=incident, post=Post.TOPIC, at=at))


async def show_plan(unit: Unit, incident: str, proposal: str, at: datetime) -> None:
    """Post the plan's message, or edit it to what is decided by now."""
    await unit.outbox.put(
        Message(
            key=f"{incident}:plan:{proposal}",
            incident=incident,
            post=Post.PLAN,
            at=at,
            body={"proposal": proposal},
            urgency=Urgency.NOW,
        )
    )
