"""Legal deadlines in the report: when awareness was declared, what was due, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from commands.report.model import Report
from commands.report.table import Column, Section, Table
from playbook.clock import elapsed, stamp
from playbook.legal import LegalClock, left


def deadlines(report: Report) -> Section:
    """One row a clock, the earliest due first."""
    return Section(
        title="Legal deadlines",
        lines=("A clock starts when a person declares awareness, and nothing pauses it.",),
        tables=(
            Table(
                columns=(
                    Column(title="Law", width="1fr"),
                    Column(title="Awareness declared", width="2fr"),
                    Column(title="Due", width="1.6fr"),
                    Column(title="Authority notified", width="2.4fr"),
                    Column(title="What was sent", width="3fr"),
                ),
                rows=tuple(_row(report, clock) for clock in report.clocks),
                empty="Nobody declared awareness of a breach that must be notified.",
            ),
        ),
    )


def _row(report: Report, clock: LegalClock) -> tuple[str, ...]:
    return (
        clock.jurisdiction,
        f"{stamp(clock.aware)}, by {report.called(clock.aware_by)}",
        stamp(clock.due),
        _ended(report, clock),
        clock.sent,
    )


def _ended(report: Report, clock: LegalClock) -> str:
    if clock.notified is None:
        return f"NOT YET: {left(clock, report.at)}"
    late = clock.notified - clock.due
    when = f"{elapsed(late)} after the deadline" if clock.notified > clock.due else "in time"
    return f"{stamp(clock.notified)}, by {report.called(clock.notified_by)}, {when}"


def running(clocks: Iterable[LegalClock], now: datetime) -> Iterator[str]:
    """An open item for each clock that nothing ended."""
    for clock in clocks:
        if clock.notified is None:
            yield f"{clock.jurisdiction}: the authority is not notified yet; due {stamp(clock.due)}, {left(clock, now)}"
