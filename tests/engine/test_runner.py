"""Carrying out a run: each step its own end, whatever breaks, whoever dies, and whoever wakes up again."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from commands.approve import approve
from commands.progress import retry
from commands.propose import propose_undo
from engine.runner import check
from playbook.approval import Decision
from playbook.errors import Drift, StepFailed, StoreDown, Superseded, Unreachable
from playbook.people import Door, Role
from playbook.proof import Proof, Rung
from playbook.run import RunState, StepState
from playbook.slot import Alarm
from storage.store import SqlStore
from tests.engine.toys import Bench, bench_on
from tests.fakes.people import ANA, BO

pytestmark = pytest.mark.slow

CONFIGURED = Proof(rung=Rung.CONFIGURED, says=("configured",), waits="logs")
PROVED, FAILED, APPLIED = StepState.PROVED, StepState.FAILED, StepState.APPLIED


@pytest.fixture
def bench(memory_store: SqlStore) -> Bench:
    return bench_on(memory_store)


async def undone(bench: Bench, run: str, action: str) -> str:
    """An undo of that step, approved."""
    undo = await propose_undo(bench.desk, run, action, by=ANA, door=Door.CHAT)
    await approve(bench.desk, undo.id, undo.hash, by=BO, door=Door.CHAT)
    return undo.id


async def test_every_step_is_carried_out_proved_and_the_run_ends(bench: Bench) -> None:
    plan = await bench.approved("snapshot", "isolate", "tag")
    await bench.carry(plan.id)
    assert await bench.states(plan.id) == {"snapshot": PROVED, "isolate": PROVED, "tag": PROVED}
    assert (await bench.run(plan.id)).state is RunState.PROVED


async def test_a_step_changes_nothing_before_those_it_comes_after(bench: Bench) -> None:
    plan = await bench.approved("isolate", "snapshot")
    await bench.carry(plan.id)
    log = bench.world.log
    assert log.index("set snapshot") < log.index("set isolate")


async def test_the_intent_is_committed_before_the_call(bench: Bench, memory_store: SqlStore) -> None:
    seen: list[str] = []

    async def look() -> None:
        async with memory_store.engine.begin() as connection:
            seen.extend(r.key for r in await connection.exec_driver_sql("SELECT key FROM intents"))

    bench.world.during["isolate"] = look
    await bench.carry((await bench.approved("isolate")).id)
    assert seen == ["set"]


async def test_a_failing_step_stops_no_other_not_even_those_behind_it(bench: Bench) -> None:
    bench.world.trouble["snapshot"] = StepFailed("AWS refused.", then="Look.")
    plan = await bench.approved("snapshot", "isolate", "tag")
    await bench.carry(plan.id)
    assert await bench.states(plan.id) == {"snapshot": FAILED, "isolate": PROVED, "tag": PROVED}
    assert await bench.problem(plan.id, "snapshot") == "AWS refused. Look."
    assert (await bench.run(plan.id)).state is RunState.FAILED


async def test_what_nobody_foresaw_is_said_on_its_row(bench: Bench) -> None:
    bench.world.trouble["tag"] = KeyError("Reservations")
    bench.world.proofs["protect"] = ZeroDivisionError()
    plan = await bench.approved("tag", "protect", "isolate")
    with capture_logs() as logs:
        await bench.carry(plan.id)
    assert {(line["event"], line["action"]) for line in logs if line["log_level"] == "error"} == {
        ("step broke", "tag"), ("step broke", "protect"),
    }  # fmt: skip
    assert await bench.states(plan.id) == {"tag": FAILED, "protect": FAILED, "isolate": PROVED}
    assert "did not foresee this: KeyError" in await bench.problem(plan.id, "tag")
    assert "did not foresee this: ZeroDivisionError" in await bench.problem(plan.id, "protect")


async def test_a_step_that_does_not_hold_after_several_looks_is_red(bench: Bench) -> None:
    bench.world.proofs["isolate"] = Proof(rung=Rung.ABSENT, says=("0 of 2 interfaces",))
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    assert await bench.problem(plan.id, "isolate") == "0 of 2 interfaces"
    assert bench.world.log.count("look isolate") > 1


async def test_a_world_that_moved_gets_a_new_plan(bench: Bench) -> None:
    bench.world.trouble["isolate"] = Drift("The groups of eni-1 changed.")
    plan = await bench.approved("isolate", "tag")
    await bench.carry(plan.id)
    (again,) = await bench.pending(plan.target.incident)
    assert (again.actions, again.proposer, again.decision) == (("isolate",), ANA, Decision.PENDING)
    assert await bench.states(plan.id) == {"isolate": FAILED, "tag": PROVED}


async def test_a_failed_step_is_made_safe_at_once(bench: Bench) -> None:
    bench.world.trouble["isolate"] = StepFailed("The deny group could not be put.")
    await bench.carry((await bench.approved("isolate")).id)
    assert bench.world.log == ["set isolate", "rescue isolate"]


async def died_within(bench: Bench, *actions: str, finished: tuple[str, ...] = ()) -> str:
    """A run whose process died in the middle of its first step's call; some others were finished before."""
    plan = await bench.approved(*actions)
    reached, never = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        reached.set()
        await never.wait()

    bench.world.during[actions[0]] = hang
    dying = asyncio.create_task(bench.carry(plan.id))
    await reached.wait()
    for name in finished:
        async with bench.store.begin() as unit:
            step = next(s for s in await unit.runs.steps(plan.id) if s.action == name)
            await unit.runs.set_step(dataclasses.replace(step, state=PROVED))
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    bench.world.during.clear()
    bench.world.log.clear()
    return plan.id


