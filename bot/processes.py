"""The question of D3 and D4, whether a process is malicious, with the process list in front of the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from slack_sdk.models.blocks import Block, PlainTextObject
from slack_sdk.models.views import View

from actions.checks.catalogue import CHECK_BY_NAME
from bot import blocks
from bot.value import Value
from bot.words import called, said
from commands.board import Board
from playbook.answer import Answered, Verdict
from playbook.checklist import MALICIOUS
from playbook.plan import Json
from playbook.text import mrkdwn

_ROW = "A10"
_MOST = 30
"""Processes that a modal shows; a host answers with hundreds, and the suspicious ones stand first."""


def process_view(board: Board, channel: str) -> View:
    """The modal: each instance's processes, and the two answers."""
    asks = board.recommendation.asks or "Is a process of this instance malicious?"
    shown: list[Block] = [blocks.section(f"*{mrkdwn(asks, 200)}*")]
    for section in board.sections[:5]:
        found = [a for a in board.answers if _is_list(a, section.facts.instance)]
        title = f"*{called(section.facts)}* `{section.facts.instance}`"
        lines = [title, *(_lines(found[-1]) if found else _missing())]
        shown += [blocks.section(text) for text in blocks.paragraphs(lines)]
    return _view([*shown[:90], *_answers(board, channel)])


def judged_view(words: str) -> View:
    """The modal once somebody answered."""
    return _view([blocks.section(words)])


def _view(shown: Sequence[Block]) -> View:
    return View(
        type="modal",
        title=PlainTextObject(text="Running processes"),
        close=PlainTextObject(text="Back"),
        blocks=list(shown),
    )


def _is_list(answered: Answered, instance: str) -> bool:
    check = CHECK_BY_NAME.get(answered.check)
    return check is not None and _ROW in (check.row, *check.also) and answered.target.instance == instance


def _missing() -> Iterator[str]:
    yield f"🕳️ There is no process list yet: `/ec2ir check {_ROW}` asks the host."


def _lines(found: Answered) -> Iterator[str]:
    listed = found.answer.evidence.get("processes")
    rows = (
        [cast("Json", p) for p in cast("list[object]", listed) if isinstance(p, dict)]
        if isinstance(listed, list)
        else []
    )
    if not rows:
        mark = "🕳️ " if found.answer.verdict is Verdict.GAP else ""
        yield from (f"{mark}{said(line, 400)}" for line in (*found.answer.says, *found.answer.gaps))
        return
    rows.sort(key=lambda p: not p.get("suspicious"))
    yield from (_process(p) for p in rows[:_MOST])
    if len(rows) > _MOST:
        yield f"and {len(rows) - _MOST} more, in the evidence"
    yield from (f"🕳️ missing: {said(gap, 400)}" for gap in found.answer.gaps)


def _process(p: Json) -> str:
    def part(name: str, limit: int) -> str:
        return mrkdwn(str(p.get(name) or ""), limit)

    why = f" · ⚠️ {part('why', 150)}" if p.get("suspicious") else ""
    sha = f" · sha256 {part('sha256', 12)}" if p.get("sha256") else ""
    return f"• {part('pid', 10)} {part('user', 32)} *{part('command', 160)}*{sha}{why}"


def _answers(board: Board, channel: str) -> list[Block]:
    tick = next((t for t in board.ticks if t.row == MALICIOUS), None)
    drawn = str(int(tick.at.timestamp())) if tick else "0"

    def value(says: str) -> str:
        return Value(
            incident=board.incident.id, channel=channel, row=MALICIOUS, said=says, drawn=drawn
        ).pack()

    question = blocks.sure(
        "A malicious process?",
        "Snapshot, then isolate is planned at once, for approval. Your answer stands in the timeline.",
        "Yes, malicious",
    )
    yes = blocks.button("Yes, malicious", "judge_yes", value("yes"), style="danger", confirm=question)
    return [blocks.row([yes, blocks.button("No", "judge_no", value("no"))])]
