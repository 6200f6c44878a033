"""What the sender says in each kind of post, as text and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from bot import blocks
from bot.card import card
from bot.check import checked
from bot.poster import Words
from bot.words import DAY_AND_TIME, DRILL, EVENTS, headline, mention, said, severity
from commands.board import Board, Mark
from playbook.people import Person
from playbook.plan import Json
from playbook.run import StepState
from playbook.text import mrkdwn, plain
from playbook.timeline import Event

_LONGEST = 8_000
"""Characters of one announcement or line; commands say less."""


def card_words(board: Board) -> Words:
    """The card."""
    return Words(text=headline(board), blocks=card(board))


def line(body: Json) -> Words:
    """A row's words, with the mark of its event and the people to ping."""
    form = DAY_AND_TIME if body.get("event") == Event.LEGAL else "{time_secs}"
    words = said(str(body.get("words", "")), _LONGEST, form)
    pinged = " ".join(mention(Person(id=str(p))) for p in cast("Sequence[object]", body.get("ping") or ()))
    text = " ".join(part for part in (_mark(body), words, pinged) if part)
    shown = [blocks.section(piece) for piece in blocks.paragraphs([text])]
    return Words(text=text[:300], blocks=checked(shown))


def _mark(body: Json) -> str:
    event = str(body.get("event", ""))
    if event == Event.STEP:
        return (Mark.PROVED if body.get("state") == StepState.PROVED else Mark.FAILED).sign
    return EVENTS.get(Event(event), "▪️") if event in set(Event) else "▪️"


def announcement(board: Board) -> Words:
    """One line where incidents are announced, with the way into the channel."""
    # Without a channel this line is all that people see of it.
    where = (
        f"<#{board.incident.channel}>" if board.incident.channel else "Slack let ec2ir make no channel for it"
    )
    text = f"{headline(board)}: {where}"
    return Words(text=text, blocks=checked([blocks.section(text)]))


def topic(board: Board) -> str:
    """The channel's topic; at most 250 characters."""
    facts = board.sections[0].facts if board.sections else None
    contained = "contained" if board.incident.contained else "not contained"
    where = f"{facts.account} {facts.region} {facts.instance}" if facts else ""
    major = f"MAJOR, {len(board.sections)} instances" if len(board.sections) > 1 else ""
    parts = (
        DRILL if board.incident.drill else "",
        severity(board.incident),
        major,
        mrkdwn(board.subject, 40),
        where,
        board.incident.environment.value,
        contained,
    )
    return plain(" · ".join(part for part in parts if part), 250)


def closing(board: Board) -> Words:
    """The last line of an incident's channel."""
    text = f"🏁 Closed: {mrkdwn(board.incident.closed_why, 500)}. The channel stays, as the record."
    return Words(text=text, blocks=checked([blocks.section(text)]))
