"""The checklist from a terminal, and the answer to “is this process malicious?”."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import show
from cli.doors import Terminal, enter, out, reading, terminal
from cli.settings import Settings
from commands.board import board
from commands.checklist import assign, comment, items, judge_process, said_as, tick
from playbook.clock import system_clock
from playbook.errors import BadInput
from playbook.people import Door, Person
from playbook.plan import dump_json

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Incident = Annotated[str, typer.Argument(help="The incident's id.")]
_USAGE = "tick ROW [done|na|open] [comment…], assign ROW [Slack id], comment ROW words…"


def checklist(
    incident: Incident,
    words: Annotated[
        list[str] | None, typer.Argument(help=f"Nothing: show it. Or: {_USAGE}", metavar="[tick ROW …]")
    ] = None,
    json: Json = False,
) -> None:
    """Show every row of the playbook as it stands, or say something of one."""

    async def work(settings: Settings) -> None:
        if words:
            async with terminal(settings) as at:
                await _say(at, incident, words)
        async with reading(settings) as unit:
            found = items(await board(unit, incident, system_clock()))
        if words:
            found = tuple(i for i in found if i.row.id == words[1].upper())
        show.as_json([dump_json(item) for item in found]) if json else show.checklist(found)

    enter(work)


async def _say(at: Terminal, incident: str, words: list[str]) -> None:
    verb, row, rest = words[0].casefold(), next(iter(words[1:2]), ""), words[2:]
    desk, by, door = at.desk, at.person, Door.TERMINAL
    if not row or verb not in ("tick", "assign", "comment"):
        raise BadInput("That says nothing of the checklist.", then=f"Write: {_USAGE}")
    if verb == "tick":
        said = said_as(rest[0] if rest else "done")
        await tick(desk, incident, row, said, by=by, door=door, comment=" ".join(rest[1:]))
    elif verb == "assign":
        await assign(desk, incident, row, Person(id=rest[0]) if rest else by, by=by, door=door)
    else:
        await comment(desk, incident, row, " ".join(rest), by=by, door=door)


def malicious(
    incident: Incident,
    answer: Annotated[str, typer.Argument(help="yes or no")],
    why: Annotated[str, typer.Option(help="How you know.")] = "",
) -> None:
    """Answer whether the process is malicious (D3, D4); yes plans the containment at once."""
    answers = {"yes": True, "no": False}

    async def work(settings: Settings) -> None:
        if answer.casefold() not in answers:
            raise BadInput("Is the process malicious?", then="Say yes or no.")
        async with terminal(settings) as at:
            await judge_process(
                at.desk, incident, malicious=answers[answer.casefold()], by=at.person,
                door=Door.TERMINAL, why=why,
            )  # fmt: skip
        out.print(f"Noted. ec2ir incident show {incident} tells what is next.", markup=False)

    enter(work)
