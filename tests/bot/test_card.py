"""The card as a pure function: within Slack's limits and harmless for any board, and true for each state."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.catalogue import ACTIONS
from bot.blocks import divider
from bot.card import card
from bot.check import BLOCKS, CHARACTERS, LimitError, as_json, characters, checked
from bot.checklist import phase_list
from bot.messages import card_words, topic
from bot.value import unpack
from bot.words import said
from commands.board import Board, Mark, Row, Section, Verb
from commands.phases import UNTOUCHED, current, mining
from playbook.checklist import Said, Tick
from playbook.clock import stamp
from playbook.decisions import CONTAIN, recommend
from playbook.environment import Environment
from playbook.finding import Indicator, Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.indicators import Known
from playbook.proposal import ProposedStep
from playbook.rows import Phase
from sandbox.slack.blockkit import check_blocks, elements_of
from tests.bot.boards import HOSTILE, NOON, boards, proposal, sections
from tests.bot.conftest import finding

WHAT_SLACK_PARSES = re.compile(r"<(?!!date\^\d+\^[^<>|]*\|[^<>|]*>|@U[A-Z0-9]+>)")


def shown(board: Board) -> list[dict[str, Any]]:
    return card(board)


def texts(blocks: Any) -> list[str]:
    if isinstance(blocks, list):
        return [text for block in cast("list[Any]", blocks) for text in texts(block)]
    if isinstance(blocks, dict):
        found = cast("dict[str, Any]", blocks)
        own = [found["text"]] if isinstance(found.get("text"), str) and found.get("type") == "mrkdwn" else []
        return own + [text for value in found.values() for text in texts(value)]
    return []


@pytest.fixture
def board() -> Board:
    """A plain board: one instance, a plan that waits."""
    facts = InstanceFacts(
        account="111111111111", region="ap-southeast-1", instance="i-0abc1234def567890", name="web"
    )
    incident = Incident(
        id="x1", state=IncidentState.OPEN, opened=NOON, title="t", severity=Severity.HIGH,
        environment=Environment.PRODUCTION,
    )  # fmt: skip
    rows = tuple(Row(action=a, mark=Mark.NOT_STARTED, words="", offers=(Verb.PLAN,)) for a in ACTIONS)
    section = Section(facts=facts, rows=rows, recommended=proposal(facts.target("x1")))
    return Board(
        incident=incident, findings=(finding(),), recommendation=recommend(finding(), Environment.PRODUCTION),
        sections=(section,), pending=(), now=NOON,
    )  # fmt: skip


@pytest.mark.slow
@given(boards())
def test_any_board_makes_a_card_that_slack_takes(board: Board) -> None:
    made = shown(board)

    assert check_blocks(made, "message") == []
    assert len(made) <= BLOCKS
    assert characters(made) <= CHARACTERS
    assert 0 < len(card_words(board).text) <= 4_000
    assert len(topic(board)) <= 250


@pytest.mark.slow
@given(boards())
def test_nothing_from_outside_mentions_links_or_formats(board: Board) -> None:
    for text in texts(shown(board)):
        assert not WHAT_SLACK_PARSES.search(text), text
        assert "```" not in text
        assert "\u202e" not in text


@pytest.mark.slow
@given(boards())
def test_buttons_are_few_distinct_and_carry_what_they_were_drawn_for(board: Board) -> None:
    for block in shown(board):
        buttons = elements_of(block)
        styles = [b.get("style") for b in buttons if b.get("style")]
        assert len(styles) == len(set(styles))
        values = [v["value"] for b in buttons for v in b.get("options", [b])]
        assert all(unpack(v).incident == board.incident.id and len(v) <= 150 for v in values)
        assert all("confirm" in b for b in buttons if b.get("style") == "danger")


@pytest.mark.slow
@given(boards(most=1), st.lists(sections(), min_size=1, max_size=4), st.integers(1, 60))
def test_however_many_instances_none_is_dropped_in_silence(
    board: Board, some: list[Section], times: int
) -> None:
    many = replace(board, sections=tuple(some) * times)
    made = shown(many)

    said = "\n".join(texts(made))
    hidden = re.search(r"and (\d+) more instances", said)
    named = sum(said.count(f"`{i}`") for i in {s.facts.instance for s in many.sections})
    assert len(made) <= BLOCKS
    assert named + int(hidden[1] if hidden else 0) >= len(many.sections) - 1


@pytest.mark.parametrize("mark", list(Mark))
def test_the_word_always_stands_with_the_mark(board: Board, mark: Mark) -> None:
    row = replace(board.sections[0].rows[0], mark=mark, words="why")
    drawn = replace(board, sections=(replace(board.sections[0], rows=(row,)),))

    assert any(f"{mark.sign} *{row.action.title}* · {mark.value}: why" in t for t in texts(shown(drawn)))


@pytest.mark.parametrize("severity", list(Severity))
def test_severity_is_a_mark_and_a_word(board: Board, severity: Severity) -> None:
    drawn = replace(board, incident=replace(board.incident, severity=severity))
    assert severity.value.upper() in texts(shown(drawn))[0]


def test_a_sample_says_so_and_has_no_button_that_runs(board: Board) -> None:
    drawn = shown(replace(board, incident=replace(board.incident, sample=True)))
    assert "SAMPLE, not a real finding" in texts(drawn)[0]
    assert "contain" not in [b["action_id"] for block in drawn for b in elements_of(block)]


def test_hostile_names_are_shown_as_text(board: Board) -> None:
    section = board.sections[0]
    for name in HOSTILE:
        named = replace(section, facts=replace(section.facts, name=name, owner=name, role=name, seen=True))
        for text in texts(shown(replace(board, sections=(named,)))):
            assert not WHAT_SLACK_PARSES.search(text)


def test_types_that_are_long_when_escaped_are_shortened(board: Board) -> None:
    long = replace(board.findings[0], type=replace(board.findings[0].type, full="&" * 240))
    drawn = shown(replace(board, findings=(long,) * 6))

    assert "and 2 more findings" in texts(drawn)[0]
    assert check_blocks(drawn, "message") == []


def test_what_is_too_long_for_slack_is_refused_loudly(board: Board) -> None:
    with pytest.raises(LimitError, match="51 blocks; 50 are allowed"):
        checked([divider()] * 51)
    assert characters(card(board)) > 0


def run_of(board: Board, *marks: tuple[str, Mark]) -> Board:
    """The board after these steps ran, and no plan waits any more."""
    known = dict(marks)
    rows = tuple(
        replace(row, mark=known[row.action.name], run="r1", offers=(Verb.UNDO,))
        if row.action.name in known
        else row
        for row in board.sections[0].rows
    )
    return replace(board, sections=(replace(board.sections[0], rows=rows, recommended=None),))


@pytest.mark.parametrize(
    ("isolated", "stage", "offered"),
    [(Mark.WAITING, "Under way", False), (Mark.PROVED, "Done", False), (None, "Next", True)],
)
def test_the_card_says_how_far_the_recommendation_has_come(
    board: Board, isolated: Mark | None, stage: str, offered: bool
) -> None:
    others = [(name, Mark.PROVED) for name in CONTAIN if name != "isolate"]
    drawn = shown(run_of(board, *others, *([("isolate", isolated)] if isolated else [])))

    assert any(f"▶ *{stage}:* snapshot, then isolate" in text for text in texts(drawn))
    assert ("contain" in [b["action_id"] for block in drawn for b in elements_of(block)]) is offered


def test_moments_in_a_rows_words_are_shown_in_the_readers_zone(board: Board) -> None:
    row = replace(
        board.sections[0].rows[0], mark=Mark.WAITING, words=f"connections drain until {stamp(NOON)}"
    )
    drawn = shown(replace(board, sections=(replace(board.sections[0], rows=(row,)),)))

    local = f"drain until <!date^{int(NOON.timestamp())}^{{time_secs}}|2026-03-01 03:14:00 UTC>"
    assert any(local in text for text in texts(drawn))


def test_what_only_looks_like_a_moment_stays_text() -> None:
    assert said("2026-13-45 99:99:99 UTC") == "2026-13-45 99:99:99 UTC"


def marked(board: Board, *, contained: bool = False, **marks: Mark) -> Board:
    """The board with these marks on its rows, named with underscores."""
    rows = tuple(
        replace(row, mark=marks.get(row.action.name.replace("-", "_"), row.mark))
        for row in board.sections[0].rows
    )
    incident = replace(board.incident, contained=NOON if contained else None)
    return replace(board, incident=incident, sections=(replace(board.sections[0], rows=rows),))


def buttons_of(drawn: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (b["action_id"], b["value"]) for block in drawn for b in elements_of(block) if b["type"] == "button"
    ]


def labels_of(drawn: list[dict[str, Any]]) -> list[str]:
    return [b["text"]["text"] for block in drawn for b in elements_of(block) if b["type"] == "button"]


def steps_of(drawn: list[dict[str, Any]]) -> set[str]:
    return {unpack(v).action for a, v in buttons_of(drawn) if a.startswith("step_")}


@pytest.mark.slow
@given(boards(most=1))
def test_every_step_has_a_button_on_the_card_or_one_that_shows_it(board: Board) -> None:
    for section in board.sections:
        made = shown(board)
        phases = {unpack(v).row for a, v in buttons_of(made) if a == "show_phase"}
        for row in section.rows:
            hidden = row.action.phase is Phase.MINING and not mining(board)
            reachable = row.action.name in steps_of(made) or row.action.phase.value in phases
            assert hidden or not row.offers or reachable
            if hidden:
                listed = phase_list(board, Phase.MINING)
                assert any(unpack(v).row == "mining" for _, v in buttons_of(as_json(listed)))


@pytest.mark.slow
@given(boards(most=1))
def test_what_ran_or_waits_is_always_on_the_card(board: Board) -> None:
    made = "\n".join(texts(shown(board)))
    tallied = re.search(r"\*\w+[^*]*\* · .*(proved|failed)", made)
    for section in board.sections:
        for row in section.rows:
            if row.mark not in UNTOUCHED:
                assert f"{row.mark.sign} *{row.action.title}*" in made or tallied


def test_only_the_phase_at_hand_stands_row_by_row(board: Board) -> None:
    at_first = steps_of(shown(board))
    assert {"isolate", "snapshot"} <= at_first
    later = shown(marked(board, contained=True, isolate=Mark.PROVED, snapshot=Mark.PROVED))
    assert {a.name for a in ACTIONS if a.phase is Phase.CONTAIN}.isdisjoint(steps_of(later))
    said = "\n".join(texts(later))
    assert "🟢 *Isolate the instance* · proved" in said
    assert "Show contain" in labels_of(later)


def test_a_step_that_failed_keeps_its_button_whatever_the_phase(board: Board) -> None:
    drawn = shown(marked(board, contained=True, tag=Mark.FAILED))
    assert "tag" in steps_of(drawn)


def test_mining_is_shown_where_something_mines(board: Board) -> None:
    finding_of = replace(
        board.findings[0], type=replace(board.findings[0].type, full="Backdoor:EC2/C&CActivity.B")
    )
    other = replace(board, findings=(finding_of,))
    assert mining(board)
    assert not mining(other)
    pool = Known(
        incident="x1", indicator=Indicator(kind="port", value="3333"), first=NOON, sources=("flow logs",)
    )
    assert mining(replace(other, indicators=(pool,)))


@pytest.mark.parametrize(
    ("contained", "ticked", "phases"),
    [
        (False, False, {Phase.INVESTIGATE, Phase.CONTAIN, Phase.MINING}),
        (True, False, {Phase.FORENSICS, Phase.ERADICATE}),
        (True, True, {Phase.RECOVER, Phase.HARDEN}),
    ],
)
def test_the_phase_follows_from_what_is_stored(
    board: Board, contained: bool, ticked: bool, phases: set[Phase]
) -> None:
    tick = Tick(incident="x1", row="E1", said=Said.NOT_APPLICABLE, at=NOON)
    drawn = replace(marked(board, contained=contained), ticks=(tick,) if ticked else ())
    assert current(drawn) == phases


def test_the_card_says_how_it_is_shared_and_what_it_looks_like_to_mitre(board: Board) -> None:
    said = "\n".join(texts(shown(board)))
    assert (
        "TLP:AMBER · ATT&amp;CK: T1190 Exploit Public-Facing Application · T1496 Resource Hijacking" in said
    )


def test_several_instances_are_a_major_incident(board: Board) -> None:
    first = board.sections[0]
    second = replace(first, facts=replace(first.facts, instance="i-0bbb1234def567890"))
    drawn = replace(
        board, sections=(first, replace(second, recommended=proposal(second.facts.target("x1"), id="p2")))
    )
    made = shown(drawn)
    assert "MAJOR incident, 2 instances" in texts(made)[0]
    assert "Contain all 2 ▸" in labels_of(made)
    assert "MAJOR, 2 instances" in topic(drawn)


def test_what_containing_all_approves_is_said_for_each_set_of_steps(board: Board) -> None:
    first = board.sections[0]
    plans = [
        proposal(
            first.facts.target("x1"),
            id=f"p{n}",
            steps=tuple(ProposedStep(action=a, body={}, fingerprint=a) for a in actions),
        )
        for n, actions in enumerate([("stop",), ("snapshot", "isolate"), ("stop",)])
    ]
    sections = tuple(
        replace(first, facts=replace(first.facts, instance=f"i-0bbb1234def56789{n}"), recommended=plan)
        for n, plan in enumerate(plans)
    )
    made = shown(replace(board, sections=sections))
    button = next(b for block in made for b in elements_of(block) if b["action_id"] == "contain_all")
    asked = button["confirm"]["text"]["text"]
    assert "2 plans of stop; 1 plan of snapshot, isolate" in asked
    assert len(asked) <= 300


def test_a_question_of_the_flow_stands_with_its_button(board: Board) -> None:
    asked = replace(board, recommendation=recommend(None, Environment.PRODUCTION))
    made = shown(asked)
    assert "❓ *Is this process malicious?*" in "\n".join(texts(made))
    assert "show_processes" in [a for a, _ in buttons_of(made)]
