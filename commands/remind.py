"""Reminders of the checklist's unfinished rows: one line every few hours, while contained and not closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from commands.board import Board, board
from commands.checklist import items
from commands.desk import Desk, locked
from commands.phases import mining
from commands.telling import tell
from playbook.checklist import Item, Standing
from playbook.clock import elapsed
from playbook.incident import Incident, IncidentState
from playbook.people import BOT
from playbook.ports import Unit
from playbook.reminder import next_reminder, reminder_reached
from playbook.rows import Phase
from playbook.slot import Alarm, Slot, SlotState
from playbook.text import words
from playbook.timeline import Event

LATE = timedelta(minutes=5)
"""A reminder this long after its moment says so."""
_FINISHED = frozenset({Standing.DONE, Standing.NOT_APPLICABLE})
_ROWS = 8
"""Rows of a phase that are named; what is over that is counted."""


async def arrange(unit: Unit, incident: str, every: timedelta, now: datetime) -> None:
    """Set the next reminder of an incident that is contained and open; harmless to repeat."""
    found = await unit.incidents.get(incident)
    contained = _since(found)
    if contained is not None:
        await unit.slots.add(_slot(incident, next_reminder(contained, every, now)))


def _since(incident: Incident | None) -> datetime | None:
    """The moment from which reminders count, or None where there are none."""
    open_ = incident is not None and incident.state is IncidentState.OPEN
    return incident.contained if incident is not None and open_ else None


def _slot(incident: str, due: datetime, state: SlotState = SlotState.PENDING) -> Slot:
    key = f"reminder:{incident}:{due.isoformat()}"
    return Slot(key=key, alarm=Alarm.REMINDER, subject=incident, due=due, state=state)


async def fire(desk: Desk, slot: Slot) -> None:
    """Name what is unfinished, and set the next reminder; of firings at once one takes effect.

    After downtime only the last reminder that came due is told. Undoing the containment, or closing the incident,
    ends the row of reminders; containing it again begins a new one, and a timer of the old one says nothing.
    """
    incident, every = slot.subject, desk.policy.reminders
    async with desk.store.begin() as unit:
        now, contained = max(desk.clock(), slot.due), _since(await locked(unit, incident))
        if not await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.DONE, now) or contained is None:
            return
        await arrange(unit, incident, every, now)
        due = reminder_reached(contained, every, now)
        if due is not None and await _is_told_by(unit, slot, due, contained, every):
            await _tell(unit, await board(unit, incident, now), due)


async def _is_told_by(unit: Unit, slot: Slot, due: datetime, contained: datetime, every: timedelta) -> bool:
    """Whether this timer tells the reminder of that moment: its own, or one whose timer nobody has set."""
    if (slot.due - contained) % every:
        return False
    return slot.due == due or await unit.slots.add(_slot(slot.subject, due, SlotState.DONE))


async def _tell(unit: Unit, shown: Board, due: datetime) -> None:
    left = unfinished(shown)
    if not left:
        return
    assigned = [item for item in left if item.tick is not None and item.tick.assignee]
    people = dict.fromkeys(item.tick.assignee for item in assigned if item.tick is not None)
    phases = "; ".join(_phase(phase, left) for phase in Phase if any(i.row.phase is phase for i in left))
    given = f". Assigned: {words([i.row.id for i in assigned], most=_ROWS)}" if assigned else ""
    late = f". This reminder is {elapsed(shown.now - due)} late" if shown.now - due > LATE else ""
    await tell(
        unit, incident=shown.incident.id, at=shown.now, actor=BOT.id, event=Event.REMINDED,
        words=f"Unfinished in the checklist: {phases}{given}{late}",
        data={"rows": [item.row.id for item in left]},
        aloud=f"reminder:{due.isoformat()}", ping=list(people),
    )  # fmt: skip


def unfinished(shown: Board) -> tuple[Item, ...]:
    """The rows that are neither done nor said not to apply; those of mining only where there is mining."""
    return tuple(
        item
        for item in items(shown)
        if item.standing not in _FINISHED and (item.row.phase is not Phase.MINING or mining(shown))
    )


def _phase(phase: Phase, left: Sequence[Item]) -> str:
    rows = [item.row.id for item in left if item.row.phase is phase]
    return f"{phase.heading} {len(rows)} ({words(rows, most=_ROWS)})"
