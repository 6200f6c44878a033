"""The demo's guide: the next step of a first incident, from how that incident stands."""

from __future__ import annotations

from dataclasses import dataclass

from commands.board import Board, Mark
from playbook.incident import IncidentState
from playbook.proposal import Kind
from playbook.rows import Phase

OF = "of 5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What to do next, in one sentence, and one button that does the dull part of it.

    `who` is a persona's name and `channel` a channel's id that the button goes to; or `lever` and `choice` are pulled.
    """

    step: str
    words: str
    take: str = ""
    who: str = ""
    channel: str = ""
    lever: str = ""
    choice: str = ""


START = Hint(
    step=f"1 {OF}", words="Nothing is on fire. Let GuardDuty find a miner.", take="New incident", lever="incident",
    choice="miner-web",
)  # fmt: skip
AWAY = Hint(step="…", words="ec2ir is starting again. What it had under way, it takes up where it stopped.")
OPENING = Hint(
    step=f"1 {OF}", words="A GuardDuty finding is in the queue: its incident channel is being opened."
)


def hint(board: Board | None) -> Hint:
    """The next step for the incident on this board; None stands for no incident at all."""
    if board is None:
        return START
    channel, marks = board.incident.channel, _marks(board)
    if not channel:
        return OPENING
    if board.incident.state is IncidentState.CLOSED:
        return _ended("The incident is closed. /ec2ir report writes it down", channel)
    if Mark.FAILED in marks.values():
        return Hint(
            step="⚠️", words="A step failed: its row on the card says why, and offers what to do next.",
            take="Show the card", who="bo", channel=channel,
        )  # fmt: skip
    if any(p.kind is Kind.UNDO for p in board.pending):
        return Hint(
            step=f"4 {OF}", words="Taking back is planned and approved like any step: act as bo and approve it.",
            take="Act as bo", who="bo", channel=channel,
        )  # fmt: skip
    if Mark.RUNNING in marks.values():
        return Hint(
            step=f"2 {OF}",
            words="Watch the account: snapshots appear, the instance leaves its target groups, its groups change.",
        )
    return _uncontained(board, channel) if board.incident.contained is None else _contained(marks, channel)


def _uncontained(board: Board, channel: str) -> Hint:
    if board.pending:
        return Hint(
            step=f"1 {OF}",
            words="ec2ir has made a plan. Act as bo, an approver, read it, and click “Contain now” on the card.",
            take="Act as bo", who="bo", channel=channel,
        )  # fmt: skip
    if board.incident.sample:
        return _ended("A sample: its plans can be looked at, never run", channel)
    if board.recommendation.steps:
        return Hint(
            step=f"1 {OF}", words="No plan waits, or it has run out: as ana, write /ec2ir plan, and ec2ir makes one.",
            take="Act as ana", who="ana", channel=channel,
        )  # fmt: skip
    return Hint(
        step=f"1 {OF}",
        words="Here ec2ir wants a person's judgement first: the card in its channel says what to look at.",
        take="Act as ana", who="ana", channel=channel,
    )  # fmt: skip


def _contained(marks: dict[str, Mark], channel: str) -> Hint:
    if marks.get("isolate") is Mark.WAITING:
        return Hint(
            step=f"3 {OF}",
            words="Contained. The proof of the isolation comes with the flow logs, in some ten minutes.",
            take="Fast-forward 10 min", lever="forward", choice="10",
        )  # fmt: skip
    if Mark.UNDONE not in marks.values() and marks.get("tag") is Mark.PROVED:
        return Hint(
            step=f"4 {OF}",
            words="Proved. Every such step can be taken back: as ana, write /ec2ir undo tag, and see what it would do.",
            take="Act as ana", who="ana", channel=channel,
        )  # fmt: skip
    return _ended("That was a first incident", channel)


def _ended(words: str, channel: str) -> Hint:
    return Hint(
        step=f"5 {OF}", words=f"{words}. Go on with /ec2ir checklist, with another incident, or break something above.",
        take="Show the channel", channel=channel,
    )  # fmt: skip


def _marks(board: Board) -> dict[str, Mark]:
    """The mark of each containing step, of the first instance that has one to tell."""
    rows = (row for section in board.sections for row in section.rows)
    return {row.action.name: row.mark for row in rows if row.action.phase is Phase.CONTAIN and row.run}
