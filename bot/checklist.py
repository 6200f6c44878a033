"""The checklist in chat: the phases by the numbers, and one phase row by row with what people can say of each."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, OverflowMenuElement

from bot import blocks
from bot.rows import phase_rows
from bot.value import Value
from bot.words import called, mention, moment, said
from commands.board import Board
from commands.checklist import SIGNS, items
from playbook.checklist import Item, Said, Standing
from playbook.incident import IncidentState
from playbook.people import Person
from playbook.rows import Phase

_SAYS = (
    ("Done", Said.DONE.value),
    ("Not applicable", Said.NOT_APPLICABLE.value),
    ("Reopen", Said.OPEN.value),
    ("Comment…", "comment"),
    ("Assign to me", "assign"),
)
_OVER = frozenset({Standing.DONE, Standing.NOT_APPLICABLE})
_ATTENTION = frozenset({Standing.NOTABLE, Standing.GAP})


def overview(board: Board) -> list[Block]:
    """Every phase in a line, with the rows that somebody should look at, and a button that shows its rows."""
    made: list[Block] = [blocks.section("*Checklist*, phase by phase; `/ec2ir tick A7 done` works too")]
    everything = items(board)
    for phase in Phase:
        mine = [item for item in everything if item.row.phase is phase]
        value = Value(incident=board.incident.id, row=phase.value)
        show = blocks.button(f"Show {phase.value}", "checklist_phase", value.pack())
        made.append(blocks.section(_line(phase, mine), show))
    return made


def _line(phase: Phase, mine: Sequence[Item]) -> str:
    over = sum(item.standing in _OVER for item in mine)
    waits = [f"{SIGNS[i.standing]} {i.row.id}" for i in mine if i.standing in _ATTENTION]
    line = f"*{phase.heading}* · {over} of {len(mine)} rows over"
    return f"{line}\n{' · '.join(waits)}" if waits else line


def phase_list(board: Board, phase: Phase) -> list[Block]:
    """One phase's rows, each with a menu; and its steps, which a card may not show."""
    rows = [_row(item, board) for item in items(board) if item.row.phase is phase]
    return [
        blocks.section(f"*{phase.heading}*"),
        *rows,
        *(block for section in board.sections for block in _steps(section.facts.instance, board, phase)),
    ]


def _steps(instance: str, board: Board, phase: Phase) -> list[Block]:
    section = next(s for s in board.sections if s.facts.instance == instance)
    if not phase_rows(section, board, phase):
        return []
    value = Value(incident=board.incident.id, instance=instance, row=phase.value)
    show = blocks.button("Show steps", "show_phase", value.pack())
    return [blocks.section(f"Steps of this phase on *{called(section.facts)}* `{instance}`", show)]


def _row(item: Item, board: Board) -> Block:
    tick = item.tick
    parts = [f"{SIGNS[item.standing]} *{item.row.id}* {item.row.title} · {item.standing.value}"]
    if item.words:
        parts.append(said(item.words, 200))
    if tick and tick.said is not Said.OPEN:
        parts.append(f"{tick.said.value} by {mention(Person(id=tick.by))} {moment(tick.at, '{time}')}")
    if tick and tick.assignee:
        parts.append(f"with {mention(Person(id=tick.assignee))}")
    if tick and tick.comment:
        parts.append(f"“{said(tick.comment, 200)}”")
    menu = None if board.incident.state is IncidentState.CLOSED else _menu(item, board.incident.id)
    return blocks.section("\n   ".join(parts), menu)


def _menu(item: Item, incident: str) -> OverflowMenuElement:
    drawn = str(int(item.tick.at.timestamp())) if item.tick else "0"
    return blocks.menu(
        "tick",
        (
            (label, Value(incident=incident, row=item.row.id, said=says, drawn=drawn).pack())
            for label, says in _SAYS
        ),
    )
