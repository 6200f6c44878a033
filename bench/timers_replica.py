"""One replica: the product's own clock, executor and sender in a process, on a database, with the sink as its world."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import psutil

from aws.account import Account
from bot.client import sending_client
from bot.pager import Pager
from bot.sender import make_sender
from bot.summon import Ways
from cli.logs import configure
from cli.wiring import new_id
from commands.desk import Desk
from engine.clock import Clock, Rhythm
from engine.durable import Durable
from engine.plant import Plant
from playbook.answer import Answer, gap
from playbook.brief import Brief
from playbook.clock import system_clock
from playbook.errors import BadInput
from playbook.incident import InstanceFacts
from playbook.people import Door, Person, Role
from playbook.policy import Contact, Escalating, Policy
from playbook.proposal import LeftOut, ProposedStep
from playbook.target import Target
from storage import engine_lock
from storage.engines import sqlite_path
from storage.store import open_store

TARGET = "on_call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """`sink` is the address that plays Slack and the pager; `log` is a file."""

    database: str
    sink: str
    log: str
    rhythm: Rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a replica says once its clock runs: how long that took, and what one beat costs then."""

    seconds: float
    beat: float
    resident: float
    """MiB."""


class _Nobody:
    """`playbook.ports.Directory` without people."""

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        return frozenset()

    async def holders(self, role: Role) -> tuple[Person, ...]:
        return ()


class _Nowhere:
    """`playbook.ports.Cloud` without an account: pings look at nothing there."""

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        return InstanceFacts(account=account, region=region, instance=instance, seen=False)

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:  # fmt: skip
        return (), ()

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        return {name: gap("there is no account") for name in checks}


@dataclass(slots=True)
class _Late:
    durable: Durable | None = None

    async def carry(self, run: str) -> None:
        if self.durable is not None:
            await self.durable.carry(run)

    async def nudge(self) -> None:
        if self.durable is not None:
            await self.durable.nudge()


def live(replica: Replica, alive: Pipe) -> None:
    """Serve until killed, or until the other end of `alive` is let go of."""
    sys.stdout = sys.stderr = open(replica.log, "a", buffering=1)  # noqa: PTH123, SIM115
    os.dup2(sys.stderr.fileno(), 2)
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    configure()
    asyncio.run(_serve(replica, alive))


def _end_with(alive: Pipe) -> None:
    try:
        alive.recv()
    except EOFError:
        os._exit(0)


def _no_account(_target: Target) -> Account:
    raise BadInput("There is no account in a bench of timers.")


async def _serve(replica: Replica, alive: Pipe) -> None:
    began = time.monotonic()
    policy = Policy(
        escalation=Escalating(fallback=TARGET, targets={TARGET: Contact(pager_url=f"{replica.sink}/page")})
    )
    path = sqlite_path(replica.database)
    lock = engine_lock.acquire(Path(path)) if path else None
    store, late = open_store(replica.database), _Late()
    desk = Desk(
        store=store, cloud=_Nowhere(), directory=_Nobody(), executor=late, clock=system_clock, new_id=new_id,
        policy=policy,
    )  # fmt: skip
    plant = Plant(desk=desk, account=_no_account, executor=f"x-{new_id()}", pause=asyncio.sleep)
    durable = Durable(plant, replica.database)
    await durable.start()
    late.durable = durable
    clock = Clock(plant, durable, replica.rhythm)
    await clock.start(timedelta(0) if path else replica.rhythm.silence)
    ways = Ways(policy=policy.escalation, pager=Pager(keys={}))
    sender = make_sender(
        store, sending_client("xoxb-bench", f"{replica.sink}/api/"), _Nobody(), announce="",
        holder=plant.executor, clock=system_clock, gap=timedelta(0), ways=ways,
        patience=(replica.rhythm.silence - 2 * replica.rhythm.beat).total_seconds(),
    )  # fmt: skip
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    alive.send(
        Ready(
            seconds=time.monotonic() - began,
            beat=await _cost(clock),
            resident=psutil.Process().memory_info().rss / 2**20,
        )
    )
    await sender.run(stop)
    await clock.stop()
    await durable.stop()
    await store.aclose()
    if lock is not None:
        lock.release()


async def _cost(clock: Clock) -> float:
    """Seconds of a beat, the quickest of five: what is in its way is not its cost."""
    found: list[float] = []
    for _ in range(5):
        began = time.monotonic()
        await clock.beat()
        found.append(time.monotonic() - began)
    return min(found)
