"""The checklist: what ec2ir knows of each row by itself, and what people say about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from actions.catalogue import ACTIONS, BY_NAME
from actions.checks.catalogue import CHECKS
from commands.board import Board, Mark, Row, Section
from commands.checklist import assign, comment, items, judge_process, looked, said_as, tick
from commands.close import close, take_lead
from playbook.answer import Answered, Verdict, answer
from playbook.checklist import MALICIOUS, Said, Standing, malicious
from playbook.decisions import CONTAIN, recommend
from playbook.environment import Environment
from playbook.errors import BadInput, NotAllowed, Refused
from playbook.people import Door
from playbook.rows import CHECKLIST
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO, DEE
from tests.storage.values import NOON, OTHER, WEB, facts, incident, target

CHECK = next(c for c in CHECKS if c.row == "A7")


def board(*sections: Section, answers: tuple[Answered, ...] = ()) -> Board:
    return Board(
        incident=incident(), findings=(), recommendation=recommend(None, Environment.PRODUCTION),
        sections=sections, pending=(), now=NOON, answers=answers,
    )  # fmt: skip


def section(instance: str = WEB, **marks: Mark) -> Section:
    """An instance whose steps have these marks; the others are not started."""
    rows = tuple(
        Row(action=a, mark=marks.get(a.name.replace("-", "_"), Mark.NOT_STARTED), words="so", ended=NOON)
        for a in ACTIONS
    )
    return Section(facts=facts(instance), rows=rows, recommended=None)


def answered(verdict: Verdict, instance: str = WEB, *, later: int = 0, says: str = "seen") -> Answered:
    at = NOON + timedelta(minutes=later)
    return Answered(check=CHECK.name, target=target(instance), at=at, answer=answer(verdict, says))


def standing(shown: Board, row: str) -> Standing:
    return next(i.standing for i in items(shown) if i.row.id == row)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.CLEAR, Standing.DONE),
        (Verdict.NOTABLE, Standing.NOTABLE),
        (Verdict.GAP, Standing.GAP),
        (Verdict.NOT_APPLICABLE, Standing.NOT_APPLICABLE),
    ],
)
def test_an_answer_says_how_its_row_stands(verdict: Verdict, expected: Standing) -> None:
    assert standing(board(section(), answers=(answered(verdict),)), "A7") is expected


def test_of_several_instances_the_worst_counts_and_is_named() -> None:
    shown = board(
        section(WEB),
        section(OTHER),
        answers=(answered(Verdict.CLEAR), answered(Verdict.GAP, OTHER, says="no flow logs")),
    )
    (item,) = (i for i in items(shown) if i.row.id == "A7")
    assert item.standing is Standing.GAP
    assert item.words == f"{OTHER}: no flow logs"


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        (Mark.NOT_STARTED, Standing.OPEN),
        (Mark.UNDONE, Standing.OPEN),
        (Mark.WAITING, Standing.UNDER_WAY),
        (Mark.RUNNING, Standing.UNDER_WAY),
        (Mark.FAILED, Standing.NOTABLE),
        (Mark.PROVED, Standing.DONE),
        (Mark.NOT_APPLICABLE, Standing.NOT_APPLICABLE),
    ],
)
def test_a_step_says_how_its_row_stands(mark: Mark, expected: Standing) -> None:
    assert standing(board(section(isolate=mark)), "C2") is expected


def test_a_row_with_two_ways_is_done_when_one_of_them_is() -> None:
    assert standing(board(section(revoke=Mark.PROVED)), BY_NAME["revoke"].row) is Standing.DONE


def test_no_instance_may_be_left_behind() -> None:
    both = board(section(WEB, isolate=Mark.PROVED), section(OTHER, isolate=Mark.WAITING))
    assert standing(both, "C2") is Standing.UNDER_WAY
    assert standing(board(section(WEB, isolate=Mark.PROVED), section(OTHER)), "C2") is Standing.UNDER_WAY


def test_every_row_is_there_once_in_the_playbooks_order() -> None:
    assert [i.row for i in items(board(section()))] == list(CHECKLIST)


def test_checks_are_counted_with_their_gaps() -> None:
    shown = looked(board(section(), answers=(answered(Verdict.GAP),)))
    assert (shown.done, shown.gaps) == (0, 1)
    assert shown.asked >= 1


async def test_a_person_ticks_takes_back_and_comments(room: Room) -> None:
    opened = await room.quiet()
    await tick(
        room.desk, opened, "a7", Said.DONE, by=ANA, door=Door.CHAT, comment="nothing but health checks"
    )
    (item,) = (i for i in items(await room.board(opened)) if i.row.id == "A7")
    assert (item.standing, item.tick and item.tick.comment) == (Standing.DONE, "nothing but health checks")
    assert item.tick is not None
    assert item.tick.by == ANA.id

    await assign(room.desk, opened, "A7", BO, by=ANA, door=Door.CHAT)
    await comment(room.desk, opened, "A7", "look again", by=BO, door=Door.CHAT)
    await tick(room.desk, opened, "A7", Said.OPEN, by=BO, door=Door.CHAT)
    (item,) = (i for i in items(await room.board(opened)) if i.row.id == "A7")
    assert item.standing is Standing.OPEN
    assert item.tick is not None
    assert (item.tick.assignee, item.tick.comment) == (BO.id, "look again")
    told = [e.words for e in await room.timeline(opened) if e.event is Event.TICKED]
    assert told[0] == "ana ticks A7 VPC Flow Logs: unusual outbound: nothing but health checks"
    assert told[-1] == "bo reopens A7 VPC Flow Logs: unusual outbound"


@pytest.mark.row("F1")
async def test_whoever_takes_the_lead_has_read_the_alert(room: Room) -> None:
    opened = await room.quiet()
    assert standing(await room.board(opened), "F1") is Standing.OPEN
    await take_lead(room.desk, opened, by=ANA, door=Door.CHAT)
    assert standing(await room.board(opened), "F1") is Standing.DONE


async def test_what_can_not_be_ticked(room: Room) -> None:
    opened = await room.quiet()
    with pytest.raises(BadInput, match="There is no row “Z9”"):
        await tick(room.desk, opened, "Z9", Said.DONE, by=ANA, door=Door.CHAT)
    with pytest.raises(BadInput, match="There is no row"):
        await tick(room.desk, opened, MALICIOUS, Said.YES, by=ANA, door=Door.CHAT)
    with pytest.raises(NotAllowed):
        await tick(room.desk, opened, "A7", Said.DONE, by=DEE, door=Door.CHAT)
    with pytest.raises(BadInput, match="needs words"):
        await comment(room.desk, opened, "A7", " ", by=ANA, door=Door.CHAT)
    with pytest.raises(BadInput, match="says nothing of a row"):
        said_as("perhaps")
    await close(room.desk, opened, "a drill", by=ANA, door=Door.CHAT)
    with pytest.raises(Refused, match="closed"):
        await tick(room.desk, opened, "A7", Said.DONE, by=ANA, door=Door.CHAT)


@pytest.mark.row("D4")
async def test_yes_a_malicious_process_has_the_containment_planned_at_once(room: Room) -> None:
    opened = await room.quiet()
    assert (await room.board(opened)).recommendation.asks
    await judge_process(room.desk, opened, malicious=True, by=ANA, door=Door.CHAT, why="xmrig")

    shown = await room.board(opened)
    assert malicious(shown.ticks) is True
    assert shown.recommendation.steps == CONTAIN
    plan = shown.sections[0].recommended
    assert plan is not None
    assert plan.proposer is None
    assert any("ana says the process is malicious: xmrig" in line for line in await room.news())


async def test_no_plans_nothing_and_can_be_taken_back_by_a_yes(room: Room) -> None:
    opened = await room.quiet()
    await judge_process(room.desk, opened, malicious=False, by=ANA, door=Door.CHAT)
    shown = await room.board(opened)
    assert malicious(shown.ticks) is False
    assert (shown.recommendation.asks, shown.pending) == ("", ())

    room.clock.advance(60)
    await judge_process(room.desk, opened, malicious=True, by=BO, door=Door.CHAT)
    assert (await room.board(opened)).sections[0].recommended is not None
