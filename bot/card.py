"""The incident card: one message, drawn whole from stored state, within Slack's limits whatever that state is."""

from __future__ import annotations

from slack_sdk.models.blocks import Block, InteractiveElement

from bot import blocks
from bot.check import BLOCKS, checked, fitting
from bot.instance import closed, nowhere, opened
from bot.more import more
from bot.pings import call_line
from bot.rows import Density
from bot.value import Value
from bot.watch_message import watch_lines
from bot.words import deadline, headline, mention, moment
from commands.board import Board
from commands.checklist import looked
from playbook.attack import TLP, techniques
from playbook.clock import elapsed
from playbook.finding import Finding
from playbook.incident import IncidentState
from playbook.people import Person
from playbook.plan import Json
from playbook.text import mrkdwn

_DETAIL = (240, 120, 60, 30)
"""How many characters of each outside text are shown: as many as let the whole card fit."""
_MOST_OPEN = 3
_MOST_LINES = 15
_FINDINGS = 4
_CLOCKS = 6


def card(board: Board) -> list[Json]:
    """The card's blocks as JSON, checked: at most 50, at most 12,000 characters.

    Several instances have a section each while they fit, then a line each, then a number.
    """
    for density in Density:
        for limit in _DETAIL:
            for count in range(min(len(board.sections), _MOST_OPEN), 0, -1):
                made = _fitting(_drawn(board, count, limit, density))
                if made is not None:
                    return made
    for limit in _DETAIL:
        made = _fitting(_drawn(board, 0, limit, Density.TALLY))
        if made is not None:
            return made
    return checked([blocks.section(headline(board)), blocks.section(_footer(board))])


def _fitting(drawn: list[Block]) -> list[Json] | None:
    # Counting blocks is cheap, and checking them is not.
    return fitting(drawn) if len(drawn) <= BLOCKS else None


def _drawn(board: Board, count: int, limit: int, density: Density) -> list[Block]:
    lines = board.sections[count : count + _MOST_LINES]
    hidden = len(board.sections) - count - len(lines)
    more = f"and {hidden} more instances: /ec2ir status i-… shows each"
    return [
        *_head(board, limit),
        *(
            b
            for i, s in enumerate(board.sections[:count])
            for b in opened(s, board, first=i == 0, limit=limit, density=density)
        ),
        *(closed(section, board) for section in lines),
        *([] if board.sections else nowhere(board, limit)),
        *([blocks.section(more)] if hidden else []),
        *watch_lines(board),
        blocks.row(_lists(board)),
        blocks.context(_footer(board)),
    ]


def _lists(board: Board) -> list[InteractiveElement]:
    """The ways to what is too long for a card."""
    value = Value(incident=board.incident.id).pack()
    return [
        blocks.button("Checklist", "show_checklist", value),
        blocks.button("Checks", "show_checks", value),
        more(board.incident.id),
    ]


def _head(board: Board, limit: int) -> list[Block]:
    incident = board.incident
    lines = [f"*{headline(board, limit)}*", *(_finding(f, limit) for f in board.findings[:_FINDINGS])]
    if len(board.findings) > _FINDINGS:
        lines.append(f"and {len(board.findings) - _FINDINGS} more findings")
    if not board.findings:
        lines.append(mrkdwn(incident.title, limit))
    if incident.sample:
        lines.append("🧪 A sample finding: its plans can be looked at, never run.")
    if incident.state is IncidentState.CLOSED and incident.closed is not None:
        lines.append(f"🏁 Closed {moment(incident.closed)}: {mrkdwn(incident.closed_why, limit)}")
    known = " · ".join(t.words for t in techniques(board.findings))
    return [
        blocks.section("\n".join(lines)),
        blocks.context(f"{TLP} · ATT&amp;CK: {mrkdwn(known, 400)}"),
        blocks.divider(),
    ]


def _finding(finding: Finding, limit: int) -> str:
    archived = f" · {finding.settled}" if finding.archived else ""
    last = "" if finding.count == 1 else "last "
    times = "once" if finding.count == 1 else f"{finding.count} times"
    return f"{mrkdwn(finding.type.full, limit)} · seen {times}, {last}{moment(finding.last_seen, '{ago}')}{archived}"


def _footer(board: Board) -> str:
    incident = board.incident
    checks = looked(board)
    contained = "not contained yet"
    if incident.contained is not None:
        took = elapsed(incident.contained - incident.opened)
        contained = f"contained {moment(incident.contained)} ({took})"
    parts = (
        f"👤 Lead {mention(Person(id=incident.lead)) if incident.lead else 'nobody yet: /ec2ir lead'}",
        f"declared {moment(incident.opened, '{date_short_pretty} {time_secs}')}",
        contained,
        f"🔎 {checks.done} of {checks.asked} checks done"
        + (f" · {_gaps(checks.gaps)}" if checks.gaps else ""),
        " · ".join(map(deadline, board.clocks[:_CLOCKS])) or "⏱ no legal clock runs",
        call_line(board.escalations),
        f"incident {mrkdwn(incident.id, 40)}",
    )
    return " · ".join(part for part in parts if part)


def _gaps(count: int) -> str:
    return f"{count} gap{'s' if count > 1 else ''}"
