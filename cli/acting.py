"""Acting from a terminal: plan, approve, run and undo, by the same commands as in chat."""

from __future__ import annotations

from typing import Annotated

import typer

from actions.catalogue import ACTIONS, BY_NAME
from cli import show
from cli.doors import Terminal, enter, out, stop, terminal
from cli.following import check_end, follow
from cli.settings import Settings
from commands.approve import approve as approve_plan
from commands.approve import need_of
from commands.board import board
from commands.progress import retry
from commands.propose import propose, propose_recommended, propose_undo
from playbook.approval import Decision
from playbook.errors import BadInput, Refused
from playbook.people import Door
from playbook.proposal import Proposal
from playbook.run import RunState, StepState

STEPS = ", ".join(action.name for action in ACTIONS)
Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Incident = Annotated[str, typer.Argument(help="The incident's id.")]
Plan = Annotated[str, typer.Argument(help="The plan's id, as ec2ir plan prints it.")]


def plan(
    incident: Incident,
    steps: Annotated[
        list[str] | None, typer.Argument(help=f"Steps: {STEPS}. None: what the playbook recommends.")
    ] = None,
    instance: Annotated[str, typer.Option(help="Which instance of the incident; default its first.")] = "",
    json: Json = False,
) -> None:
    """Show exactly what steps would change, and ask for approval."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            made = await _planned(at, incident, steps or [], instance)
        if json:
            show.as_json([show.proposal_json(each) for each in made])
            return
        for each in made:
            show.proposal(each)
            out.print(f"Approve it with: ec2ir approve {each.id} --hash {each.hash[:4]}", markup=False)

    enter(work)


async def _planned(at: Terminal, incident: str, steps: list[str], instance: str) -> tuple[Proposal, ...]:
    if steps:
        return (await propose(at.desk, incident, steps, by=at.person, door=Door.TERMINAL, instance=instance),)
    made = await propose_recommended(at.desk, incident, instance=instance)
    if not made:
        raise Refused(
            "The playbook recommends looking first, or nothing is left to do.",
            then=f"Name the steps: ec2ir plan {incident} snapshot isolate",
        )
    return made


def approve(
    proposal: Plan,
    plan_hash: Annotated[
        str, typer.Option("--hash", help="The plan's hash as you saw it; its first 4 characters are enough.")
    ],
    break_glass: Annotated[
        str, typer.Option("--break-glass", help="Approve alone, with this reason; everybody is told.")
    ] = "",
    json: Json = False,
) -> None:
    """Approve a plan; the last approval needed starts it, and it is followed to its end."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            approved = await approve_plan(
                at.desk, proposal, plan_hash, by=at.person, door=Door.TERMINAL, override=break_glass or None
            )
            if approved.decision is not Decision.APPROVED:
                if json:
                    show.as_json(show.proposal_json(approved))
                else:
                    out.print(f"Approved by you. It needs {need_of(approved).words(approved.proposer)}.")
                return
            await _finish(at, proposal, json=json)

    enter(work)


def run(proposal: Plan, json: Json = False) -> None:
    """Follow an approved plan to its end; steps of it that failed are carried out again."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            async with at.desk.store.begin() as unit:
                record, steps = await unit.runs.get(proposal), await unit.runs.steps(proposal)
            if record is None:
                raise Refused("That plan is not approved.", then=f"ec2ir approve {proposal} --hash …")
            if record.state is RunState.FAILED:
                for step in steps:
                    if step.state is StepState.FAILED:
                        await retry(at.desk, proposal, step.action, by=at.person, door=Door.TERMINAL)
            elif record.state is RunState.APPROVED:
                await at.desk.executor.carry(proposal)
            await _finish(at, proposal, json=json)

    enter(work)


def undo(
    incident: Incident,
    step: Annotated[str, typer.Argument(help=f"One of: {STEPS}.")],
    instance: Annotated[str, typer.Option(help="Which instance of the incident; default its first.")] = "",
    json: Json = False,
) -> None:
    """Plan to take one step back; that is approved like any other plan."""
    if step not in BY_NAME:
        stop(BadInput(f"There is no step “{step[:40]}”.", then=f"There are: {STEPS}."))

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            async with at.desk.store.begin() as unit:
                shown = await board(unit, incident, at.desk.clock())
            rows = [
                row
                for section in shown.sections
                if section.facts.instance == instance or not instance
                for row in section.rows
                if row.action.name == step and row.run
            ]
            if not rows:
                raise Refused(
                    f"“{step}” is not in force in this incident.", then=f"ec2ir incident show {incident}"
                )
            made = await propose_undo(at.desk, rows[0].run, step, by=at.person, door=Door.TERMINAL)
        if json:
            show.as_json(show.proposal_json(made))
            return
        show.proposal(made)
        out.print(f"Approve it with: ec2ir approve {made.id} --hash {made.hash[:4]}", markup=False)

    enter(work)


async def _finish(at: Terminal, proposal: str, *, json: bool) -> None:
    """Follow it. Raises StepFailed when a step failed, after the JSON that says so."""
    record = await follow(at.desk, proposal, quiet=json)
    if json:
        async with at.desk.store.begin() as unit:
            shown = await board(unit, record.target.incident, at.desk.clock())
            timeline = await unit.timeline.of(record.target.incident)
        show.as_json(show.board_json(shown, timeline))
    await check_end(at.desk, record)
