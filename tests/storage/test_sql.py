"""Statements are constants: building one anew at each call costs more than the database takes to answer it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Executable, event

from playbook.approval import Decision
from playbook.environment import Environment
from playbook.finding import Severity
from playbook.hearing import Heard
from playbook.incident import InstanceFacts
from playbook.outbox import Post
from playbook.run import RunState
from playbook.slot import Alarm, Slot, SlotState
from playbook.timeline import Entry, Event
from storage.store import SqlStore, SqlUnit
from tests.storage.values import (
    ACCOUNT,
    ANA,
    NOON,
    REGION,
    approval,
    facts,
    finding,
    incident,
    key,
    message,
    proposal,
    run,
    target,
)

LATER = NOON + timedelta(hours=1)


async def live(unit: SqlUnit, incident_id: str, instance: InstanceFacts) -> None:
    """An incident's life, with everything that is asked and written in it."""
    plan, where = f"plan of {incident_id}", target(instance.instance, incident_id)
    await unit.incidents.add(incident(incident_id), [instance])
    await unit.incidents.lock(incident_id)
    await unit.incidents.learn(incident_id, instance)
    await unit.incidents.tighten(incident_id, Environment.PRODUCTION, Severity.CRITICAL)
    await unit.incidents.set_channel(incident_id, incident_id)
    await unit.incidents.in_channel(incident_id)
    await unit.incidents.take_lead(incident_id, ANA)
    await unit.incidents.mark_contained(incident_id, NOON)
    await unit.incidents.open_on(ACCOUNT, REGION, instance.instance)
    await unit.incidents.listed()
    await unit.incidents.instances(incident_id)
    await unit.findings.save(finding(incident_id), "{}", incident_id)
    await unit.findings.get(key(incident_id))
    await unit.findings.incident_of(key(incident_id))
    await unit.findings.of(incident_id)
    await unit.proposals.add(proposal(plan, target=where))
    await unit.proposals.approve(plan, approval())
    await unit.proposals.decide(plan, Decision.APPROVED, ANA.id, NOON)
    await unit.proposals.get(plan)
    await unit.proposals.of(incident_id, pending=True)
    await unit.runs.start(run(plan, target=where), ["snapshot", "isolate"])
    attempt = await unit.runs.take(plan, "x-1", NOON)
    await unit.executors.beat("x-1", Heard(events=1, heard_ago=0.5))
    await unit.runs.begin_steps(plan, ["snapshot", "isolate"], attempt, NOON)
    await unit.runs.intend(plan, [("isolate", "eni-1")], attempt, NOON)
    await unit.runs.outcomes(plan, [(("isolate", "eni-1"), "done")], NOON)
    for step in await unit.runs.steps(plan):
        await unit.runs.set_step(step)
    await unit.runs.holds(plan, "x-1", attempt)
    await unit.runs.steps_of(incident_id)
    await unit.runs.set_state(plan, RunState.PROVED, NOON)
    await unit.runs.in_state([RunState.EXECUTING])
    await unit.executors.silent(timedelta(0))
    await unit.executors.ears()
    await unit.executors.living()
    await unit.timeline.add(
        Entry(incident=incident_id, at=NOON, actor="", event=Event.OPENED, words="", data={})
    )
    await unit.timeline.of(incident_id)
    await unit.ledger.add(incident_id, NOON, "observed", "i-1", {})
    await unit.ledger.of(incident_id)
    await unit.outbox.put(message(f"card {incident_id}", Post.CARD, incident=incident_id))
    await unit.outbox.put(message(f"word {incident_id}", incident=incident_id))
    sending = await unit.outbox.take("sender", NOON, timedelta(minutes=1))
    assert sending is not None
    await unit.outbox.sent(sending, "1.0", NOON)
    await unit.outbox.waiting()
    await unit.slots.add(Slot(key=incident_id, alarm=Alarm.PROOF, subject=incident_id, due=NOON))
    await unit.slots.due(NOON)
    await unit.slots.claim(NOON, 1)
    await unit.slots.reclaim(NOON, NOON, 1)
    await unit.slots.held([incident_id])
    await unit.slots.give_back([incident_id])
    await unit.slots.overdue(NOON)
    await unit.slots.move(incident_id, SlotState.PENDING, SlotState.QUEUED, NOON)
    await unit.slots.next_due()
    await unit.clicks.claim(incident_id, ANA, NOON)
    await unit.clicks.release(incident_id)
    await unit.incidents.close(incident_id, LATER, "done")


async def test_the_second_incident_needs_no_statement_that_the_first_did_not(store: SqlStore) -> None:
    built: list[Executable] = []

    @event.listens_for(store.engine.sync_engine, "before_execute")
    def note(_connection: object, statement: Executable, *_: object) -> None:  # pyright: ignore[reportUnusedFunction]
        if statement.is_select or statement.is_dml:  # a savepoint is neither
            built.append(statement)

    async with store.begin() as unit:
        await live(unit, "I1", facts("i-1"))
        first = {id(statement) for statement in built}
        await live(unit, "I2", facts("i-2"))
    assert len(first) > 40
    assert {id(statement) for statement in built} == first
