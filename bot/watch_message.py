"""The watches of an incident in chat: a strip of marks each, and what a person can do with them."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement

from bot import blocks
from bot.value import Value
from bot.words import mention, moment, said
from commands.board import Board
from playbook.clock import elapsed
from playbook.people import Person
from playbook.text import mrkdwn
from playbook.watch import COMING, Watch, Watched, WatchMark, WatchState, proposed_verdict, strip, tally

_MOST = 4
_ON_CARD, _MARKS = 4, 24
"""Watches that a card shows, and how many marks of each; their own message has more."""
EXTENDS = 24
"""Hours that one click on the button adds."""
_LEGEND = " · ".join(f"{mark.sign} {mark.value}" for mark in WatchMark) + f" · {COMING} more to come"


def watch_words(board: Board) -> str:
    """What a notification says of them."""
    live = sum(w.live for w in board.watches)
    return f"Watch after recovery: {live} of {len(board.watches)} still go on"


def watch_lines(board: Board) -> list[Block]:
    """Their strips, for the card: the newest marks of the newest watches; nothing while nothing is watched."""
    mine, hidden = board.watches[-_ON_CARD:], len(board.watches) - _ON_CARD
    more = [f"and {hidden} earlier watches: `/ec2ir watch`"] if hidden > 0 else []
    return [blocks.context("\n".join((*(_line(w, _of(board, w)) for w in mine), *more)))] if mine else []


def _line(watch: Watch, seen: Sequence[Watched]) -> str:
    marks = strip(watch, seen[-_MARKS:])
    return f"🔭 `{watch.target.instance}` {marks} · {tally(seen).words} · {_state(watch)}"


def watch_message(board: Board) -> list[Block]:
    """One section for each watch, newest last, and the buttons that concern all of them."""
    shown = board.watches[-_MOST:]
    hidden = len(board.watches) - len(shown)
    buttons = watch_buttons(board)
    return [
        blocks.section(f"🔭 *Watch after recovery* (R7) · {watch_words(board).partition(': ')[2]}"),
        *([blocks.context(f"{hidden} earlier ones: `/ec2ir watch` shows them")] if hidden else []),
        *(blocks.section(_section(w, _of(board, w))) for w in shown),
        blocks.context(_LEGEND),
        *([blocks.row(buttons)] if buttons else []),
    ]


def _section(watch: Watch, seen: Sequence[Watched]) -> str:
    what = f"the replacement of `{watch.replaces}`" if watch.replaces else "the compromised instance"
    lines = [
        f"`{watch.target.instance}`, {what}",
        f"{strip(watch, seen)}",
        f"{tally(seen).words} · {_state(watch)}",
    ]
    telling = [one for one in seen if one.mark is not WatchMark.CLEAR]
    if telling:
        last = telling[-1]
        lines.append(
            f"{last.mark.sign} {moment(last.at)} {last.mark.value}: {said('; '.join(last.says), 240)}"
        )
    if watch.signed is not None:
        by = mention(Person(id=watch.signed_by))
        lines.append(f"Verdict “{mrkdwn(watch.verdict, 240)}”, signed by {by} {moment(watch.signed)}")
    elif not watch.live:
        lines.append(f"Proposed verdict: {proposed_verdict(tally(seen))}. A person signs it.")
    return "\n".join(lines)


def _state(watch: Watch) -> str:
    until = moment(watch.until, "{date_short_pretty} {time}")
    match watch.state:
        case WatchState.RUNNING:
            return f"until {until}"
        case WatchState.PAUSED:
            return f"paused {moment(watch.paused_at)}" if watch.paused_at else "paused"
        case WatchState.ENDED:
            return f"ended after {elapsed(watch.length)}"
        case WatchState.STOPPED:
            return "stopped by hand"


def watch_buttons(board: Board) -> list[ButtonElement]:
    """What can be done with the watches as they stand; a button that was drawn before means that very state."""
    states = {w.state for w in board.watches if w.signed is None}
    drawn = "-".join(f"{w.state.value}{int(w.until.timestamp())}" for w in board.watches)[-200:]
    value = Value(incident=board.incident.id, drawn=drawn).pack()
    offers = (
        (WatchState.RUNNING in states, "Pause", "watch_pause"),
        (WatchState.PAUSED in states, "Resume", "watch_resume"),
        (bool(states - {WatchState.STOPPED}), f"Extend {EXTENDS} h", "watch_extend"),
        (bool(states & {WatchState.RUNNING, WatchState.PAUSED}), "Stop…", "watch_stop"),
        (bool(states & {WatchState.ENDED, WatchState.STOPPED}), "Sign…", "watch_sign"),
    )
    return [blocks.button(label, click, value) for offered, label, click in offers if offered]


def _of(board: Board, watch: Watch) -> tuple[Watched, ...]:
    return tuple(one for one in board.watched if one.watch == watch.id)
