"""The watch after recovery (R7), as people steer it: start, pause, resume, extend, stop, sign."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from commands.desk import Desk, locked
from commands.roles import require_any_role
from commands.telling import tell
from commands.watch_course import begin, called, go_on, miss, show_watch, to_watch
from playbook.errors import BadInput, Refused
from playbook.people import Door, Person
from playbook.plan import dump_json
from playbook.ports import Unit
from playbook.target import Target, instance_id
from playbook.text import plain, words
from playbook.timeline import Event
from playbook.watch import (
    Schedule,
    Watch,
    WatchState,
    paused,
    proposed_verdict,
    resumed,
    slots,
    tally,
)

Change = Callable[[Watch, datetime], Watch]
LONGEST = timedelta(days=30)
"""A watch of this age is not extended: whatever it waits for needs another means by then."""


async def start(
    desk: Desk, incident: str, *, by: Person, door: Door, instance: str = ""
) -> tuple[Watch, ...]:
    """Watch the named instance, or every one of the incident with its replacement.

    An instance that is not the incident's is watched as the replacement of its first. Raises BadInput for an id that
    is none, NotAllowed without a role, Refused on a sample, when AWS does not show the instance, or when all are
    watched already.
    """
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        wanted = await _named(unit, incident, instance)
    for target, replaces in wanted:
        if replaces and instance:
            facts = await desk.cloud.facts(target.account, target.region, target.instance)
            if not facts.seen:
                raise Refused(
                    f"{target.instance} was not found: {facts.problem}", means="No watch was started."
                )
    async with desk.store.begin() as unit:
        if (await locked(unit, incident)).sample:
            raise Refused("A sample finding's instance does not exist.", means="No watch was started.")
        begun = await begin(unit, wanted, desk.policy.watch, by=by, at=desk.clock())
    if not begun:
        raise Refused("It is watched already.", means="Nothing was changed.", then="/ec2ir watch shows it.")
    return begun


async def _named(unit: Unit, incident: str, instance: str) -> tuple[tuple[Target, str], ...]:
    known = await to_watch(unit, incident)
    if not known:
        raise Refused("This incident has no instance.", means="No watch was started.")
    if not instance:
        return known
    wanted, first = instance_id(instance), known[0][0]
    chosen = tuple(each for each in known if each[0].instance == wanted)
    return chosen or ((replace(first, instance=wanted), first.instance),)


async def pause(
    desk: Desk, incident: str, *, by: Person, door: Door, instance: str = ""
) -> tuple[Watch, ...]:
    """Make no look until it is resumed; its end moves by the pause. Raises Refused when none runs."""

    def rests(watch: Watch, at: datetime) -> Watch:
        if at >= watch.until:
            raise Refused("Its last look is being made.", means="Nothing is left to be paused.")
        return paused(watch, at)

    return await _change(desk, incident, instance, by, door, "paused", {WatchState.RUNNING}, rests)


async def resume(
    desk: Desk, incident: str, *, by: Person, door: Door, instance: str = ""
) -> tuple[Watch, ...]:
    """Go on after a pause. Raises Refused when none is paused."""
    return await _change(desk, incident, instance, by, door, "resumed", {WatchState.PAUSED}, resumed)


async def extend(
    desk: Desk, incident: str, hours: int, *, by: Person, door: Door, instance: str = ""
) -> tuple[Watch, ...]:
    """Let it last that many hours longer, also one that has ended and is not signed.

    Raises BadInput for no hours, Refused when there is no such watch, or it would last longer than a month.
    """
    if hours < 1:
        raise BadInput("By how many hours?", then="/ec2ir watch extend 24")

    def longer(watch: Watch, at: datetime) -> Watch:
        over = watch.state is WatchState.ENDED
        until = (max(watch.until, at) if over else watch.until) + timedelta(hours=hours)
        if until - watch.began > LONGEST:
            raise Refused(
                f"It would last longer than {LONGEST.days} days.",
                means="Nothing was changed.",
                then="Let it end, sign it, and start another one.",
            )
        return replace(watch, until=until, state=WatchState.RUNNING if over else watch.state)

    which = {WatchState.RUNNING, WatchState.PAUSED, WatchState.ENDED}
    return await _change(desk, incident, instance, by, door, f"extended by {hours} h", which, longer)


async def stop(
    desk: Desk, incident: str, why: str, *, by: Person, door: Door, instance: str = ""
) -> tuple[Watch, ...]:
    """End it before its time, with the reason; it can be signed then. Raises Refused without one, or when none runs."""
    reason = plain(why, 300)
    if len(reason) < 3:
        raise Refused(
            "Stopping a watch needs a reason.", means="It goes on.", then="/ec2ir watch stop what you know"
        )

    def stopped(watch: Watch, at: datetime) -> Watch:
        gone_on = resumed(watch, at) if watch.paused_at is not None else watch
        return replace(gone_on, state=WatchState.STOPPED)

    which = {WatchState.RUNNING, WatchState.PAUSED}
    return await _change(desk, incident, instance, by, door, f"stopped: {reason}", which, stopped)


async def sign(
    desk: Desk, incident: str, verdict: str, *, by: Person, door: Door, instance: str = ""
) -> tuple[Watch, ...]:
    """Sign the verdict of watches that are over, kept as evidence with the marks it stands on.

    Raises Refused without a verdict, while a look is still to come, or when all are signed.
    """
    said = plain(verdict, 500)
    if len(said) < 3:
        raise Refused(
            "A verdict needs words.", means="Nothing was signed.", then="/ec2ir watch sign what it showed"
        )

    def signed(watch: Watch, at: datetime) -> Watch:
        return replace(watch, verdict=said, signed_by=by.id, signed=at)

    which = {WatchState.ENDED, WatchState.STOPPED}
    return await _change(desk, incident, instance, by, door, f"signed: {said}", which, signed)


async def _change(
    desk: Desk, incident: str, instance: str, by: Person, door: Door, what: str,
    which: Collection[WatchState], change: Change,
) -> tuple[Watch, ...]:  # fmt: skip
    await require_any_role(desk, by, door)
    now, schedule = desk.clock(), desk.policy.watch
    changed: list[Watch] = []
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        mine = [w for w in await unit.watches.of(incident) if w.target.instance == instance or not instance]
        for watch in mine:
            if watch.state not in which or watch.signed is not None:
                continue
            after = change(watch, now)
            if await unit.watches.save(after, watch.state):
                if after.paused_at is None:
                    await _settle(unit, watch, schedule, now)
                if after.state is WatchState.RUNNING:
                    await go_on(unit, after, schedule, now)
                if after.signed is not None:
                    await _keep(unit, after, now)
                changed.append(after)
        if not changed:
            raise _nothing(mine, what)
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.WATCH,
            words=f"{by}: the watch of {words([called(w) for w in changed])} is {what}",
            data={"watches": [w.id for w in changed], "state": changed[0].state.value},
            aloud=f"watch:{changed[0].id}:{changed[0].state.value}:{now.isoformat()}",
        )  # fmt: skip
        await show_watch(unit, incident, now)
    return tuple(changed)


async def _settle(unit: Unit, watch: Watch, schedule: Schedule, now: datetime) -> None:
    """After a pause every look has another time: what was due before it and is not made by now never will be."""
    if watch.paused_at is None:
        return
    ended = len(await unit.watches.seen(watch.id))
    missed = [due for due in slots(watch, schedule)[ended:] if due <= watch.paused_at]
    if missed:
        await miss(unit, watch, missed, now)


async def _keep(unit: Unit, watch: Watch, now: datetime) -> None:
    count = tally(await unit.watches.seen(watch.id))
    body = {"watch": dump_json(watch), "marks": count.words, "proposed": proposed_verdict(count)}
    await unit.ledger.add(watch.target.incident, now, "verdict", watch.target.instance, body)


def _nothing(mine: Sequence[Watch], what: str) -> Refused:
    there = words([f"{w.target.instance} is {'signed' if w.signed else w.state.value}" for w in mine])
    return Refused(
        f"No watch here can be {what.partition(':')[0]}: {there or 'there is none'}.",
        means="Nothing was changed.",
        then="/ec2ir watch start begins one." if not mine else "/ec2ir watch shows where each stands.",
    )
