"""`ec2ir demo`: the world in a box, as a page to click in or played by itself in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal

import typer

from cli.demo_play import play as play_through
from cli.demo_world import World, world
from cli.doors import err, out, stop
from cli.logs import configure
from cli.scenario import Scenario
from cli.settings import BadSetting
from playbook.errors import Ec2irError
from sandbox.aws.findings import mining


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
        await alert(made)
        out.print(f"\n  Open [bold]{made.server.base_url}[/bold]\n")
        out.print("  A production web server talks to a mining pool. Its incident channel is in the list.")
        out.print("  Act as bo to approve the plan; nothing outside this machine is touched.")
        err.print("  Ctrl-C ends it.", style="dim")
        forwarding = asyncio.create_task(_deliver_flow_logs(made))
        await over.wait()
        forwarding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await forwarding
    return True


async def alert(made: World) -> None:
    """GuardDuty's finding about the web server arrives in the queue."""
    ec2 = made.box.client("ec2")
    finding = await asyncio.to_thread(mining, ec2, made.account.web, at=made.clock())
    await asyncio.to_thread(made.box.controls.put_finding, made.account.queue, finding)


async def _deliver_flow_logs(made: World) -> None:
    """An hour of the demo takes ten minutes, so that flow logs arrive while somebody still looks.

    In small steps, and not while a click can still open a dialog: leases and triggers must not run out on the way.
    """
    while True:
        await asyncio.sleep(1)
        if made.workspace.settled():
            await made.forward(5 / 60)
