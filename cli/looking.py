"""Looking from a terminal: incidents, one incident whole, and whether the evidence ledger is whole."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from cli import show
from cli.doors import enter, out, reading
from cli.settings import Settings
from commands.board import board
from playbook.clock import system_clock
from playbook.errors import StepFailed
from playbook.ledger import breaks
from playbook.plan import dump_json

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
incident = typer.Typer(no_args_is_help=True, help="One incident.")
ledger = typer.Typer(no_args_is_help=True, help="The evidence ledger.")


def incidents(
    closed: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, json: Json = False
) -> None:
    """List incidents, most severe first."""

    async def work(settings: Settings) -> None:
        async with reading(settings) as unit:
            found = await unit.incidents.listed(closed=closed)
        show.as_json([dump_json(i) for i in found]) if json else show.incidents(found)

    enter(work)


@incident.command("show")
def show_incident(
    id: Annotated[str, typer.Argument(help="The incident's id.")],  # noqa: A002
    json: Json = False,
) -> None:
    """Show an incident: its instances, steps, plans and timeline."""

    async def work(settings: Settings) -> None:
        async with reading(settings) as unit:
            shown = await board(unit, id, system_clock())
            timeline = await unit.timeline.of(id)
        show.as_json(show.board_json(shown, timeline)) if json else show.board(shown, timeline)

    enter(work)


@ledger.command("verify")
def verify_ledger(
    export: Annotated[
        Path | None, typer.Option(help="Also write each incident's entries here, as JSON.")
    ] = None,
    json: Json = False,
) -> None:
    """Prove that no entry of the evidence ledger was changed, taken out or moved."""

    async def work(settings: Settings) -> None:
        async with reading(settings) as unit:
            chains = {name: await unit.ledger.of(name) for name in await unit.ledger.incidents()}
        broken = {name: breaks(chain) for name, chain in chains.items()}
        if export is not None:
            export.mkdir(parents=True, exist_ok=True)
            for name, chain in chains.items():
                body = [dump_json(entry) for entry in chain]
                (export / f"{name}.json").write_text(jsonlib.dumps(body, indent=2, ensure_ascii=False) + "\n")
        if json:
            show.as_json(
                {
                    n: {"entries": len(c), "last": c[-1].sha256, "problems": list(broken[n])}
                    for n, c in chains.items()
                }
            )
        else:
            for name, chain in chains.items():
                out.print(f"{name}: {len(chain)} entries, last {chain[-1].sha256}", markup=False)
            if not chains:
                out.print("The ledger is empty.")
        problems = [p for found in broken.values() for p in found]
        if problems:
            raise StepFailed(
                "The ledger is NOT whole: " + "; ".join(problems),
                means="Evidence of these incidents can't be relied on.",
                then="Keep the database as it is and find out who wrote to it.",
            )

    enter(work)
