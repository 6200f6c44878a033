"""Which phase of the playbook an incident is in: what a card shows in full, and what in a line."""

from __future__ import annotations

from collections.abc import Sequence

from commands.board import Board, Mark, Row
from playbook.attack import HIJACK, techniques
from playbook.checklist import Said
from playbook.finding import Indicator
from playbook.indicators import IndicatorKind
from playbook.rows import Phase

MINING_PORTS = frozenset({"3333", "4444", "5555", "8333"})
"""Playbook row M2."""
_GONE = "E1"
_SETTLED = frozenset({Said.DONE, Said.NOT_APPLICABLE})
UNTOUCHED = frozenset({Mark.NOT_STARTED, Mark.NOT_APPLICABLE})
"""Marks of a row on which nobody has done anything."""


def current(board: Board) -> frozenset[Phase]:
    """Contain until contained, then forensics and eradication, and recovery once every instance is gone."""
    if board.incident.contained is None:
        mine = {Phase.MINING} if mining(board) else set[Phase]()
        return frozenset({Phase.INVESTIGATE, Phase.CONTAIN} | mine)
    if _eradicated(board):
        return frozenset({Phase.RECOVER, Phase.HARDEN})
    return frozenset({Phase.FORENSICS, Phase.ERADICATE})


def mining(board: Board) -> bool:
    """Whether a finding or an indicator speaks of mining, or a step against it was taken up."""
    if board.findings and any(t.id.startswith(HIJACK.id) for t in techniques(board.findings)):
        return True
    if any(_mines(known.indicator) for known in board.indicators):
        return True
    return any(
        row.mark not in UNTOUCHED
        for section in board.sections
        for row in section.rows
        if row.action.phase is Phase.MINING
    )


def phases(board: Board, rows: Sequence[Row]) -> tuple[tuple[Phase, tuple[Row, ...]], ...]:
    """The phases that concern the incident with their rows, in the playbook's order; phases without rows are none."""
    wanted = [phase for phase in Phase if phase is not Phase.MINING or mining(board)]
    grouped = ((phase, tuple(row for row in rows if row.action.phase is phase)) for phase in wanted)
    return tuple((phase, mine) for phase, mine in grouped if mine)


def _mines(indicator: Indicator) -> bool:
    if indicator.kind == IndicatorKind.PORT:
        return indicator.value in MINING_PORTS
    return "mining" in indicator.about.casefold()


def _eradicated(board: Board) -> bool:
    if any(tick.row == _GONE and tick.said in _SETTLED for tick in board.ticks):
        return True
    ends = [
        [row.mark for row in s.rows if _GONE in (row.action.row, *row.action.also)] for s in board.sections
    ]
    return bool(ends) and all(Mark.PROVED in marks for marks in ends)
