"""One walk of an action through its life in one situation; the laws judge what was seen on the way."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from actions.action import AnyAction
from playbook.errors import DoesNotApply
from playbook.plan import Plan
from playbook.proof import Proof
from tests.fakes.gate import OpenGate
from tests.fakes.journal import MemoryJournal
from tests.laws.scenarios import Scenario
from tests.laws.wire import Sent
from tests.laws.world import Tools, World, state, text_of, world

QUARTER = 15 * 60
"""Seconds: long enough for a snapshot, and for flow logs of the minutes after a change to be delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Plan, look, execute, look, execute again, look, undo, plan anew."""

    plan: Plan
    untouched: bool
    planning: Sequence[Sent]
    before: Proof
    executing: Sequence[Sent]
    opened: bool
    at_once: Proof
    later: Proof
    done: str
    repeating: Sequence[Sent]
    repeated: str
    undone: str
    undone_again: str
    planned_when_done: Plan | None
    replanned: Plan | None
    sent: Sequence[Sent]


async def walk(action: AnyAction, scenario: Scenario, shared: Tools) -> Walk:
    with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
        victim = scenario.victim(w)
        scenario.before(w, victim)
        return await _walk(action, w, victim)


async def _walk(action: AnyAction, w: World, victim: str) -> Walk:
    wire, target = w.wire, w.target(victim)
    wire.reset()
    start = text_of(state(w))
    plan = await action.plan(target, w.aws)
    planning = tuple(wire.sent)
    untouched = text_of(state(w)) == start
    before = await action.verify(plan, w.look(applied=False))

    journal, gate, mark = MemoryJournal(), OpenGate(), len(wire.sent)
    await action.execute(plan, w.run(journal, gate))
    executing = tuple(wire.sent[mark:])
    w.advance(1)
    look = w.look(applied=True)
    at_once = await action.verify(plan, look)
    w.advance(QUARTER)
    later = await action.verify(plan, dataclasses.replace(look, now=w.clock()))
    done = text_of(state(w))

    mark = len(wire.sent)
    if action.rescue is not None:
        await action.rescue(plan, w.run(MemoryJournal(journal.intents)))
    await action.execute(plan, w.run(MemoryJournal(journal.intents)))
    repeating = tuple(wire.sent[mark:])
    repeated = text_of(state(w))

    planned_when_done = await _plan_or_none(action, w, victim)

    undone = undone_again = ""
    replanned: Plan | None = None
    if action.undo is not None:
        back = MemoryJournal()
        await action.undo(plan, w.run(back, name="run-2"))
        w.advance(1)
        undone = text_of(state(w))
        await action.undo(plan, w.run(MemoryJournal(back.intents), name="run-2"))
        undone_again = text_of(state(w))
        replanned = await _plan_or_none(action, w, victim)
    return Walk(
        plan=plan,
        untouched=untouched,
        planning=planning,
        before=before,
        executing=executing,
        opened=gate.opened,
        at_once=at_once,
        later=later,
        done=done,
        repeating=repeating,
        repeated=repeated,
        undone=undone,
        undone_again=undone_again,
        planned_when_done=planned_when_done,
        replanned=replanned,
        sent=tuple(wire.sent),
    )


async def _plan_or_none(action: AnyAction, w: World, victim: str) -> Plan | None:
    try:
        return await action.plan(w.target(victim), w.aws)
    except DoesNotApply:
        return None
