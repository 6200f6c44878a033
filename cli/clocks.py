"""Deadlines from a terminal: declare awareness, say what was sent, look at the clocks; and what waits for you."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.text import Text

from cli import show
from cli.doors import enter, out, reading, terminal
from cli.settings import Settings
from commands.desk import the_incident
from commands.home import Home, home
from commands.legal import declare_aware
from commands.legal import notified as say_notified
from playbook.clock import elapsed, stamp, system_clock
from playbook.legal import LegalClock, left, moment_in
from playbook.people import Door
from playbook.plan import Json as Values
from playbook.plan import dump_json
from playbook.text import plain, words
from playbook.watch import strip, tally

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Incident = Annotated[str, typer.Argument(help="The incident's id.")]


def aware(
    incident: Incident,
    jurisdiction: Annotated[
        str, typer.Argument(help="Which law's clock, or all; may be left out where the settings have one.")
    ] = "",
    at: Annotated[
        str, typer.Option(help="When somebody became aware: YYYY-MM-DD HH:MM, in UTC. Default: now.")
    ] = "",
    json: Json = False,
) -> None:
    """Declare awareness of a breach: the legal clock starts at that moment, and nothing pauses it."""

    async def work(settings: Settings) -> None:
        moment = moment_in(at) if at else None
        async with terminal(settings) as here:
            started = await declare_aware(
                here.desk, incident, jurisdiction, moment, by=here.person, door=Door.TERMINAL
            )
        _show(started, system_clock(), json=json)

    enter(work)


def notified(
    incident: Incident,
    jurisdiction: Annotated[str, typer.Argument(help="Whose clock ends.")],
    sent: Annotated[list[str], typer.Argument(help="What was sent, to whom, under which reference.")],
    json: Json = False,
) -> None:
    """Say that the authority was notified: its clock ends."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as here:
            ended = await say_notified(
                here.desk, incident, jurisdiction, " ".join(sent), by=here.person, door=Door.TERMINAL
            )
        _show([ended], system_clock(), json=json)

    enter(work)


def legal(incident: Incident, json: Json = False) -> None:
    """Show the incident's legal clocks, and those that could be started."""

    async def work(settings: Settings) -> None:
        async with reading(settings) as unit:
            await the_incident(unit, incident)
            clocks = await unit.legal_clocks.of(incident)
        _show(clocks, system_clock(), json=json)
        for law in settings.policy.legal if not json else ():
            if law.name not in {clock.jurisdiction for clock in clocks}:
                out.print(
                    f"{law.name}: {law.title}, {law.limit}, not started. {plain(law.note, 300)}", markup=False
                )

    enter(work)


def _show(clocks: Sequence[LegalClock], now: datetime, *, json: bool) -> None:
    if json:
        show.as_json([dump_json(clock) for clock in clocks])
        return
    for clock in clocks:
        out.print(_line(clock, now), markup=False)


def _line(clock: LegalClock, now: datetime) -> str:
    aware = f"awareness {stamp(clock.aware)}, by {clock.aware_by}"
    if clock.notified is None:
        return f"{clock.jurisdiction}: due {stamp(clock.due)}, {left(clock, now)} ({aware})"
    when = "in time" if clock.notified <= clock.due else "after the deadline"
    sent = plain(clock.sent, 500)
    return f"{clock.jurisdiction}: notified {stamp(clock.notified)} by {clock.notified_by}, {when}: {sent} ({aware})"


def status(json: Json = False) -> None:
    """Show what waits for you, and how everything stands: incidents, deadlines, watches, gaps."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as here:
            found = await home(here.desk, by=here.person, door=Door.TERMINAL)
        show.as_json(_as_json(found)) if json else _home(found)

    enter(work)


def _home(found: Home) -> None:
    if found.quiet:
        out.print("Nothing is on fire.")
        return
    _headed("Waiting for you", _waiting(found) or ["nothing"])
    if found.others:
        out.print(f"  {found.others} escalations that nobody acknowledged yet wait for others")
    out.print("Open incidents", style="bold")
    show.incidents(found.incidents)
    _headed("Legal deadlines", [f"{c.incident} {_line(c, found.now)}" for c in found.clocks])
    _headed(
        "Watches after recovery",
        [
            f"{s.watch.target.incident} {s.watch.target.instance} {strip(s.watch, s.seen)} · {tally(s.seen).words}, "
            f"{s.watch.state.value}"
            for s in found.watches
        ],
    )
    _headed(
        "Gaps", [f"{incident}: {count} checks could not be had" for incident, count in found.gaps.items()]
    )


def _waiting(found: Home) -> list[str]:
    plans = [
        f"ec2ir approve {p.id} --hash {p.hash[:4]}   {words(list(p.actions))} on {p.target.instance}, "
        f"expires in {elapsed(p.expires - found.now)}"
        for p in found.plans
    ]
    pings = [f"ec2ir ack {e.incident} {e.rule}   {plain(e.why, 200)}" for e in found.pings]
    rows = [f"ec2ir checklist {t.incident} tick {t.row} done" for t in found.rows]
    return plans + pings + rows


def _headed(heading: str, lines: Sequence[str]) -> None:
    if lines:
        out.print(Text(heading, style="bold"))
    for line in lines:
        out.print(f"  {line}", markup=False)


def _as_json(found: Home) -> Values:
    return {
        "plans": [show.proposal_json(p) for p in found.plans],
        "escalations": [dump_json(e) for e in found.pings],
        "rows": [dump_json(t) for t in found.rows],
        "other_escalations": found.others,
        "incidents": [dump_json(i) for i in found.incidents],
        "deadlines": [dump_json(c) for c in found.clocks],
        "watches": [dump_json(s.watch) | {"strip": strip(s.watch, s.seen)} for s in found.watches],
        "gaps": dict(found.gaps),
    }
