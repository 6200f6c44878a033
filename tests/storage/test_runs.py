"""Runs: one at a time on an instance, one holder at a time, and every intent known before its effect."""

from dataclasses import replace

import pytest

from playbook.errors import TooLate
from playbook.run import RunState, StepState
from storage.store import SqlStore
from tests.storage.values import MINUTE, NOON, OTHER, run, target

LATER = NOON + MINUTE


async def test_a_run_comes_back_with_its_steps_as_proposed(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), ["snapshot", "isolate", "deregister"])
    async with store.begin() as unit:
        assert await unit.runs.get("p1") == run()
        assert await unit.runs.get("p2") is None
        assert [s.action for s in await unit.runs.steps("p1")] == ["snapshot", "isolate", "deregister"]
        assert await unit.runs.of("I1") == (run(),)
        assert await unit.runs.of("I2") == ()


async def test_the_steps_of_an_incident_come_by_run_and_order(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run("new", approved=LATER), ["tag"])
        await unit.runs.start(run("old", target=target(OTHER)), ["snapshot", "isolate"])
        await unit.runs.start(run("else", target=target("i-00000001", "I2")), ["stop"])
        found = [(s.run, s.action) for s in await unit.runs.steps_of("I1")]
    assert found == [("old", "snapshot"), ("old", "isolate"), ("new", "tag")]


async def test_one_proposal_starts_one_run(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), ["isolate"])
        await unit.runs.set_state("p1", RunState.PROVED, NOON)
    with pytest.raises(TooLate, match="started already, at 12:00:00 UTC; its run is proved"):
        async with store.begin() as unit:
            await unit.runs.start(run(), ["isolate"])


async def test_a_second_run_on_the_instance_is_told_which_one_is_active(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run("p1"), ["isolate"])
        await unit.runs.start(run("p2", target=target(OTHER)), ["isolate"])
        with pytest.raises(TooLate, match=r"Run p1 \(do\) is approved on i-0123456789abcdef0"):
            await unit.runs.start(run("p3"), ["stop"])
        await unit.runs.set_state("p1", RunState.VERIFYING, LATER)
        await unit.runs.start(run("p3"), ["stop"])


async def test_ends_are_stamped_and_only_ends(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), [])
        await unit.runs.set_state("p1", RunState.VERIFYING, NOON)
        assert await unit.runs.get("p1") == run(state=RunState.VERIFYING)
        await unit.runs.set_state("p1", RunState.PROVED, LATER)
        assert await unit.runs.get("p1") == run(state=RunState.PROVED, ended=LATER)


async def test_taking_a_run_makes_the_one_before_let_go(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), [])
        assert await unit.runs.take("p1", "one", NOON) == 1
        assert await unit.runs.holds("p1", "one", 1)
        assert await unit.runs.take("p1", "two", LATER) == 2
        assert not await unit.runs.holds("p1", "one", 1)
        assert not await unit.runs.holds("p1", "two", 1)
        assert await unit.runs.holds("p1", "two", 2)
        assert await unit.runs.get("p1") == run(state=RunState.EXECUTING, holder="two", attempt=2, began=NOON)
        with pytest.raises(LookupError):
            await unit.runs.take("p9", "one", NOON)


async def test_an_ended_run_is_not_taken_up_beside_an_active_one(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run("p1"), ["isolate"])
        await unit.runs.set_state("p1", RunState.FAILED, NOON)
        await unit.runs.start(run("p2"), ["isolate"])
        with pytest.raises(TooLate, match="Run p2"):
            await unit.runs.take("p1", "one", NOON)
        with pytest.raises(TooLate, match="Run p2"):
            await unit.runs.set_state("p1", RunState.EXECUTING, NOON)
        assert await unit.runs.get("p1") == run("p1", state=RunState.FAILED, ended=NOON)


async def test_runs_are_found_by_state(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run("new", approved=LATER), [])
        await unit.runs.start(run("old", target=target(OTHER)), [])
        found = await unit.runs.in_state([RunState.APPROVED, RunState.EXECUTING])
        assert [r.id for r in found] == ["old", "new"]
        assert await unit.runs.in_state([RunState.FAILED]) == ()
        assert await unit.runs.in_state([]) == ()


async def test_a_step_is_replaced_whole(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), ["isolate"])
        (step,) = await unit.runs.steps("p1")
        done = replace(
            step,
            state=StepState.APPLIED,
            attempt=1,
            began=NOON,
            ended=LATER,
            says=("eni-1 carries sg-deny",),
            waits="flow logs",
            checks=2,
        )
        await unit.runs.set_step(done)
        assert await unit.runs.steps("p1") == (done,)
        with pytest.raises(LookupError):
            await unit.runs.set_step(replace(step, action="stop"))


async def test_a_failed_step_is_reopened_with_its_run_and_only_once(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), ["isolate", "tag"])
        attempt = await unit.runs.take("p1", "one", NOON)
        for step in await unit.runs.steps("p1"):
            await unit.runs.set_step(replace(step, state=StepState.FAILED, problem="throttled", ended=NOON))
        assert not await unit.runs.reopen("p1", "isolate", LATER)
        await unit.runs.set_state("p1", RunState.FAILED, NOON)
        assert await unit.runs.reopen("p1", "isolate", LATER)
        assert not await unit.runs.reopen("p1", "isolate", LATER)
        assert not await unit.runs.holds("p1", "one", attempt)
        states = {s.action: (s.state, s.problem) for s in await unit.runs.steps("p1")}
        known = await unit.runs.get("p1")
    assert states == {"isolate": (StepState.WAITING, ""), "tag": (StepState.FAILED, "throttled")}
    assert known is not None
    assert (known.state, known.ended) == (RunState.APPROVED, None)


async def test_reopening_beside_an_active_run_changes_nothing(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run("p1"), ["isolate"])
        (step,) = await unit.runs.steps("p1")
        failed = replace(step, state=StepState.FAILED)
        await unit.runs.set_step(failed)
        await unit.runs.set_state("p1", RunState.FAILED, NOON)
        await unit.runs.start(run("p2"), ["isolate"])
        with pytest.raises(TooLate, match="Run p2"):
            await unit.runs.reopen("p1", "isolate", LATER)
        assert await unit.runs.steps("p1") == (failed,)


async def test_intents_tell_which_effects_may_have_happened(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.runs.start(run(), ["isolate"])
        assert await unit.runs.intend("p1", [("isolate", "a"), ("isolate", "b")], 1, NOON) == frozenset()
        assert await unit.runs.intend("p1", [], 1, NOON) == frozenset()
    async with store.begin() as unit:
        again = [("isolate", "b"), ("isolate", "c"), ("isolate", "b")]
        assert await unit.runs.intend("p1", again, 2, LATER) == {("isolate", "b")}
        assert await unit.runs.intend("p1", [("tag", "a")], 1, NOON) == frozenset()
        await unit.runs.outcomes("p1", [(("isolate", "a"), "done")], LATER)
