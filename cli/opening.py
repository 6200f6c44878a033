"""Opening and widening incidents from a terminal, and containing all their instances at once."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import show
from cli.doors import Terminal, enter, err, out, terminal
from cli.following import check_end, follow
from cli.settings import Settings
from commands.board import board
from commands.declare import declare as declare_incident
from commands.join import join as join_incident
from commands.together import approve_together, combined, waiting
from playbook.approval import Decision
from playbook.errors import Refused
from playbook.people import Door
from playbook.plan import dump_json

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Instances = Annotated[list[str], typer.Argument(help="Instance ids.")]
Account = Annotated[str, typer.Option(help="The account; default the settings' or the incident's.")]
Region = Annotated[str, typer.Option(help="The region; default the settings' or the incident's.")]


def declare(
    instances: Instances,
    account: Account = "",
    region: Region = "",
    why: Annotated[str, typer.Option(help="What you saw: the incident's title.")] = "",
    json: Json = False,
) -> None:
    """Open an incident on an instance, or a major one on several."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            made = await declare_incident(
                at.desk, instances[0], by=at.person, door=Door.TERMINAL, account=account, region=region,
                why=why, also=instances[1:],
            )  # fmt: skip
        show.as_json(dump_json(made)) if json else out.print(f"Incident {made.id} is declared.")

    enter(work)


def join(
    incident: Annotated[str, typer.Argument(help="The incident's id.")],
    instances: Instances,
    account: Account = "",
    region: Region = "",
) -> None:
    """Add instances to an incident; what the playbook recommends is planned for each."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            for each in instances:
                facts = await join_incident(
                    at.desk, incident, each, by=at.person, door=Door.TERMINAL, account=account, region=region
                )
                out.print(f"{facts.instance} is part of {incident} now.", markup=False)

    enter(work)


def contain(
    incident: Annotated[str, typer.Argument(help="The incident's id.")],
    plans_hash: Annotated[
        str, typer.Option("--hash", help="The hash of all plans together, as shown without this option.")
    ] = "",
) -> None:
    """Show what ec2ir proposes for every instance; with --hash, approve all of it and follow it to its end."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            await (_approve(at, incident, plans_hash) if plans_hash else _show(at, incident))

    enter(work)


async def _show(at: Terminal, incident: str) -> None:
    async with at.desk.store.begin() as unit:
        plans = waiting(await board(unit, incident, at.desk.clock()))
    if not plans:
        raise Refused("ec2ir proposes nothing for this incident now.", then=f"ec2ir plan {incident}")
    for plan in plans:
        show.proposal(plan)
    out.print(f"Approve all: ec2ir contain {incident} --hash {combined(plans)}", markup=False)


async def _approve(at: Terminal, incident: str, plans_hash: str) -> None:
    done = await approve_together(at.desk, incident, plans_hash, by=at.person, door=Door.TERMINAL)
    for instance, why in done.refused:
        err.print(f"{instance}: {why}", markup=False, style="red")
    for plan in done.approved:
        if plan.decision is Decision.APPROVED:
            out.print(plan.target.instance, markup=False, style="bold")
            await check_end(at.desk, await follow(at.desk, plan.id))
    if done.refused:
        raise Refused(
            f"{len(done.refused)} of {len(done.refused) + len(done.approved)} plans were not approved.",
            then=f"ec2ir incident show {incident} tells what waits.",
        )
