"""The laws: what holds for every action there is, and for the next one that somebody adds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, cast, get_type_hints

import pytest

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from playbook.errors import DoesNotApply, StepFailed, Superseded
from playbook.plan import Shown, dump, fingerprint
from playbook.text import mrkdwn, plain
from tests.fakes.gate import GateShut, ShutGate
from tests.fakes.journal import MemoryJournal
from tests.laws import changes
from tests.laws.other import other
from tests.laws.permissions import permissions_for
from tests.laws.scenarios import RESTORES_NOTHING, Change, Scenario, befores_of, drifts_of, scenarios_of
from tests.laws.walk import Walk, walk
from tests.laws.wire import Sent
from tests.laws.world import Tools, state, text_of, world

pytestmark = pytest.mark.emulator

ONCE_ONLY = frozenset({"CreateSnapshots", "CreateSnapshot", "SendCommand", "RunInstances", "CreateVolume"})
"""Calls without a token: made a second time, they do it a second time."""

SITUATIONS = [
    pytest.param(action, scenario, id=f"{action.name}-{scenario}")
    for action in ACTIONS
    for scenario in scenarios_of(action.name)
]
EVERY = [pytest.param(action, id=action.name) for action in ACTIONS]
RESTORING = [
    pytest.param(action, id=action.name)
    for action in ACTIONS
    if action.undo is not None and action.name not in RESTORES_NOTHING
]

Walks = dict[tuple[str, str], Walk]


@pytest.fixture(scope="session")
def walks() -> Walks:
    """Walks are taken once, and judged by every law."""
    return {}


async def _walked(action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks) -> Walk:
    key = (action.name, scenario.name)
    if key not in walks:
        walks[key] = await walk(action, scenario, shared)
    return walks[key]


@pytest.mark.parametrize(("action", "scenario"), SITUATIONS)
class TestEverySituation:
    async def test_planning_changes_nothing(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        seen = await _walked(action, scenario, shared, walks)
        assert seen.planning
        assert [call for call in seen.planning if not call.reads] == []
        assert seen.untouched

    async def test_the_proof_is_missing_before_and_there_after(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        seen = await _walked(action, scenario, shared, walks)
        assert not seen.before.holds, seen.before
        assert seen.at_once.holds, seen.at_once
        assert seen.later.holds or scenario.leaks, seen.later
        assert seen.later.says

    async def test_carried_out_twice_it_changes_nothing_more(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        seen = await _walked(action, scenario, shared, walks)
        assert seen.repeated == seen.done
        assert [call for call in seen.repeating if call.operation in ONCE_ONLY] == []

    async def test_undone_it_is_as_it_was_planned(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        seen = await _walked(action, scenario, shared, walks)
        if action.undo is None:
            assert seen.undone == ""
            return
        assert seen.replanned is not None, "after the undo there is nothing to plan any more"
        assert fingerprint(seen.replanned) == fingerprint(seen.plan)
        done = seen.planned_when_done
        collects = done is not None and fingerprint(done) == fingerprint(seen.plan)
        assert seen.undone != seen.done or collects, "the undo did nothing"
        assert seen.undone_again == seen.undone

    async def test_the_plan_outlives_being_stored(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        plan = (await _walked(action, scenario, shared, walks)).plan
        stored = action.load(dump(plan))
        assert stored == plan
        assert fingerprint(stored) == fingerprint(plan)

    async def test_the_fingerprint_covers_all_but_passing_fields(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        plan = cast("Any", (await _walked(action, scenario, shared, walks)).plan)
        hints = get_type_hints(cast("type[Any]", type(plan)))
        for field in dataclasses.fields(plan):
            value = other(getattr(plan, field.name), hints[field.name])
            changed = dataclasses.replace(plan, **{field.name: value})
            same = fingerprint(changed) == fingerprint(plan)
            assert same is bool(field.metadata.get("passing")), field.name

    async def test_the_plan_is_shown_as_harmless_text(
        self, action: AnyAction, scenario: Scenario, shared: Tools, walks: Walks
    ) -> None:
        plan = (await _walked(action, scenario, shared, walks)).plan
        _assert_harmless(plan.show())


@pytest.mark.parametrize("action", EVERY)
async def test_permissions_are_those_of_the_calls_made(
    action: AnyAction, shared: Tools, walks: Walks
) -> None:
    sent: list[Sent] = []
    for scenario in scenarios_of(action.name):
        sent.extend((await _walked(action, scenario, shared, walks)).sent)
    assert {p for call in sent for p in permissions_for(call)} == action.permissions


@pytest.mark.parametrize("action", RESTORING)
async def test_undo_leaves_alone_what_somebody_else_changed(action: AnyAction, shared: Tools) -> None:
    for drift in drifts_of(action.name):
        refusal = await _refused_after(action, drift, shared)
        if refusal is not None:
            assert refusal.what
            assert refusal.means
            return
    pytest.fail(f"undo of {action.name} overwrote every drift known: name its own in scenarios.DRIFTS")


async def _refused_after(action: AnyAction, drift: Change, shared: Tools) -> StepFailed | None:
    """What the undo said, having changed nothing; None when it went through."""
    assert action.undo is not None
    scenario = scenarios_of(action.name)[0]
    with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
        victim = scenario.victim(w)
        scenario.before(w, victim)
        plan = await action.plan(w.target(victim), w.aws)
        await action.execute(plan, w.run(MemoryJournal()))
        drift(w, victim)
        drifted = text_of(state(w))
        try:
            await action.undo(plan, w.run(MemoryJournal(), name="run-2"))
        except StepFailed as refusal:
            said = refusal
        else:
            return None
        assert text_of(state(w)) == drifted
        return said


@pytest.mark.parametrize("action", EVERY)
async def test_a_changed_account_makes_another_plan(action: AnyAction, shared: Tools) -> None:
    scenario = scenarios_of(action.name)[0]
    for change in befores_of(action.name):
        with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
            victim = scenario.victim(w)
            scenario.before(w, victim)
            plan = await action.plan(w.target(victim), w.aws)
            change(w, victim)
            try:
                anew = fingerprint(await action.plan(w.target(victim), w.aws))
            except DoesNotApply:
                return
        if anew != fingerprint(plan):
            return
    pytest.fail(f"no change known makes another plan of {action.name}: name one in scenarios.BEFORES")


@pytest.mark.parametrize("action", EVERY)
async def test_nothing_of_the_target_changes_before_the_gate(action: AnyAction, shared: Tools) -> None:
    scenario = scenarios_of(action.name)[0]
    with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
        victim = scenario.victim(w)
        scenario.before(w, victim)
        plan = await action.plan(w.target(victim), w.aws)
        before = state(w)
        with pytest.raises(GateShut):
            await action.execute(plan, w.run(MemoryJournal(), ShutGate()))
        after = state(w)
    # Groups may be made meanwhile: they touch nothing until an interface is put into them.
    for part in before.keys() - {"groups"}:
        assert text_of({part: after[part]}) == text_of({part: before[part]})


@pytest.mark.parametrize("action", EVERY)
async def test_a_superseded_process_writes_nothing(action: AnyAction, shared: Tools) -> None:
    scenario = scenarios_of(action.name)[0]
    with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
        victim = scenario.victim(w)
        scenario.before(w, victim)
        plan = await action.plan(w.target(victim), w.aws)
        w.wire.reset()
        with pytest.raises(Superseded):
            await action.execute(plan, w.run(MemoryJournal(superseded=True)))
        assert [call for call in w.wire.sent if not call.reads] == []


@pytest.mark.parametrize("action", EVERY)
async def test_hostile_names_come_out_harmless(action: AnyAction, shared: Tools) -> None:
    scenario = scenarios_of(action.name)[0]
    with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
        victim = scenario.victim(w)
        scenario.before(w, victim)
        changes.hostile_names(w, victim)
        _assert_harmless((await action.plan(w.target(victim), w.aws)).show())


# ── outside text ────────────────────────────────────────────────────────────────────────────────────────

_MOST = 500


def _texts(shown: Shown) -> Iterator[str]:
    for change in shown.changes:
        yield from (change.subject, change.before, change.after)
    for part in (shown.calls, shown.notes, shown.breaks, shown.keeps, shown.warnings):
        yield from part
    yield shown.undo


def _assert_harmless(shown: Shown) -> None:
    for text in _texts(shown):
        assert len(text) <= _MOST
        assert plain(text, _MOST) == text, "control, invisible or line characters get through"
        assert not set("<>`*_~") & set(mrkdwn(text, _MOST))
