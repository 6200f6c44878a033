"""What a run reports: each row its own end, evidence for each, retries, undo, and whether the incident is contained."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from commands import progress
from commands.board import Mark, Verb
from commands.close import close
from commands.progress import Looked
from commands.propose import propose_undo
from playbook.approval import LIFETIME
from playbook.errors import NotAllowed, Refused, StepFailed, Superseded, TooLate
from playbook.finding import FindingType
from playbook.outbox import Post
from playbook.people import Door
from playbook.proof import Proof, Rung
from playbook.run import RunRecord, RunState, StepState
from playbook.slot import Slot
from playbook.timeline import Entry
from tests.commands.conftest import HOLDS, LEAKS, PROVED, WEB, Room
from tests.fakes.people import ANA, BO, DEE
from tests.storage.values import OTHER

pytestmark = pytest.mark.slow

SEQUENCE = FindingType(full="AttackSequence:EC2/CompromisedInstanceGroup")
AGAIN = Proof(rung=Rung.CONFIGURED, says=("configured",), waits="logs", again=timedelta(minutes=1))


async def started(room: Room, *actions: str) -> tuple[str, str]:
    """An incident and an approved run of these steps."""
    incident = await room.quiet()
    plan = await room.propose(incident, *actions)
    await room.approve(plan)
    return incident, plan.id


async def slots(room: Room) -> list[Slot]:
    async with room.store.begin() as unit:
        return [s for s in await unit.slots.due(room.clock() + timedelta(days=3)) if s.alarm.value == "proof"]


async def undo(room: Room, run: str, action: str = "isolate") -> str:
    plan = await propose_undo(room.desk, run, action, by=ANA, door=Door.CHAT)
    await room.approve(plan)
    return plan.id


async def test_one_step_that_fails_leaves_the_others_running(room: Room) -> None:
    incident, run = await started(room, "tag", "isolate", "revoke")
    mine = await room.take(run)
    await progress.failed(room.desk, mine, "tag", "AWS said no <!channel>\u202e", {"problem": "AWS said no"})

    assert (await room.run(run)).state is RunState.EXECUTING  # nobody else may touch the instance yet
    assert (await room.states(run))["isolate"] is StepState.RUNNING
    row = await room.row(incident, "tag")
    assert (row.mark, row.words) == (Mark.FAILED, "AWS said no <!channel>")
    assert f"{row.action.title}: failed · AWS said no <!channel>" in await room.news()


async def test_the_last_row_ends_the_run(room: Room) -> None:
    _, run = await started(room, "tag", "isolate")
    mine = await room.take(run)
    await progress.proved(room.desk, mine, [Looked(action="tag", proof=PROVED, observed={})])
    assert (await room.run(run)).state is RunState.EXECUTING
    await progress.proved(room.desk, mine, [Looked(action="isolate", proof=HOLDS, observed={})])
    assert (await room.run(run)).state is RunState.VERIFYING
    await progress.proved(room.desk, mine, [Looked(action="isolate", proof=PROVED, observed={})])
    assert (await room.run(run)).state is RunState.PROVED


async def test_steps_that_end_at_once_end_the_run(busy_room: Room) -> None:
    room = busy_room
    actions = ("protect", "tag", "isolate", "revoke")
    _, run = await started(room, *actions)
    mine = await room.take(run)
    await asyncio.gather(
        *(progress.proved(room.desk, mine, [Looked(action=a, proof=PROVED, observed={})]) for a in actions)
    )
    assert (await room.run(run)).state is RunState.PROVED


async def test_what_was_observed_is_evidence_before_anything_else_is_said(room: Room) -> None:
    incident, run = await started(room, "isolate")
    await room.carry(run)
    async with room.store.begin() as unit:
        kinds = [(e.kind, e.subject) for e in await unit.ledger.of(incident)]
    assert kinds == [("finding", "f1"), ("approval", run), ("before", run), ("observed", f"{run}/isolate")]


async def test_an_incomplete_proof_is_looked_for_again(room: Room) -> None:
    _, run = await started(room, "isolate")
    mine = await room.carry(run, {"isolate": AGAIN})
    (first,) = await slots(room)
    assert first.due == room.clock() + timedelta(minutes=1)

    await room.told()
    await progress.proved(room.desk, mine, [Looked(action="isolate", proof=AGAIN, observed={})])
    assert [m.post for m in await room.told()] == [Post.CARD]  # what it waits for is on the card
    assert {s.key for s in await slots(room)} == {first.key, f"proof:{run}/isolate:2"}


async def test_a_check_that_cannot_be_made_is_a_gap_and_is_tried_again_less_and_less_often(
    room: Room,
) -> None:
    incident, run = await started(room, "isolate")
    mine = await room.carry(run, {"isolate": HOLDS})
    dues: list[timedelta] = []
    for pause in (0, 60, 3600):
        room.clock.advance(pause)
        await progress.not_checked(room.desk, mine, "isolate", StepFailed("AWS did not answer."))
        dues.append(max(s.due for s in await slots(room)) - room.clock())

    row = await room.row(incident, "isolate")
    assert row.mark is Mark.WAITING
    assert "the last check could not be made: AWS did not answer." in row.words
    assert dues[:2] == [timedelta(minutes=1)] * 2
    assert dues[2] == timedelta(seconds=3660) / 4


async def test_contained_means_every_instance_is(room: Room) -> None:
    incident = await room.finding(type=SEQUENCE, instances=(WEB, OTHER))
    plans = [s.recommended for s in (await room.board(incident)).sections]
    for n, plan in enumerate(plans):
        assert plan is not None
        assert (await room.incident(incident)).contained is None
        await room.approve(plan)
        await room.carry(plan.id, {"isolate": HOLDS})
        assert ((await room.incident(incident)).contained is not None) == (n == 1)
    assert f"{WEB}, {OTHER} is contained, 0 s after the incident opened" in await room.news()


async def test_two_instances_that_are_cut_off_at_once_contain_the_incident(busy_room: Room) -> None:
    room = busy_room
    incident = await room.finding(type=SEQUENCE, instances=(WEB, OTHER))
    carried: list[RunRecord] = []
    for section in (await room.board(incident)).sections:
        assert section.recommended is not None
        await room.approve(section.recommended)
        carried.append(await room.take(section.recommended.id))
    await asyncio.gather(
        *(
            progress.proved(room.desk, mine, [Looked(action="isolate", proof=HOLDS, observed={})])
            for mine in carried
        )
    )
    assert (await room.incident(incident)).contained is not None


async def test_a_leak_found_later_turns_the_row_red_tells_the_channel_and_is_no_containment(
    room: Room,
) -> None:
    incident, run = await started(room, "isolate")
    mine = await room.carry(run, {"isolate": AGAIN})
    assert (await room.incident(incident)).contained is not None
    await room.told()

    await progress.proved(
        room.desk, mine, [Looked(action="isolate", proof=LEAKS, observed={"says": "flows"})]
    )

    row = await room.row(incident, "isolate")
    assert (row.mark, row.words) == (Mark.FAILED, "traffic still passes")
    assert (await room.run(run)).state is RunState.FAILED
    assert (await room.incident(incident)).contained is None
    told = await room.told()
    assert [str(m.body["words"]) for m in told if m.post.value == "channel"] == [
        "Isolate the instance: failed · traffic still passes",
        f"No longer contained: {WEB} is not shown to be cut off",
    ]
    assert "topic" in {m.post.value for m in told}


async def test_a_failed_step_is_retried_alone(room: Room) -> None:
    incident, run = await started(room, "isolate", "tag")
    await room.carry(run, {"isolate": "AWS said no"})
    assert (await room.row(incident, "isolate")).offers == (Verb.RETRY, Verb.UNDO)

    await progress.retry(room.desk, run, "isolate", by=ANA, door=Door.CHAT)
    assert room.executor.carried == [run, run]
    assert await room.states(run) == {"isolate": StepState.WAITING, "tag": StepState.PROVED}
    await room.carry(run)
    assert (await room.run(run)).state is RunState.PROVED
    assert (await room.row(incident, "isolate")).attempt == 2


async def test_only_what_failed_is_retried_and_only_by_who_has_a_role(room: Room) -> None:
    incident, run = await started(room, "isolate", "tag")
    await room.carry(run, {"isolate": "AWS said no"})
    with pytest.raises(Refused, match="has not failed"):
        await progress.retry(room.desk, run, "tag", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="no such step"):
        await progress.retry(room.desk, run, "stop", by=ANA, door=Door.CHAT)
    with pytest.raises(NotAllowed):
        await progress.retry(room.desk, run, "isolate", by=DEE, door=Door.CHAT)
    await close(room.desk, incident, "done with it", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="incident is closed"):
        await progress.retry(room.desk, run, "isolate", by=ANA, door=Door.CHAT)


async def test_two_who_retry_at_once_start_one_attempt(busy_room: Room) -> None:
    room = busy_room
    _, run = await started(room, "isolate")
    await room.carry(run, {"isolate": "AWS said no"})
    ends = await asyncio.gather(
        *(progress.retry(room.desk, run, "isolate", by=who, door=Door.CHAT) for who in (ANA, BO, ANA)),
        return_exceptions=True,
    )
    assert len([e for e in ends if e is None]) == 1
    assert all(isinstance(e, Refused) for e in ends if e is not None)


async def test_retries_do_not_lengthen_the_approval(room: Room) -> None:
    incident, run = await started(room, "isolate")
    await room.carry(run, {"isolate": "AWS said no"})
    room.clock.advance((LIFETIME - timedelta(minutes=1)).total_seconds())
    await progress.retry(room.desk, run, "isolate", by=ANA, door=Door.CHAT)
    await room.carry(run, {"isolate": "AWS said no"})

    room.clock.advance(60)
    assert Verb.RETRY in (await room.row(incident, "isolate")).offers
    room.clock.advance(1)
    assert (await room.row(incident, "isolate")).offers == (Verb.PLAN, Verb.UNDO)
    with pytest.raises(TooLate, match="an approval lasts 30 min"):
        await progress.retry(room.desk, run, "isolate", by=ANA, door=Door.CHAT)


async def test_an_undone_step_is_as_before_and_the_incident_no_longer_contained(room: Room) -> None:
    incident, run = await started(room, "isolate", "tag")
    await room.carry(run)
    await room.news()
    undoing = await room.take(await undo(room, run))
    await progress.undone(room.desk, undoing, run, "isolate", {"restored": True})

    row = await room.row(incident, "isolate")
    assert (row.mark, row.words, row.offers) == (Mark.UNDONE, "as it was before", (Verb.PLAN,))
    assert (await room.row(incident, "tag")).mark is Mark.PROVED
    assert (await room.run(undoing.id)).state is RunState.UNDONE
    assert (await room.run(run)).state is RunState.PROVED
    assert (await room.incident(incident)).contained is None
    assert "Isolate the instance undone: as it was before" in await room.news()


async def test_a_stopped_instance_stays_contained_when_isolation_is_undone(room: Room) -> None:
    incident, run = await room.contained("isolate", "stop")
    undoing = await room.take(await undo(room, run))
    await progress.undone(room.desk, undoing, run, "isolate", {})
    assert (await room.incident(incident)).contained is not None


async def test_a_failed_undo_leaves_a_row_that_is_looked_at_anew(room: Room) -> None:
    incident, run = await room.contained()
    undoing = await room.take(await undo(room, run))
    await progress.failed(room.desk, undoing, "isolate", "AWS said no", {}, undoes=run)

    row = await room.row(incident, "isolate")
    assert row.mark is Mark.WAITING
    assert "a fresh look, because an undo failed: AWS said no" in row.words
    (due,) = await slots(room)
    assert (due.subject, due.due) == (f"{run}/isolate", room.clock())
    assert "Undo: Isolate the instance: failed · AWS said no" in await room.news()

    await progress.proved(
        room.desk, await room.run(run), [Looked(action="isolate", proof=LEAKS, observed={})]
    )
    assert (await room.row(incident, "isolate")).mark is Mark.FAILED
    assert (await room.incident(incident)).contained is None


async def test_a_look_that_ends_after_an_undo_says_nothing(room: Room) -> None:
    incident, run = await started(room, "isolate")
    looking = await room.carry(run, {"isolate": AGAIN})
    undoing = await room.take(await undo(room, run))
    await progress.undone(room.desk, undoing, run, "isolate", {})
    await room.told()

    await progress.proved(room.desk, looking, [Looked(action="isolate", proof=LEAKS, observed={})])
    await progress.not_checked(room.desk, looking, "isolate", StepFailed("No answer."))
    await progress.put_off(room.desk, looking, "isolate")

    assert (await room.row(incident, "isolate")).mark is Mark.UNDONE
    assert await room.told() == []


async def test_who_lost_the_run_writes_nothing(busy_room: Room) -> None:
    room = busy_room
    incident, run = await started(room, "isolate")
    zombie = await room.take(run, "x-1")
    await room.take(run, "x-2")
    before = await room.timeline(incident), await room.states(run), await room.told()

    for report in (
        progress.began(room.desk, zombie, ["isolate"]),
        progress.proved(room.desk, zombie, [Looked(action="isolate", proof=LEAKS, observed={})]),
        progress.failed(room.desk, zombie, "isolate", "no", {}),
        progress.undone(room.desk, zombie, run, "isolate", {}),
        progress.refuse_run(room.desk, zombie, Refused("no")),
        progress.not_checked(room.desk, zombie, "isolate", Refused("no")),
    ):
        with pytest.raises(Superseded):
            await report

    assert (await room.timeline(incident), await room.states(run)) == before[:2]
    assert await room.told() == []
    async with room.store.begin() as unit:
        assert [e.kind for e in await unit.ledger.of(incident)] == ["finding", "approval", "before"]


async def test_the_timeline_only_ever_grows(room: Room) -> None:
    incident: str
    seen: tuple[Entry, ...] = ()

    async def grown() -> None:
        nonlocal seen
        now = await room.timeline(incident)
        assert now[: len(seen)] == seen
        assert len(now) > len(seen)
        seen = now

    incident, run = await started(room, "isolate", "tag")
    await grown()
    mine = await room.carry(run, {"isolate": AGAIN, "tag": "AWS said no"})
    await grown()
    await progress.proved(room.desk, mine, [Looked(action="isolate", proof=LEAKS, observed={})])
    await grown()
    await progress.retry(room.desk, run, "isolate", by=ANA, door=Door.CHAT)
    await room.carry(run)
    await grown()
    undoing = await room.take(await undo(room, run))
    await progress.undone(room.desk, undoing, run, "isolate", {})
    await grown()
    await close(room.desk, incident, "done with it", by=ANA, door=Door.CHAT)
    await grown()
    moments = [e.at for e in seen]
    assert moments == sorted(moments)
    assert all(e.actor for e in seen)
