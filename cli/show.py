"""What a terminal shows: incidents, boards and plans, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from actions.catalogue import BY_NAME
from actions.checks.catalogue import CHECK_BY_NAME
from cli.doors import out
from commands.approve import need_of
from commands.board import Board, Row
from commands.checklist import SIGNS, items, looked
from commands.inquire import SIGNS as VERDICT_SIGNS
from commands.inquire import Reply
from playbook.checklist import Item, Said
from playbook.clock import elapsed, stamp
from playbook.escalation import standing
from playbook.incident import Incident
from playbook.legal import left
from playbook.plan import Json, dump_json
from playbook.proposal import Proposal
from playbook.text import plain
from playbook.timeline import Entry


def as_json(value: object) -> None:
    """Print `value` as JSON, and nothing else."""
    out.print_json(json.dumps(value, ensure_ascii=False))


def incidents(found: Sequence[Incident]) -> None:
    """A line an incident."""
    if not found:
        out.print("Nothing is on fire.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("incident", "severity", "environment", "opened (UTC)", "state", "title"):
        table.add_column(heading, overflow="fold")
    for i in found:
        state = (
            "DRILL" if i.drill else "SAMPLE" if i.sample else ("contained" if i.contained else i.state.value)
        )
        table.add_row(
            i.id,
            i.severity.value,
            i.environment.value,
            f"{i.opened:%Y-%m-%d %H:%M:%S}",
            state,
            Text(plain(i.title)),
        )
    out.print(table)


def board(shown: Board, timeline: Sequence[Entry]) -> None:
    """An incident whole: facts, rows, waiting plans, timeline."""
    i = shown.incident
    out.print(
        f"{i.severity.value.upper()} · {plain(i.title)} · incident {i.id} · {i.environment.value}",
        markup=False,
    )
    for section in shown.sections:
        f = section.facts
        out.print(
            f"\n{f.name or f.instance} ({f.instance}, {f.account} {f.region})", markup=False, style="bold"
        )
        if f.problem:
            out.print(f"  {f.problem}", markup=False)
        for row in section.rows:
            out.print(f"  {row.mark.sign} {_row(row)}", markup=False)
    r = shown.recommendation
    out.print(f"\nNext: {r.words} ({r.why}{', playbook ' + r.row if r.row else ''})", markup=False)
    if r.asks:
        out.print(f"{r.asks} ec2ir malicious {i.id} yes|no", markup=False)
    checks = looked(shown)
    out.print(f"Checks: {checks.done} of {checks.asked} done, {checks.gaps} gaps")
    for e in shown.escalations:
        out.print(f"{e.rule} {e.target}: {standing(e)}", markup=False)
    for clock in shown.clocks:
        ended = f"notified {stamp(clock.notified)}" if clock.notified else left(clock, shown.now)
        out.print(f"Legal clock {clock.jurisdiction}: due {stamp(clock.due)}, {ended}", markup=False)
    for p in shown.pending:
        out.print(
            f"Plan {p.hash[:4]} waits: ec2ir approve {p.id} --hash {p.hash[:4]}   ({', '.join(p.actions)})",
            markup=False,
        )
    out.print()
    timeline_of(timeline)
    if i.contained:
        out.print(f"\nTime to contain: {elapsed(i.contained - i.opened)}")


def reply(found: Reply) -> None:
    """A check's answer: verdict, lines, gaps by name."""
    known = CHECK_BY_NAME[found.check]
    about = f" · {found.instance}" if found.instance else ""
    verdict = found.answer.verdict
    out.print(
        f"{VERDICT_SIGNS[verdict]} {known.row} {known.title}: {verdict.value}{about}",
        markup=False,
        style="bold",
    )
    for line in found.answer.says:
        out.print(f"  {plain(line, 400)}", markup=False)
    for gap in found.answer.gaps:
        out.print(f"  missing: {plain(gap, 400)}", markup=False)


