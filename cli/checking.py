"""Looking at AWS from a terminal: checks by name, hunt, audit, watch, health; they only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from actions.check import Of
from actions.checks.catalogue import CHECK_BY_NAME
from cli import show
from cli.doors import Terminal, enter, err, terminal
from cli.settings import Settings
from commands.inquire import INQUIRIES, Reply, checks_named, checks_of, inquire
from commands.roles import require_any_role
from playbook.brief import Brief
from playbook.errors import BadInput
from playbook.people import Door
from playbook.target import Target, account_id, region_name

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Incident = Annotated[str, typer.Argument(help="The incident's id.")]
Instance = Annotated[str, typer.Option(help="Which instance of the incident; default all of them.")]


def check(
    incident: Incident,
    names: Annotated[list[str], typer.Argument(help="Checks by name or by the playbook's row; or all.")],
    instance: Instance = "",
    json: Json = False,
) -> None:
    """Make checks now; their answers are stored with the incident."""
    _look(incident, lambda: checks_named(names), instance, json=json)


def hunt(incident: Incident, instance: Instance = "", json: Json = False) -> None:
    """Look for the incident's indicators in its account and region (F6)."""
    _look(incident, lambda: checks_of("hunt"), instance, json=json)


def watch(incident: Incident, instance: Instance = "", json: Json = False) -> None:
    """Make the checks of the 72-hour watch now (R7)."""
    _look(incident, lambda: checks_of("watch"), instance, json=json)


def health(incident: Incident, instance: Instance = "", json: Json = False) -> None:
    """Validate the application's health (R3)."""
    _look(incident, lambda: checks_of("health"), instance, json=json)


def audit(
    incident: Annotated[str, typer.Argument(help="The incident's id; none: a whole account.")] = "",
    instance: Instance = "",
    account: Annotated[str, typer.Option(help="Audit this account; default the caller's own.")] = "",
    region: Annotated[str, typer.Option(help="Audit this region; default the caller's own.")] = "",
    json: Json = False,
) -> None:
    """Audit the hardening (H1 to H5): of an incident's instances, or of an account and region as a whole."""
    if incident:
        _look(incident, lambda: checks_of("audit"), instance, json=json)
        return

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            replies = await _account_wide(at, account, region)
        _print(replies, json=json)

    enter(work)


async def _account_wide(at: Terminal, account: str, region: str) -> tuple[Reply, ...]:
    await require_any_role(at.desk, at.person, Door.TERMINAL)
    names = tuple(n for n in INQUIRIES["audit"].checks if CHECK_BY_NAME[n].of is Of.ACCOUNT)
    if not names:
        raise BadInput(
            "This version has no check of H1 to H5 for a whole account.",
            means="Nothing was looked at.",
            then="Name an incident: ec2ir audit ID looks at its instances.",
        )
    target = Target(
        account=account_id(account or at.desk.account),
        region=region_name(region or at.desk.region),
        instance="",
        incident="",
    )
    answers = await at.desk.cloud.look(target, names, Brief())
    return tuple(Reply(check=name, instance="", answer=answers[name]) for name in names)


def _look(incident: str, names: Callable[[], Sequence[str]], instance: str, *, json: bool) -> None:
    async def work(settings: Settings) -> None:
        chosen = names()
        async with terminal(settings) as at:
            err.print("Looking; it can take a minute.", style="dim")
            replies = await inquire(
                at.desk, incident, chosen, by=at.person, door=Door.TERMINAL, instance=instance
            )
        _print(replies, json=json)

    enter(work)


def _print(replies: Sequence[Reply], *, json: bool) -> None:
    if json:
        show.as_json([show.reply_json(reply) for reply in replies])
        return
    for reply in replies:
        show.reply(reply)
