"""`ec2ir demo`: the world in a box, as a page to click in or played by itself in the terminal."""

from __future__ import annotations

import asyncio
import errno
import signal

import typer

from cli.demo_beside import DemoBeside, calls_made
from cli.demo_play import play as play_through
from cli.demo_scenarios import Alerts
from cli.demo_world import World, world
from cli.doors import err, out, stop
from cli.logs import configure
from cli.scenario import Scenario
from cli.settings import BadSetting
from playbook.errors import Ec2irError

FIRST = "miner-web"
"""The scenario that the page opens with."""


def run(*, port: int, play: bool, scenario: Scenario, leak: bool) -> None:
    """Serve the page until interrupted; or play, and exit 0 only if everything was proved."""
    configure()
    try:
        done = asyncio.run(_play(scenario, leak=leak) if play else _page(port))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        stop(BadSetting(f"Port {port} can't be used: {error.strerror}.", then="Choose another: --port 8766"))
    except Ec2irError as error:
        stop(error)
    raise typer.Exit(0 if done else 1)


async def _play(scenario: Scenario, *, leak: bool) -> bool:
    async with world(0) as made:
        return await play_through(made, scenario, leak=leak)


async def _page(port: int) -> bool:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with world(port) as made:
        beside = await furnished(made)
        out.print(f"\n  Open [bold]{made.server.base_url}[/bold]\n")
        out.print("  A production web server talks to a mining pool. Its incident channel is in the list.")
        out.print("  The page says what to do next; nothing outside this machine is touched.")
        err.print("  Ctrl-C ends it.", style="dim")
        await over.wait()
        await beside.end()
    return True


async def furnished(made: World) -> DemoBeside:
    """The page with all that stands beside Slack, and the first finding on its way."""
    alerts = Alerts(box=made.box, account=made.account, clock=made.clock)
    beside = DemoBeside(made=made, alerts=alerts, since=await asyncio.to_thread(calls_made, made))
    made.server.page.stand_beside(beside)
    await alerts.send(FIRST)
    return beside
