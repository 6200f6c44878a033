"""Escalating and acknowledging from a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.doors import enter, out, terminal
from cli.settings import Settings
from commands.escalate import acknowledge_all
from commands.escalate import escalate as escalate_by_hand
from playbook.people import Door

Incident = Annotated[str, typer.Argument(help="The incident's id.")]


def escalate(
    incident: Incident,
    rule: Annotated[str, typer.Argument(help="X1 to X6.")],
    why: Annotated[str, typer.Option(help="What you saw.")] = "",
) -> None:
    """Tell those whom the playbook's rule names, until somebody acknowledges."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            opened = await escalate_by_hand(
                at.desk, incident, rule, by=at.person, door=Door.TERMINAL, why=why
            )
        for one in opened:
            out.print(f"{one.rule}: {one.target} is told by the running bot.", markup=False)

    enter(work)


def ack(
    incident: Incident,
    rule: Annotated[str, typer.Argument(help="X1 to X6; without it, everything that waits.")] = "",
) -> None:
    """Acknowledge escalations: nobody is called about them any more."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            for one in await acknowledge_all(at.desk, incident, rule, by=at.person):
                out.print(f"{one.rule} ({one.target}) is yours.", markup=False)

    enter(work)
