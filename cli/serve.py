"""The real bot: Slack, the queue and the engine in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiohttp.web import Application

from aws.clients import SessionFor
from aws.detached import detached
from bot.client import check_token, listening_client, sending_client
from bot.directory import RoleGroups, SlackDirectory
from bot.front import Work
from bot.heard import Hearing
from bot.http import Check, http_app, serving
from bot.listeners import build_app
from bot.pace import GAP
from bot.people import People
from bot.sender import Sender, make_sender
from bot.socket import connected, problem_of
from cli.alerts import DeskSink, door_of, reading_of, rules_of, say_problems
from cli.couriers import ways_of
from cli.metrics import Metrics
from cli.operators import Operators
from cli.settings import BadSetting, Settings, require
from cli.wiring import Base, Engine, base, engine
from commands.desk import Desk
from engine.clock import Rhythm
from intake.http import add_alerts
from intake.ports import Received
from intake.queue import Pulse, pump
from intake.receive import Outcome, handle
from intake.routes import Reading
from intake.sqs import SqsQueue
from playbook.clock import Clock, system_clock
from playbook.errors import Unreachable

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.serve")

QUIET = timedelta(seconds=90)
"""A queue that has not answered for this long, with polls of 20 s, is not being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The product while it runs; `port` is where it answers HTTP, `alerts` names the sources that may post there."""

    base: Base
    desk: Desk
    sender: Sender
    port: int
    alerts: tuple[str, ...] = ()


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    sessions: SessionFor | None = None,
    rhythm: Rhythm | None = None,
    gap: timedelta = GAP,
    drill: bool = False,
) -> AsyncGenerator[Running]:
    """Everything that `ec2ir serve` runs, ready when the block begins and wound down when it ends.

    `rhythm` and `gap` make the engine and the sender quicker than AWS and Slack want them, for tests.
    Raises BadSetting for what is missing.
    """
    _complete(settings)
    ways = ways_of(settings)
    token, api = settings.slack_bot_token.get_secret_value(), settings.slack_api_url
    stop = asyncio.Event()
    async with (
        base(settings, clock=clock, sessions=sessions, drill=drill) as parts,
        AsyncExitStack() as stack,
    ):
        compiling = asyncio.create_task(asyncio.to_thread(rules_of, settings))
        client = listening_client(token, api)
        await check_token(client)
        people = People(client=client, clock=clock)
        roles = settings.policy_file.roles
        directory = SlackDirectory(
            client=client,
            groups=RoleGroups(responders=roles.responders, approvers=roles.approvers),
            people=people,
            terminal=Operators(settings.policy_file.operators),
        )
        hearing = Hearing()
        room = await stack.enter_async_context(engine(parts, directory, rhythm, heard=hearing.heard))
        desk = room.desk
        sender = make_sender(
            parts.store, sending_client(token, api), directory,
            announce=settings.slack_channel, holder=parts.executor, clock=clock, gap=gap, ways=ways,
            hearing=hearing,
        )  # fmt: skip
        metrics = Metrics(parts=parts, clock=room.clock, sender=sender, hearing=hearing)
        listening = Work(took=metrics.took)
        app = build_app(
            desk, client, signing_secret=settings.slack_signing_secret.get_secret_value() or "unused",
            people=people, wrote=sender.written.set, work=listening,
            hearing=hearing,
        )  # fmt: skip
        # Runs once the doors below are shut: what was clicked until then is still worked through.
        stack.push_async_callback(listening.idle)
        pulse = Pulse(answered=clock())
        socket = settings.slack_app_token.get_secret_value()
        checks = {**_checks(parts, room, pulse), "stopping": lambda: _stopping(stop)}
        if socket:
            handler = await stack.enter_async_context(connected(app, socket))
            checks["slack"] = lambda: problem_of(handler)
            # Over HTTP a balancer chooses who hears: silence says nothing there.
            checks["hearing"] = lambda: _hearing(parts, hearing)
        rules = await compiling
        await say_problems(desk, rules)
        reading = reading_of(settings, rules, account=parts.identity.account, region=parts.region)
        server = http_app(None if socket else app, ready=checks)
        door = door_of(settings, desk, reading, wrote=sender.written.set)
        add_alerts(server, door)
        server.router.add_get("/metrics", metrics.shown)
        port = await stack.enter_async_context(_listening(server, settings))
        work = [asyncio.create_task(sender.run(stop))]
        if settings.queue_url:
            work.append(asyncio.create_task(_alerts(parts, desk, reading, sender, pulse, stop)))
        try:
            yield Running(base=parts, desk=desk, sender=sender, port=port, alerts=door.open)
        finally:
            # Not ready from here on, while what is in hand is sent; the doors shut behind that.
            stop.set()
            await asyncio.gather(*work)


@asynccontextmanager
async def _listening(server: Application, settings: Settings) -> AsyncGenerator[int]:
    """Answer HTTP where the settings say. Raises BadSetting when that address can't be used."""
    async with AsyncExitStack() as stack:
        try:
            made = serving(server, host=settings.http_host, port=settings.http_port)
            port = await stack.enter_async_context(made)
        except OSError as error:
            raise BadSetting(
                f"EC2IR_HTTP_HOST and EC2IR_HTTP_PORT ({settings.http_host}:{settings.http_port}) can't be used: "
                f"{error.strerror or error}.",
                then="Choose a free port, or stop what uses it.",
            ) from error
        yield port


async def _alerts(
    parts: Base, desk: Desk, reading: Reading, sender: Sender, pulse: Pulse, stop: asyncio.Event
) -> None:
    queue = SqsQueue(
        client=parts.cloud.queue_client(parts.identity.account, parts.region),
        url=parts.settings.queue_url,
        call=detached,
    )
    sink = DeskSink(desk)

    async def take(message: Received) -> Outcome:
        outcome = await handle(message.body, message.id, sink, received=parts.clock(), read=reading.event)
        sender.written.set()
        return outcome

    await pump(queue, take, stop=stop, clock=parts.clock, pulse=pulse)


def _checks(parts: Base, room: Engine, pulse: Pulse) -> dict[str, Check]:
    async def database() -> str:
        try:
            async with parts.store.begin() as unit:
                await unit.slots.next_due()
        except Unreachable as problem:
            return problem.what
        return ""

    async def queue() -> str:
        quiet = pulse.answered is None or parts.clock() - pulse.answered > QUIET
        return "the queue has not answered for 90 s" if parts.settings.queue_url and quiet else ""

    async def clock() -> str:
        return room.clock.problem()

    return {"database": database, "queue": queue, "clock": clock}


async def _hearing(parts: Base, hearing: Hearing) -> str:
    try:
        return await hearing.problem(parts.store, parts.executor)
    except Unreachable:
        return ""  # the database's own check says so


async def _stopping(stop: asyncio.Event) -> str:
    return "it is being stopped" if stop.is_set() else ""


def _complete(settings: Settings) -> None:
    require(settings, "slack_bot_token")
    if not settings.slack_app_token.get_secret_value():
        require(settings, "slack_signing_secret")
    for name in ("responders", "approvers"):
        if not getattr(settings.policy_file.roles, name):
            raise BadSetting(
                f"[roles] {name} is not set in ec2ir.toml.", then="Name a Slack user group, by id or handle."
            )


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with running(settings) as product:
        log.warning(
            "ready",
            port=product.port,
            database=settings.database.partition(":")[0],
            alerts=", ".join(product.alerts) or "none by HTTP",
        )
        await over.wait()
