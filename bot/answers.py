"""What checks found, in words: the verdict's mark and word, the lines, and the gaps by name."""

from __future__ import annotations

from collections.abc import Iterator

from slack_sdk.models.blocks import Block

from actions.checks.catalogue import CHECK_BY_NAME
from bot import blocks
from bot.words import moment, said
from commands.board import Board
from commands.inquire import SIGNS
from playbook.answer import Answer


def answer_lines(check: str, answer: Answer, *, about: str = "", when: str = "") -> Iterator[str]:
    """One check's answer, escaped; `about` is the instance where there are several."""
    known = CHECK_BY_NAME.get(check)
    title = f"{known.row} {known.title}" if known else said(check, 60)
    parts = (
        f"{SIGNS[answer.verdict]} *{title}* · {answer.verdict.value}",
        f"`{about}`" if about else "",
        when,
    )
    yield " · ".join(part for part in parts if part)
    yield from (f"• {said(line, 400)}" for line in answer.says)
    yield from (f"🕳️ missing: {said(gap, 400)}" for gap in answer.gaps)


def answer_blocks(check: str, answer: Answer, *, about: str = "", when: str = "") -> list[Block]:
    """The same as blocks."""
    return [
        blocks.section(text)
        for text in blocks.paragraphs(answer_lines(check, answer, about=about, when=when))
    ]


def all_answers(board: Board) -> list[Block]:
    """Every answer that the incident has, in the playbook's order; what nobody asked yet is said once."""
    order = list(CHECK_BY_NAME)
    answers = sorted(
        board.answers,
        key=lambda a: (order.index(a.check) if a.check in order else len(order), a.target.instance),
    )
    several = len(board.sections) > 1
    made = [
        block
        for one in answers
        for block in answer_blocks(
            one.check,
            one.answer,
            about=one.target.instance if several else "",
            when=moment(one.at, "{date_short_pretty} {time}"),
        )
    ]
    return made or [blocks.section("No check has an answer yet. `/ec2ir check all` makes them now.")]
