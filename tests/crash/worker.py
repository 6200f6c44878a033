"""A process that runs the real product against a box, and dies where it is told to."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any, Literal, cast

import boto3
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import Pool

from cli.logs import configure
from cli.serve import running
from cli.settings import Settings
from engine.clock import Rhythm

When = Literal["before", "after"]

_READS = ("Describe", "Get", "List", "Filter", "Receive", "Lookup", "BatchGet", "StartQuery", "SendCommand")
"""`SendCommand` is how a check asks the host what runs on it; no step of these runs sends any."""
_READ_BY_POST = frozenset({"POST /status/batch/get", "POST /findings/list"})
"""Inspector's reads, as the box writes them down: by method and path."""


def changes(service: str, operation: str) -> bool:
    """Whether such a call changes something in the account; the queue apart."""
    reads = operation.startswith(_READS) or operation in _READ_BY_POST
    return service != "sqs" and not reads


QUICK = Rhythm(beat=timedelta(seconds=0.5), reconcile=timedelta(seconds=1), silence=timedelta(seconds=2))
"""A replica's rhythm, so that a test waits seconds for what takes half a minute in the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtCall:
    """At the `nth` call of an AWS operation, before it is sent or when its answer has come: die, or stand still."""

    operation: str
    when: When
    nth: int = 1
    signal: signal.Signals = signal.SIGKILL

    def __str__(self) -> str:
        return f"{self.when} {self.operation}" + (f" {self.nth}" if self.nth > 1 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AtCommit:
    """Die when a transaction that wrote to this table has just been committed."""

    table: str


Death = AtCall | AtCommit


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One life of the product. `environment` reaches the box; `ahead` is how far its clock is put forward."""

    settings: Settings
    environment: Mapping[str, str]
    death: Death | None = None
    ahead: timedelta = timedelta()
    rhythm: Rhythm = QUICK
    gap: timedelta = timedelta(milliseconds=20)


def live(life: Life, alive: Pipe, log: str) -> None:
    """Serve until killed, or until the other end of `alive` is let go of. The log goes to the file `log`."""
    sys.stdout = sys.stderr = open(log, "a", buffering=1)  # noqa: PTH123, SIM115
    os.dup2(sys.stderr.fileno(), 2)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(name, None)
    os.environ |= life.environment
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    configure()
    asyncio.run(_serve(life, alive))


def _end_with(alive: Pipe) -> None:
    """Whoever started this process holds the other end, and lets go of it in dying too."""
    try:
        alive.recv()
    except EOFError:
        os._exit(0)


async def _serve(life: Life, alive: Pipe) -> None:
    def clock() -> datetime:
        return datetime.now(UTC) + life.ahead

    session = boto3.Session()
    match life.death:
        case AtCall() as death:
            _die_at_call(session, death)
        case AtCommit() as death:
            _die_at_commit(death)
        case None:
            pass
    async with running(
        life.settings, clock=clock, sessions=lambda _: session, rhythm=life.rhythm, gap=life.gap
    ) as product:
        alive.send(product.port)
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        await over.wait()


def _die_at_call(session: boto3.Session, death: AtCall) -> None:
    count = itertools.count(1)

    def reached(**_: Any) -> None:
        if next(count) == death.nth:
            os.kill(os.getpid(), death.signal)

    moment = "before-send" if death.when == "before" else "after-call"
    cast("Any", session).events.register(f"{moment}.*.{death.operation}", reached)


def _die_at_commit(death: AtCommit) -> None:
    writes = re.compile(rf"(INSERT INTO|UPDATE) {death.table}\b")
    written: set[int] = set()

    def executed(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        if writes.match(statement):
            written.add(id(connection.connection.dbapi_connection))

    def returned(dbapi_connection: Any, _record: Any) -> None:
        if id(dbapi_connection) in written:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "after_cursor_execute", executed)
    event.listen(Pool, "checkin", returned)
