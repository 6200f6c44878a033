"""What a report says is what was stored: who approved, what was proved, what is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from commands.checklist import tick
from commands.report.content import content
from commands.report.drawing import drawing
from commands.report.gather import gather
from commands.report.instances import changes
from commands.report.model import Report
from commands.root_cause import state
from commands.telling import tell
from playbook.attack import EXPLOIT, HIJACK
from playbook.checklist import Said, Standing
from playbook.errors import BadInput
from playbook.ledger import GENESIS
from playbook.people import BOT, Door
from playbook.run import StepState
from playbook.timeline import Event
from storage.tables import evidence
from tests.commands.conftest import Room
from tests.commands.report.stories import played, report_of
from tests.fakes.people import ANA
from tests.storage.values import WEB

pytestmark = pytest.mark.slow


@pytest.fixture
async def report(room: Room) -> Report:
    return await report_of(room, await played(room))


def text_of(report: Report) -> str:
    return repr(content(report))


async def test_an_incident_that_is_none_has_no_report(room: Room) -> None:
    async with room.store.begin() as unit:
        with pytest.raises(BadInput, match="There is no incident"):
            await gather(unit, "nothing", room.clock())


async def test_times_are_measured_from_the_opening(report: Report) -> None:
    spans = report.metrics
    assert spans.acknowledge == timedelta(seconds=34)
    assert spans.contain == timedelta(seconds=69)
    assert spans.recover is None
    assert spans.close is not None
    assert spans.close > timedelta(days=1)


async def test_recovered_is_when_the_application_is_said_to_be_healthy_after_containment(room: Room) -> None:
    incident = await room.finding()
    await tick(room.desk, incident, "R3", Said.DONE, by=ANA, door=Door.CHAT)
    assert (await report_of(room, incident)).metrics.recover is None

    plan = await room.propose(incident, "isolate")
    await room.approve(plan)
    room.clock.advance(60)
    await room.carry(plan.id)
    room.clock.advance(3600)
    await tick(room.desk, incident, "R3", Said.DONE, by=ANA, door=Door.CHAT, comment="200 on every page")
    found = await report_of(room, incident)

    assert found.metrics.recover == timedelta(seconds=3660)
    assert [m.words for m in drawing(found).milestones][-1] == "recovered"


async def test_what_the_timeline_records_as_recovered_comes_before_a_healthy_look(room: Room) -> None:
    incident = await room.finding()
    opened = room.clock()
    room.clock.advance(60)
    async with room.store.begin() as unit:
        await tell(
            unit, incident=incident, at=room.clock(), actor=BOT.id, event=Event.RECOVERED, words="it serves"
        )

    assert (await report_of(room, incident)).metrics.recover == room.clock() - opened


async def test_an_instance_stands_as_it_was_and_what_was_changed_of_it_beside(report: Report) -> None:
    assert [f.role for f in report.first] == ["web-app"]
    (first,) = report.first
    now = replace(first, role="", state="terminated", public_ips=())
    changed = {row[0]: row[2:] for row in changes((first,), (now,))}
    assert changed["Role"] == ("web-app", "none")
    assert changed["Public addresses"] == ("203.0.113.7", "none")
    assert "Ports open to the world" not in changed
    assert changes((first,), (first,)) == ()


async def test_an_instance_that_aws_shows_no_more_is_said_to_be_gone(report: Report) -> None:
    (first,) = report.first
    gone = replace(first, seen=False, problem="there is no such instance")
    assert changes((first,), (gone,)) == (
        ("All of it", WEB, "as above", "AWS shows nothing of it: there is no such instance"),
    )


async def test_managers_are_told_in_numbers_what_is_open(report: Report) -> None:
    (left,) = (words for name, words in content(report).sections[0].named if name == "What is open")
    assert "Failed, and not done: Revoke this instance's sessions." in left
    assert "Not taken up: " in left
    assert f"“Open items” lists all {len(report.open_items)} points." in left
    assert len(left) < 600


async def test_each_approval_stands_with_person_door_and_hash_and_broken_glass_is_marked(
    report: Report,
) -> None:
    first, second = report.words
    assert (first.person, first.decision, first.door, len(first.hash)) == ("bo", "approved", "chat", 64)
    assert (second.person, second.decision, second.proposer) == ("chai", "break-glass", "ana")
    assert "do not answer the phone" in second.override
    assert any("broke the glass" in item for item in report.open_items)
    assert "BREAK-GLASS: bo and the others" in text_of(report)


async def test_a_proof_is_told_rung_by_rung(report: Report) -> None:
    steps = {c.step.action: c for c in report.steps}
    assert [rung for _, rung in steps["snapshot"].ladder] == ["configuration verified", "proved"]
    assert [rung for _, rung in steps["isolate"].ladder] == ["configuration verified"]
    assert steps["revoke"].step.state is StepState.FAILED


async def test_what_is_open_is_said_and_what_is_done_is_not(report: Report) -> None:
    said = "\n".join(report.open_items)
    assert (
        "Revoke this instance's sessions on i-0123456789abcdef0 failed: AWS refused iam:PutRolePolicy" in said
    )
    assert "its proof waits for: flow logs" in said
    assert "nobody has stated it" in said
    assert "Snapshot" not in said
    assert "V2" not in said
    assert "The incident is open" not in said


async def test_the_checklist_stands_whole_with_what_people_said(report: Report) -> None:
    assert len(report.checklist) == 51
    entry = next(item for item in report.checklist if item.row.id == "V2")
    assert entry.standing is Standing.DONE
    assert "ana: done; an old admin page" in text_of(report)


async def test_the_techniques_are_those_of_the_finding(report: Report) -> None:
    assert report.techniques == (EXPLOIT, HIJACK)
    assert "T1496" in text_of(report)


async def test_indicators_are_defanged(report: Report) -> None:
    assert "pool[.]evil[.]example" in text_of(report)
    assert "pool.evil.example" not in text_of(report)


async def test_the_evidence_is_listed_with_its_hashes_and_was_verified(report: Report) -> None:
    assert report.broken == ()
    assert f"The chain of {len(report.evidence)} entries is whole" in text_of(report)
    assert all(e.sha256 in text_of(report) for e in report.evidence)


async def test_a_forged_entry_of_the_ledger_is_the_first_thing_that_is_open(memory_room: Room) -> None:
    incident = await memory_room.quiet()
    async with memory_room.store.engine.begin() as connection:
        await connection.execute(
            insert(evidence).values(
                incident=incident, seq=99, at=memory_room.clock(), kind="observed", subject="forged", body={},
                previous=GENESIS, sha256="f" * 64,
            )
        )  # fmt: skip
    found = await report_of(memory_room, incident)

    assert found.open_items[0].startswith("The evidence chain is NOT whole")
    assert "NOT WHOLE" in text_of(found)


async def test_a_stated_root_cause_takes_the_place_of_the_default(room: Room) -> None:
    incident = await room.finding()
    await state(room.desk, incident, "hacking", "Exploit vuln", by=ANA, door=Door.CHAT)
    found = await report_of(room, incident)

    assert found.stated
    assert found.cause.hacking == ("Exploit vuln",)
    assert "Stated by a person." in text_of(found)


async def test_the_drawing_places_events_by_phase_and_time(report: Report) -> None:
    made = drawing(report)
    assert made.lanes == ("Alerts", "People decide", "Contain")
    assert [m.words for m in made.milestones] == ["opened", "acknowledged", "contained", "closed"]
    places = [m.at for m in made.milestones]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, 1)
    assert {d.shape for d in made.dots} == {"machine", "person", "failure"}


async def test_an_incident_in_which_nothing_happened_can_be_drawn_too(report: Report) -> None:
    empty = replace(report, entries=(), metrics=replace(report.metrics, acknowledge=None, recover=None))
    assert drawing(replace(empty, incident=replace(empty.incident, contained=None, closed=None))).dots == ()
