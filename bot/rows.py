"""A step's row on the card: mark, word, what is known, and the one or two buttons that this moment allows."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement

from bot import blocks
from bot.value import Value
from bot.words import said
from commands.board import Mark, Row, Section, Verb
from playbook.text import mrkdwn

LABELS = {Verb.PLAN: "Plan", Verb.RETRY: "Retry", Verb.UNDO: "Undo"}


def rows(section: Section, incident: str, *, limit: int) -> list[Block]:
    """Every step of one instance; what bars all of them is said once, below."""
    common = _common(section.rows)
    made = [block for each in section.rows for block in _row(each, section, incident, common, limit=limit)]
    return [*made, blocks.context(f"No buttons now: {mrkdwn(common, limit)}.")] if common else made


def tally(rows_: Sequence[Row]) -> str:
    """The rows as numbers: `🟢 5 proved · ⚪ 3 not started`."""
    counts = {mark: sum(row.mark is mark for row in rows_) for mark in Mark}
    return " · ".join(f"{mark.sign} {count} {mark.value}" for mark, count in counts.items() if count)


def _common(all_rows: Sequence[Row]) -> str:
    reasons = {row.why_not for row in all_rows}
    return next(iter(reasons)) if len(reasons) == 1 and len(all_rows) > 1 else ""


def _row(row: Row, section: Section, incident: str, common: str, *, limit: int) -> list[Block]:
    words = said(row.words, limit)
    why_not = f" · _{mrkdwn(row.why_not, limit)}_" if row.why_not and row.why_not != common else ""
    text = f"{row.mark.sign} *{row.action.title}* · {row.mark.value}{f': {words}' if words else ''}{why_not}"
    buttons = [_button(verb, row, section, incident) for verb in row.offers]
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
