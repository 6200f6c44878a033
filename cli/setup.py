"""Setting up: schema, Slack app manifest, IAM policy; and starting the bot or the demo."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from actions.catalogue import BY_NAME
from bot.manifest import manifest as slack_manifest
from cli.doors import enter, out, stop
from cli.iam import policy
from cli.scenario import Scenario
from cli.settings import BadSetting, Settings, load
from playbook.errors import BadInput, Ec2irError
from storage.migrate import current, downgrade, head, upgrade


def migrate(
    down: Annotated[str, typer.Option(help="Take the schema back to this revision, or to `base`.")] = "",
) -> None:
    """Bring the database's schema up to date."""
    try:
        settings = load()
        downgrade(settings.database, down) if down else upgrade(settings.database)
        out.print(f"The schema is at {current(settings.database) or 'base'} (newest: {head()}).")
    except Ec2irError as error:
        stop(error)


def manifest(
    url: Annotated[str, typer.Option(help="Public https address of ec2ir; without it: Socket Mode.")] = "",
) -> None:
    """Print the Slack app manifest, to paste at api.slack.com → Create app → From a manifest."""
    if url and not url.startswith("https://"):
        stop(BadInput(f"“{url[:80]}” is not an https address.", then="Slack calls https only."))
    out.print_json(jsonlib.dumps(slack_manifest(socket_mode=not url, url=url or None)))


def iam_policy(
    action: Annotated[str, typer.Option(help=f"Only for one of: {', '.join(BY_NAME)}.")] = "",
) -> None:
    """Print the least-privilege IAM policy, made from what the actions declare and the accounts of ec2ir.toml."""
    if action and action not in BY_NAME:
        stop(BadInput(f"There is no action “{action[:40]}”.", then=f"There are: {', '.join(BY_NAME)}."))
    try:
        roles = [account.role_arn for account in load().policy_file.accounts if account.role_arn]
    except Ec2irError as error:
        stop(error)
    out.print_json(jsonlib.dumps(policy([BY_NAME[action]] if action else None, roles=roles)))


def drill(
    scenario: Annotated[
        str, typer.Argument(help="miner-web, miner-dev, control, credentials, sequence or probe.")
    ],
    to: Annotated[
        Path, typer.Option("--out", help="The folder that the drill's report is written to.")
    ] = Path(),
) -> None:
    """Drill in your own Slack workspace: the AWS account is one in a box, and everything is marked as a drill."""
    try:
        from cli.drill import run
    except ImportError as error:
        stop(BadSetting(f"A drill needs {error.name}.", then="Install it with: pip install 'ec2ir[demo]'"))

    async def work(settings: Settings) -> None:
        await run(settings, scenario, to)

    enter(work)


def serve() -> None:
    """Run the bot: Socket Mode when an app token is set, signed HTTP otherwise."""
    from cli.serve import run

    async def work(settings: Settings) -> None:
        await run(settings)

    enter(work)


def demo(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the page is served on 127.0.0.1.")
    ] = 8765,
    play: Annotated[bool, typer.Option("--play", help="Play the incident without a browser.")] = False,
    scenario: Annotated[Scenario, typer.Option(help="With --play: what is played.")] = Scenario.CONTAIN,
    leak: Annotated[
        bool,
        typer.Option("--leak", help="With --play: a connection survives isolation; the proof must fail."),
    ] = False,
) -> None:
    """The whole product on a laptop: a Slack workspace and an AWS account in a box, and an incident."""
    if (leak or scenario is not Scenario.CONTAIN) and not play:
        stop(BadInput("--leak and --scenario need --play.", then="ec2ir demo --play --scenario full"))
    try:
        from cli.demo import run
    except ImportError as error:
        stop(BadSetting(f"The demo needs {error.name}.", then="Install it with: pip install 'ec2ir[demo]'"))
    run(port=port, play=play, scenario=scenario, leak=leak)