async def test_a_resumed_run_rescues_before_anything_else_and_does_not_ask_again(bench: Bench) -> None:
    run = await died_within(bench, "isolate")
    bench.directory.down = True  # whoever may not be asked now was asked at the start
    await bench.carry(run, "x-2")
    assert bench.world.log[:2] == ["rescue isolate", "set isolate"]
    assert await bench.states(run) == {"isolate": PROVED}


async def test_what_was_finished_is_not_run_again(bench: Bench) -> None:
    run = await died_within(bench, "isolate", "tag", finished=("tag",))
    await bench.carry(run, "x-2")
    assert "set tag" not in bench.world.log
    assert await bench.states(run) == {"isolate": PROVED, "tag": PROVED}


async def test_dying_before_anybody_was_asked_means_asking_then(bench: Bench) -> None:
    plan = await bench.approved("isolate")
    async with bench.store.begin() as unit:
        await unit.runs.take(plan.id, "x-1", bench.clock())
    bench.directory.by_person[BO.id] = frozenset({Role.RESPONDER})
    await bench.carry(plan.id, "x-2")
    assert await bench.states(plan.id) == {"isolate": FAILED}
    assert "set isolate" not in bench.world.log


async def test_a_rescue_that_fails_does_not_keep_the_step_from_its_end(bench: Bench) -> None:
    async def broken(plan: object, run: object) -> None:
        raise KeyError("vpc-1")

    run = await died_within(bench, "isolate")
    toys = dict(bench.plant.actions)
    toys["isolate"] = dataclasses.replace(toys["isolate"], rescue=broken)
    again = dataclasses.replace(bench, plant=dataclasses.replace(bench.plant, actions=toys))
    with capture_logs() as logs:
        await again.carry(run, "x-2")
    assert [line["event"] for line in logs] == ["rescue broke"]
    assert await bench.states(run) == {"isolate": PROVED}


async def test_a_zombie_changes_nothing_more(bench: Bench) -> None:
    plan = await bench.approved("snapshot", "isolate")
    reached, wakes = asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        reached.set()
        await wakes.wait()

    bench.world.during["snapshot"] = pause
    zombie = asyncio.create_task(bench.carry(plan.id, "x-1"))
    await reached.wait()
    bench.world.during.clear()
    await bench.carry(plan.id, "x-2")
    ended, log = await bench.run(plan.id), list(bench.world.log)
    bench.world.trouble["snapshot"] = StepFailed("too late")

    wakes.set()
    with pytest.raises(Superseded):
        await zombie

    assert await bench.run(plan.id) == ended
    assert await bench.states(plan.id) == {"snapshot": PROVED, "isolate": PROVED}
    assert bench.world.log == log


async def test_carrying_an_ended_run_does_nothing(bench: Bench) -> None:
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    before, log = await bench.run(plan.id), list(bench.world.log)
    await bench.carry(plan.id)
    await bench.carry("nothing")
    assert (await bench.run(plan.id), bench.world.log) == (before, log)


async def test_who_may_no_longer_starts_nothing(bench: Bench) -> None:
    plan = await bench.approved("isolate", "tag")
    del bench.directory.by_person[BO.id]
    await bench.carry(plan.id)
    assert await bench.states(plan.id) == {"isolate": FAILED, "tag": FAILED}
    assert bench.world.log == []


async def test_nobody_can_say_who_may_so_nothing_starts(bench: Bench) -> None:
    plan = await bench.approved("isolate")
    bench.directory.down = True
    await bench.carry(plan.id)
    assert "Not started: Slack did not say" in await bench.problem(plan.id, "isolate")