def reply_json(found: Reply) -> Json:
    """The same as JSON values."""
    answer = dump_json(found.answer)
    return {"check": found.check, "row": CHECK_BY_NAME[found.check].row, "instance": found.instance} | answer


def checklist(found: Sequence[Item]) -> None:
    """The checklist, phase by phase."""
    heading = ""
    for item in found:
        if item.row.phase.heading != heading:
            heading = item.row.phase.heading
            out.print(f"\n{heading}", style="bold", markup=False)
        words = f": {plain(item.words, 300)}" if item.words else ""
        out.print(
            f"  {SIGNS[item.standing]} {item.row.id:<4}{item.row.title} · {item.standing.value}{words}",
            markup=False,
        )
        tick = item.tick
        if tick is not None:
            said = f"{tick.said.value} by {tick.by}" if tick.said is not Said.OPEN else ""
            parts = (said, f"with {tick.assignee}" if tick.assignee else "", plain(tick.comment, 300))
            out.print(f"       {' · '.join(p for p in parts if p)}", markup=False)


def timeline_of(entries: Sequence[Entry]) -> None:
    """The timeline, oldest first."""
    out.print("Timeline (UTC)", style="bold")
    for e in entries:
        out.print(f"  {e.at:%Y-%m-%d %H:%M:%S}  {e.actor:<12} {plain(e.words, 400)}", markup=False)


def _row(row: Row) -> str:
    words = f": {plain(row.words, 400)}" if row.words else ""
    return f"{row.action.title}: {row.mark.value}{words}"


def board_json(shown: Board, timeline: Sequence[Entry]) -> Json:
    """The same as JSON values."""
    return {
        "incident": dump_json(shown.incident),
        "instances": [
            {
                "facts": dump_json(s.facts),
                "rows": [
                    {
                        "step": r.action.name,
                        "row": r.action.row,
                        "state": r.mark.value,
                        "words": r.words,
                        "run": r.run,
                    }
                    for r in s.rows
                ],
            }
            for s in shown.sections
        ],
        "deadlines": [dump_json(c) for c in shown.clocks],
        "answers": [dump_json(a) for a in shown.answers],
        "checklist": [dump_json(item) for item in items(shown)],
        "escalations": [dump_json(e) for e in shown.escalations],
        "pending": [proposal_json(p) for p in shown.pending],
        "timeline": [dump_json(e) for e in timeline],
    }


def proposal(p: Proposal) -> None:
    """A plan as the person who approves it must see it."""
    out.print(
        f"{p.kind.value.upper()} on {p.target.instance}: plan {p.hash[:4]} ({p.id}), made {p.made:%H:%M:%S} UTC, "
        f"expires {p.expires:%H:%M:%S} UTC, {p.environment.value}",
        markup=False,
        style="bold",
    )
    for step in p.steps:
        action = BY_NAME[step.action]
        shown = action.load(step.body).show()
        out.print(f"\n{action.title}", markup=False, style="bold")
        for c in shown.changes:
            arrow = (c.after, c.before) if p.kind.value == "undo" else (c.before, c.after)
            out.print(f"  {plain(c.subject)}   {plain(arrow[0])}  →  {plain(arrow[1])}", markup=False)
        for label, lines in (
            ("", shown.notes), ("Breaks", shown.breaks), ("Keeps", shown.keeps),
            ("Warning", shown.warnings), ("Undo", (shown.undo,)), ("Calls", shown.calls),
        ):  # fmt: skip
            for line in lines:
                out.print(f"  {label:<8} {plain(line, 400)}", markup=False)
    for omitted in p.left_out:
        out.print(f"\n⚫ {BY_NAME[omitted.action].title}: {plain(omitted.why, 400)}", markup=False)
    out.print(f"\nNeeds {need_of(p).words(p.proposer)}. {p.decision.value.capitalize()}.", markup=False)


def proposal_json(p: Proposal) -> Json:
    """The same as JSON values, with the hash that an approval names."""
    return dump_json(p) | {"hash": p.hash}
