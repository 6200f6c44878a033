"""A process that dies at any call, and another that goes on with the run: the account ends as if nobody had died."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from actions.run import Run
from tests.fakes.journal import MemoryJournal
from tests.laws.scenarios import scenarios_of
from tests.laws.wire import Side, Stopped
from tests.laws.world import Tools, World, shape_of, state, world

pytestmark = [pytest.mark.emulator, pytest.mark.timeout(600)]


ALL = [pytest.param(action, id=action.name) for action in ACTIONS]
UNDOABLE = [pytest.param(action, id=action.name) for action in ACTIONS if action.undo is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A fresh account with a plan in it, and the intents that outlive the process that carries it out."""

    world: World
    action: AnyAction
    plan: Any
    undoing: bool
    intents: set[str] = field(default_factory=set[str])

    def run(self) -> Run:
        return self.world.run(MemoryJournal(self.intents), name="run-2" if self.undoing else "run-1")

    async def carry(self) -> None:
        """What a process does that has the run: the first one, or one that takes it over."""
        if not self.undoing:
            await self.action.execute(self.plan, self.run())
        elif self.action.undo is not None:
            await self.action.undo(self.plan, self.run())

    async def take_over(self) -> None:
        if self.action.rescue is not None and not self.undoing:
            await self.action.rescue(self.plan, self.run())
        await self.carry()


@contextmanager
def _account(action: AnyAction, shared: Tools) -> Generator[tuple[World, str]]:
    scenario = scenarios_of(action.name)[0]
    with world(shared, scenario.variant, scenario.policy, scenario.brief) as w:
        victim = scenario.victim(w)
        scenario.before(w, victim)
        yield w, victim


async def _life(action: AnyAction, w: World, victim: str, *, undoing: bool) -> Life:
    plan = await action.plan(w.target(victim), w.aws)
    if undoing:
        await action.execute(plan, w.run(MemoryJournal()))
    w.wire.reset()
    return Life(world=w, action=action, plan=plan, undoing=undoing)


async def _whole(
    action: AnyAction, shared: Tools, *, undoing: bool
) -> tuple[tuple[tuple[int, Side], ...], str]:
    """Where a process could die that is let live here, and what the account looks like afterwards."""
    with _account(action, shared) as (w, victim):
        life = await _life(action, w, victim, undoing=undoing)
        await life.carry()
        return w.wire.deaths, shape_of(state(w))


async def _died_at(action: AnyAction, shared: Tools, at: int, side: Side, *, undoing: bool) -> str:
    with _account(action, shared) as (w, victim):
        life = await _life(action, w, victim, undoing=undoing)
        w.wire.die(at, side)
        with pytest.raises(Stopped):
            await life.carry()
        w.wire.reset()
        await life.take_over()
        return shape_of(state(w))


@pytest.mark.parametrize("action", ALL)
async def test_a_run_that_dies_at_any_call_is_finished_by_the_next(action: AnyAction, shared: Tools) -> None:
    deaths, whole = await _whole(action, shared, undoing=False)
    assert deaths
    for at, side in deaths:
        assert await _died_at(action, shared, at, side, undoing=False) == whole, f"{side} call {at}"


@pytest.mark.long
@pytest.mark.parametrize("action", UNDOABLE)
async def test_an_undo_that_dies_at_any_call_is_finished_by_the_next(
    action: AnyAction, shared: Tools
) -> None:
    deaths, whole = await _whole(action, shared, undoing=True)
    assert deaths
    for at, side in deaths:
        assert await _died_at(action, shared, at, side, undoing=True) == whole, f"{side} call {at}"
