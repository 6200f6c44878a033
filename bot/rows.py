"""The steps of an instance on the card: the phase it is in row by row, every other phase in a line with its button."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum

from slack_sdk.models.blocks import Block, ButtonElement

from bot import blocks
from bot.value import Value
from bot.words import said
from commands.board import Board, Mark, Row, Section, Verb
from commands.phases import current, phases
from playbook.rows import Phase
from playbook.text import mrkdwn

LABELS = {Verb.PLAN: "Plan", Verb.RETRY: "Retry", Verb.UNDO: "Undo"}
_SETTLED = frozenset({Mark.PROVED, Mark.UNDONE})
_QUIET = frozenset({Mark.NOT_STARTED, Mark.NOT_APPLICABLE})


class Density(IntEnum):
    """How much of the rows is drawn. LINES has a phase's rows as lines of one block, TALLY their numbers alone."""

    ROWS = 0
    LINES = 1
    TALLY = 2


def rows(section: Section, board: Board, *, limit: int, density: Density = Density.ROWS) -> list[Block]:
    """The steps of one instance; what bars all of them is said once, below."""
    now, common = current(board), _common(section.rows)
    made: list[Block] = []
    for phase, mine in phases(board, section.rows):
        if phase in now and density is Density.ROWS:
            made += [b for row in mine for b in _row(row, section, board, common, limit=limit)]
        else:
            made += _brief(phase, mine, section, board, common, limit=limit, density=density)
    return [*made, blocks.context(f"No buttons now: {mrkdwn(common, limit)}.")] if common else made


def phase_rows(section: Section, board: Board, phase: Phase, *, limit: int = 200) -> list[Block]:
    """Every step of one phase with its buttons, whatever phase the incident is in."""
    mine = [row for row in section.rows if row.action.phase is phase]
    common = _common(mine)
    made = [b for row in mine for b in _row(row, section, board, common, limit=limit)]
    return [*made, blocks.context(f"No buttons now: {mrkdwn(common, limit)}.")] if common else made


def tally(rows_: Sequence[Row]) -> str:
    """The rows as numbers: `🟢 5 proved · ⚪ 3 not started`."""
    counts = {mark: sum(row.mark is mark for row in rows_) for mark in Mark}
    return " · ".join(f"{mark.sign} {count} {mark.value}" for mark, count in counts.items() if count)


def _brief(
    phase: Phase,
    mine: Sequence[Row],
    section: Section,
    board: Board,
    common: str,
    *,
    limit: int,
    density: Density,
) -> Iterator[Block]:
    """A phase in a line; of its rows those that ran are lines, and those that need somebody stand in full."""
    lines = [f"*{phase.heading}* · {tally(mine)}"]
    full = [row for row in mine if row.mark not in _SETTLED | _QUIET] if density is Density.ROWS else []
    if density is not Density.TALLY:
        lines += [_text(row, common, limit) for row in mine if row.mark not in _QUIET and row not in full]
    value = Value(incident=board.incident.id, instance=section.facts.instance, row=phase.value)
    show = blocks.button(f"Show {phase.value}", "show_phase", value.pack())
    first, *others = blocks.paragraphs(lines)
    yield blocks.section(first, show)
    yield from (blocks.section(text) for text in others)
    for row in full:
        yield from _row(row, section, board, common, limit=limit)


def _common(all_rows: Sequence[Row]) -> str:
    reasons = {row.why_not for row in all_rows}
    return next(iter(reasons)) if len(reasons) == 1 and len(all_rows) > 1 else ""


def _text(row: Row, common: str, limit: int) -> str:
    words = said(row.words, limit)
    why_not = f" · _{mrkdwn(row.why_not, limit)}_" if row.why_not and row.why_not != common else ""
    return f"{row.mark.sign} *{row.action.title}* · {row.mark.value}{f': {words}' if words else ''}{why_not}"


def _row(row: Row, section: Section, board: Board, common: str, *, limit: int) -> list[Block]:
    text = _text(row, common, limit)
    buttons = [_button(verb, row, section, board.incident.id) for verb in row.offers]
    if len(buttons) > 1:
        return [blocks.section(text), blocks.row(buttons)]
    return [blocks.section(text, buttons[0] if buttons else None)]


def _button(verb: Verb, row: Row, section: Section, incident: str) -> ButtonElement:
    value = Value(
        incident=incident,
        instance=section.facts.instance,
        action=row.action.name,
        run=row.run,
        drawn=str(row.attempt if verb is Verb.RETRY else section.planned),
    )
    question = blocks.sure(
        f"{row.action.title}: once more?",
        f"It is carried out on {section.facts.instance} at once, under the approval that it had.",
        "Retry",
    )
    confirm = question if verb is Verb.RETRY else None
    return blocks.button(LABELS[verb], f"step_{verb.value}", value.pack(), confirm=confirm)
