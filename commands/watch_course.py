"""The course of a watch (R7): it begins, its next look is asked for, it ends. In transactions of whoever knows why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from commands.telling import tell
from playbook.clock import elapsed, stamp
from playbook.incident import Incident
from playbook.outbox import Message, Post
from playbook.people import BOT, Person
from playbook.ports import Unit
from playbook.proposal import Kind
from playbook.run import StepState
from playbook.slot import Alarm, Slot, SlotState
from playbook.target import Target
from playbook.text import words
from playbook.timeline import Event
from playbook.watch import (
    Schedule,
    Watch,
    Watched,
    WatchMark,
    WatchState,
    next_slot,
    proposed_verdict,
    slots,
    tally,
)


def slot_of(watch: Watch, due: datetime, number: int = 1, at: datetime | None = None) -> Slot:
    """The timer of one look; `number` counts the tries, `at` is when this try is made."""
    subject = f"{watch.id}/{due.isoformat()}/{number}"
    return Slot(key=f"watch:{subject}", alarm=Alarm.WATCH, subject=subject, due=at or due)


async def go_on(unit: Unit, watch: Watch, schedule: Schedule, after: datetime) -> None:
    """Have the next look made when it is due; one that is asked for already is asked for once."""
    due = next_slot(watch, schedule, after)
    if due is not None:
        await unit.slots.add(slot_of(watch, due))


async def show_watch(unit: Unit, incident: str, at: datetime) -> None:
    """Draw the watches' message in the channel again, from what is stored when it is sent.

    Once one has ended they are shown a second time, where people read now: days later the first is far up.
    """
    ended = any(w.state is WatchState.ENDED for w in await unit.watches.of(incident))
    for name in ("watch", "watch:ended") if ended else ("watch",):
        await unit.outbox.put(Message(key=f"{incident}:{name}", incident=incident, post=Post.WATCH, at=at))


async def begin(
    unit: Unit,
    targets: Sequence[tuple[Target, str]],
    schedule: Schedule,
    *,
    by: Person,
    at: datetime,
) -> tuple[Watch, ...]:
    """Start watches on targets of a locked incident that none watches now; `str` is the instance it replaces."""
    begun: list[Watch] = []
    for target, replaces in targets:
        earlier = [w for w in await unit.watches.of(target.incident) if w.target.instance == target.instance]
        if any(w.live for w in earlier):
            continue
        watch = Watch(
            id=f"{target.incident}-{target.instance}-{len(earlier) + 1}",
            target=target,
            began=at,
            until=at + schedule.length,
            by=by.id,
            replaces=replaces,
        )
        if await unit.watches.add(watch):
            await go_on(unit, watch, schedule, at)
            begun.append(watch)
    if begun:
        first = begun[0]
        await tell(
            unit, incident=first.target.incident, at=at, actor=by.id, event=Event.WATCH,
            words=f"The watch of {words([called(w) for w in begun])} began, until {stamp(first.until)}:"
            f" {len(slots(first, schedule))} looks each",
            data={"watches": [w.id for w in begun], "state": WatchState.RUNNING.value},
            aloud=f"watch:{first.id}:began",
        )  # fmt: skip
        await show_watch(unit, first.target.incident, at)
    return tuple(begun)


def called(watch: Watch) -> str:
    """The instance that it watches, in words."""
    return f"{watch.target.instance} (replaces {watch.replaces})" if watch.replaces else watch.target.instance


async def to_watch(unit: Unit, incident: str) -> tuple[tuple[Target, str], ...]:
    """The incident's instances, each followed by the replacements that were proved for it and not taken back."""
    found: list[tuple[Target, str]] = []
    made = await _replacements(unit, incident)
    for facts in await unit.incidents.at_first(incident):
        target = facts.target(incident)
        found.append((target, ""))
        found += [(replace(target, instance=one), facts.instance) for one in made.get(facts.instance, ())]
    return tuple(found)


async def _replacements(unit: Unit, incident: str) -> dict[str, tuple[str, ...]]:
    """By instance, what its last proved run of `replace` made: the evidence names it."""
    proved = {s.run for s in await unit.runs.steps_of(incident) if s.state is StepState.PROVED}
    runs = {
        f"{r.id}/replace": r for r in await unit.runs.of(incident) if r.kind is Kind.DO and r.id in proved
    }
    return {
        runs[e.subject].target.instance: tuple(map(str, e.body.get("made", ())))
        for e in await unit.ledger.of(incident)
        if e.kind == "observed" and e.subject in runs
    }


async def miss(unit: Unit, watch: Watch, missed: Sequence[datetime], now: datetime) -> None:
    """Nobody looked: said on the strip, in the timeline and aloud; a watch with holes must not look whole."""
    for due in missed:
        says = (f"nobody looked: ec2ir was down, or the clock stood still, for {elapsed(now - due)}",)
        await unit.watches.note(Watched(watch=watch.id, due=due, at=now, mark=WatchMark.MISSED, says=says))
        await unit.slots.add(replace(slot_of(watch, due), state=SlotState.MISSED))
    await tell(
        unit, incident=watch.target.incident, at=now, actor=BOT.id, event=Event.WATCH,
        words=f"{WatchMark.MISSED.sign} {len(missed)} looks at {watch.target.instance} were missed: nobody looked"
        f" when they were due; the latest one is made now",
        data={"watches": [watch.id], "state": WatchMark.MISSED.value},
        aloud=f"watch:{watch.id}:missed:{missed[0].isoformat()}",
    )  # fmt: skip
    await show_watch(unit, watch.target.incident, now)


async def end(unit: Unit, found: Incident, watch: Watch, now: datetime) -> None:
    """The last look was made: the watch has ended, and asks for a verdict. Without effect on one that does not run."""
    after = replace(watch, state=WatchState.ENDED)
    if not await unit.watches.save(after, WatchState.RUNNING):
        return
    count = tally(await unit.watches.seen(watch.id))
    await tell(
        unit, incident=found.id, at=now, actor=BOT.id, event=Event.WATCH,
        words=f"The watch of {called(watch)} has ended: {count.words}. Proposed verdict: {proposed_verdict(count)}."
        " A person signs it, on the message below or by /ec2ir watch sign …",
        data={"watches": [watch.id], "state": WatchState.ENDED.value},
        aloud=f"watch:{watch.id}:ended:{watch.until.isoformat()}", ping=[found.lead] if found.lead else (),
    )  # fmt: skip
