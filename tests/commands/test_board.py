"""The board: a fold over what is stored, with a button or a reason for each row, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from actions.catalogue import ACTIONS, BY_NAME
from commands.board import Board, Mark, Row, Verb, fold
from playbook.approval import LIFETIME, Decision
from playbook.decisions import CONTAIN
from playbook.environment import Environment
from playbook.errors import BadInput
from playbook.finding import FindingType
from playbook.incident import IncidentState
from playbook.proposal import Kind, Proposal
from playbook.run import RunRecord, RunState, Step, StepState, state_of_run
from storage.store import SqlStore
from tests.commands.conftest import Room
from tests.storage.values import NOON, facts, finding, incident, proposal, run

pytestmark = pytest.mark.slow


NAMES = tuple(name for name in BY_NAME if name != "revoke-role")  # one approver carries each of them


@contextmanager
def statements(store: SqlStore) -> Generator[list[str]]:
    """Every statement that goes to the database meanwhile."""
    seen: list[str] = []

    def note(*what: object) -> None:
        seen.append(str(what[2]))

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.engine.sync_engine, "before_cursor_execute", note)


async def test_an_incident_that_is_none(room: Room) -> None:
    with pytest.raises(BadInput, match="There is no incident"):
        await room.board("nothing")


async def test_the_queries_do_not_grow_with_what_is_stored(room: Room) -> None:
    small = await room.quiet()
    with statements(room.store) as few:
        await room.board(small)

    for n in range(3):
        plan = await room.propose(small, *NAMES[: n + 1])
        await room.approve(plan)
        await room.carry(plan.id, {NAMES[0]: "AWS said no"})
        await room.finding(f"more{n}")
    with statements(room.store) as many:
        await room.board(small)
    assert len(many) == len(few)
    assert len(few) <= 16


async def test_a_click_costs_the_same_whatever_is_stored(room: Room) -> None:
    async def click() -> int:
        plan = await room.propose(incident, "isolate")
        with statements(room.store) as seen:
            await room.approve(plan)
        await room.carry(plan.id, {"isolate": "AWS said no"})
        return len(seen)

    incident = await room.quiet()
    costs = [await click() for _ in range(3)]
    assert len({*costs}) == 1


def row(state: StepState, action: str = "isolate", **step: object) -> Row:
    """The row of a step in that state, in a run of an hour's approval that began a minute ago."""
    one = Step(run="p1", action=action, state=state, attempt=1, began=NOON, ended=NOON, **step)  # pyright: ignore[reportArgumentType]
    shown = fold(
        incident(),
        findings=[],
        instances=[facts()],
        proposals=[proposal("p1", action, decision=Decision.APPROVED, decided=NOON)],
        runs=[run("p1", state=state_of_run(Kind.DO, (one,)))],
        steps=[one],
        now=NOON + timedelta(minutes=1),
    )
    return next(r for r in shown.sections[0].rows if r.action.name == action)


@pytest.mark.parametrize(
    ("state", "mark", "offers", "why_not"),
    [
        (StepState.WAITING, Mark.RUNNING, (), "another run is under way on this instance"),
        (StepState.RUNNING, Mark.RUNNING, (), "another run is under way on this instance"),
        (StepState.APPLIED, Mark.WAITING, (Verb.UNDO,), ""),
        (StepState.PROVED, Mark.PROVED, (Verb.UNDO,), ""),
        (StepState.FAILED, Mark.FAILED, (Verb.RETRY, Verb.UNDO), ""),
        (StepState.UNDONE, Mark.UNDONE, (Verb.PLAN,), ""),
    ],
)
def test_each_state_has_its_mark_and_its_buttons(
    state: StepState, mark: Mark, offers: tuple[Verb, ...], why_not: str
) -> None:
    shown = row(state)
    assert (shown.mark, shown.offers, shown.why_not) == (mark, offers, why_not)


@pytest.mark.parametrize("state", [StepState.APPLIED, StepState.PROVED])
def test_evidence_says_why_it_has_no_undo(state: StepState) -> None:
    shown = row(state, "snapshot")
    assert (shown.offers, shown.why_not) == ((), "Undo not possible: evidence")


def test_nothing_is_offered_on_a_closed_incident() -> None:
    shown = fold(
        incident(state=IncidentState.CLOSED),
        findings=[],
        instances=[facts()],
        proposals=[],
        runs=[],
        steps=[],
        now=NOON,
    )
    assert {(r.offers, r.why_not) for r in shown.sections[0].rows} == {((), "the incident is closed")}


moments = st.integers(0, 90).map(lambda minutes: NOON + timedelta(minutes=minutes))
names = st.lists(st.sampled_from([*BY_NAME]), min_size=1, max_size=3, unique=True)


@st.composite
def boards(draw: st.DrawFn) -> Board:
    """Any history of an instance: plans in every decision, runs of both kinds with steps in every state."""
    plans: list[Proposal] = []
    runs: list[RunRecord] = []
    steps: list[Step] = []
    for n in range(draw(st.integers(0, 4))):
        kind, decision, made = draw(st.sampled_from(Kind)), draw(st.sampled_from(Decision)), draw(moments)
        plan = proposal(
            f"p{n}", *draw(names), kind=kind, decision=decision, made=made, expires=made + LIFETIME,
            decided=None if decision is Decision.PENDING else made,
            environment=draw(st.sampled_from(Environment)),
        )  # fmt: skip
        plans.append(plan)
        if decision is not Decision.APPROVED:
            continue
        own = tuple(
            Step(
                run=plan.id, action=a, state=draw(st.sampled_from(StepState)), began=draw(st.none() | moments)
            )
            for a in plan.actions
        )
        state = draw(st.sampled_from([state_of_run(kind, own), RunState.APPROVED]))
        runs.append(run(plan.id, kind=kind, state=state, approved=made))
        steps += own
    return fold(
        incident(state=draw(st.sampled_from(IncidentState)), environment=draw(st.sampled_from(Environment))),
        findings=draw(st.sampled_from([[], [finding()], [finding(sample=True)]])),
        instances=[facts()],
        proposals=plans,
        runs=runs,
        steps=steps,
        now=draw(moments),
    )


@given(boards())
def test_every_row_has_buttons_or_a_reason_and_never_both(shown: Board) -> None:
    rows = shown.sections[0].rows
    assert [r.action for r in rows] == [*ACTIONS]
    for each in rows:
        assert bool(each.offers) != bool(each.why_not), each
        assert Verb.UNDO not in each.offers or each.action.undo is not None
        assert not {Verb.UNDO, Verb.RETRY} & {*each.offers} or each.run
        assert each.mark is not Mark.FAILED or {Verb.RETRY, Verb.PLAN} & {*each.offers} or each.why_not
    strict = shown.incident.environment is Environment.PRODUCTION
    assert not strict or all(p.environment is Environment.PRODUCTION for p in shown.pending)
    assert all(p.expires > shown.now for p in shown.pending)


async def test_once_contained_with_a_proved_snapshot_forensics_are_next_and_nobody_plans_them(
    room: Room,
) -> None:
    incident, _ = await room.contained("snapshot", "isolate")

    assert (await room.board(incident)).recommendation.row == "D5"
    room.clock.advance(60)
    await room.finding("f2", type=FindingType(full="CryptoCurrency:EC2/BitcoinTool.B"))
    planned = {action for plan in (await room.board(incident)).pending for action in plan.actions}
    assert planned <= {*CONTAIN}


async def test_without_a_snapshot_containment_is_not_the_end(room: Room) -> None:
    incident, _ = await room.contained("isolate")
    assert (await room.board(incident)).recommendation.row == "D2"