async def test_a_database_outage_breaks_off_and_the_next_attempt_finishes(bench: Bench) -> None:
    async def vanish() -> None:
        bench.store.away = True

    plan = await bench.approved("snapshot", "isolate")
    bench.world.during["snapshot"] = vanish
    with pytest.raises(StoreDown):
        await bench.carry(plan.id)
    bench.store.away = False
    bench.world.during.clear()
    assert (await bench.run(plan.id)).state is RunState.EXECUTING
    assert FAILED not in (await bench.states(plan.id)).values()

    await bench.carry(plan.id)
    assert (await bench.run(plan.id)).state is RunState.PROVED


async def test_a_retried_step_is_carried_out_alone(bench: Bench) -> None:
    bench.world.trouble["tag"] = StepFailed("AWS refused.")
    plan = await bench.approved("isolate", "tag")
    await bench.carry(plan.id)
    bench.world.trouble.clear()
    bench.world.log.clear()
    await retry(bench.desk, plan.id, "tag", by=ANA, door=Door.CHAT)
    await bench.carry(plan.id)
    assert bench.world.log == ["set tag", "look tag"]
    assert (await bench.run(plan.id)).state is RunState.PROVED


async def test_an_undo_is_proved_by_planning_anew(bench: Bench) -> None:
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    undo = await undone(bench, plan.id, "isolate")
    await bench.carry(undo)
    assert bench.world.is_("isolate") == "off"
    assert await bench.states(undo) == await bench.states(plan.id) == {"isolate": StepState.UNDONE}
    assert {(await bench.run(undo)).state, (await bench.run(plan.id)).state} == {RunState.UNDONE}


async def test_an_undo_that_does_not_restore_is_no_undo_and_what_it_left_is_looked_at(bench: Bench) -> None:
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    bench.world.stuck.add("isolate")
    undo = await undone(bench, plan.id, "isolate")
    await bench.carry(undo)
    assert "not as it was before" in await bench.problem(undo, "isolate")
    assert await bench.states(plan.id) == {"isolate": APPLIED}

    await check(bench.plant, plan.id, "isolate")
    assert await bench.states(plan.id) == {"isolate": PROVED}


async def test_no_look_while_another_run_changes_the_instance(bench: Bench) -> None:
    bench.world.proofs["isolate"] = CONFIGURED
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    await undone(bench, plan.id, "isolate")
    bench.world.log.clear()
    await check(bench.plant, plan.id, "isolate")
    assert bench.world.log == []
    async with bench.store.begin() as unit:
        later = await unit.slots.due(bench.clock() + timedelta(minutes=1))
    assert [s.subject for s in later if s.alarm is Alarm.PROOF] == [f"{plan.id}/isolate"]


@pytest.mark.parametrize("trouble", [Unreachable("AWS did not answer."), StepFailed("Denied."), KeyError()])
async def test_a_look_that_cannot_be_made_proves_nothing_and_is_made_again(
    bench: Bench, trouble: Exception
) -> None:
    bench.world.proofs["isolate"] = CONFIGURED
    plan = await bench.approved("isolate")
    await bench.carry(plan.id)
    bench.world.proofs["isolate"] = trouble
    with capture_logs():
        await check(bench.plant, plan.id, "isolate")
    assert await bench.states(plan.id) == {"isolate": APPLIED}

    del bench.world.proofs["isolate"]
    await check(bench.plant, plan.id, "isolate")
    assert await bench.states(plan.id) == {"isolate": PROVED}


async def test_a_look_that_meets_a_retry_of_another_step_is_put_off(bench: Bench) -> None:
    bench.world.proofs["isolate"] = CONFIGURED
    bench.world.trouble["tag"] = StepFailed("AWS refused.")
    plan = await bench.approved("isolate", "tag")
    await bench.carry(plan.id)

    async with bench.store.begin() as unit:
        before = {s.key for s in await unit.slots.due(bench.clock() + timedelta(days=1))}
    original = bench.plant.actions["isolate"]

    async def slow(plan_: object, look: object) -> Proof:
        await retry(bench.desk, plan.id, "tag", by=ANA, door=Door.CHAT)
        return Proof(rung=Rung.CONTRADICTED, says=("a half truth",))

    toys = {**bench.plant.actions, "isolate": dataclasses.replace(original, verify=slow)}
    await check(dataclasses.replace(bench.plant, actions=toys), plan.id, "isolate")

    assert (await bench.states(plan.id))["isolate"] is APPLIED
    async with bench.store.begin() as unit:
        assert len({s.key for s in await unit.slots.due(bench.clock() + timedelta(days=1))} - before) == 1
