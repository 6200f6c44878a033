"""The wiring: the only place that builds things and hands them to each other."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from actions.cloud import AwsCloud
from aws.clients import SessionFor
from aws.sessions import AssumedRole, Identity, ambient, session_for
from cli.settings import BadSetting, Settings
from cli.signing import signer
from commands import audits
from commands.desk import Desk, unsigned
from engine.clock import Clock as EngineClock
from engine.clock import Rhythm
from engine.durable import Durable
from engine.plant import Plant
from playbook.clock import Clock, system_clock
from playbook.hearing import NOTHING, Heard
from playbook.ports import Directory, Executor
from storage import engine_lock, engines
from storage.migrate import current, head, upgrade
from storage.store import SqlStore, open_store

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody mistakes for each other when they read an id aloud."""


def new_id() -> str:
    """Ten characters, 50 random bits: short enough to say, too many to guess or to meet twice."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(10))


@dataclass(frozen=True, slots=True)
class Submitted:
    """`playbook.ports.Executor` of a process that is not the engine: the run's row is the order."""

    async def carry(self, run: str) -> None:
        """Nothing to do here: the engine finds approved runs within a beat."""

    async def nudge(self) -> None:
        """Nothing to do here either: the engine finds due slots within a beat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What every door needs: the store, AWS, and a desk for a directory and an executor."""

    settings: Settings
    store: SqlStore
    cloud: AwsCloud
    identity: Identity
    region: str
    clock: Clock
    executor: str
    """This process's own name, fresh at every start."""
    drill: bool = False

    def desk(self, directory: Directory, executor: Executor) -> Desk:
        """A desk at this door."""
        own = {r.role_arn.rpartition("/")[2] for r in self.settings.policy_file.accounts if r.role_arn}
        return Desk(
            store=self.store,
            cloud=self.cloud,
            directory=directory,
            executor=executor,
            clock=self.clock,
            new_id=new_id,
            policy=self.settings.policy,
            sign=signer(self.settings.signing_key) or unsigned,
            account=self.identity.account,
            region=self.region,
            drill=self.drill,
            own_roles=frozenset(own | ({self.identity.role} if self.identity.role else set())),
        )

    def plant(self, desk: Desk) -> Plant:
        """What the engine in this process works with."""
        return Plant(desk=desk, account=self.cloud.account, executor=self.executor, pause=asyncio.sleep)


def sqlite_path(settings: Settings) -> Path | None:
    """The SQLite file, or None on Postgres."""
    path = engines.sqlite_path(settings.database)
    return Path(path) if path else None


@asynccontextmanager
async def stored(settings: Settings) -> AsyncGenerator[SqlStore]:
    """The store alone. Raises BadSetting when the schema is not up to date."""
    await asyncio.to_thread(_schema, settings)
    store = open_store(settings.database)
    try:
        yield store
    finally:
        await store.aclose()


@asynccontextmanager
async def base(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    sessions: SessionFor | None = None,
    drill: bool = False,
) -> AsyncGenerator[Base]:
    """Open the store and AWS. Raises BadSetting when the schema is not up to date.

    `sessions` replaces the sessions that the settings describe: how tests watch, and cut off, calls.
    """
    identity, region = await asyncio.to_thread(ambient)
    accounts = settings.policy_file.accounts
    roles = [
        AssumedRole(account=a.id, role_arn=a.role_arn, external_id=a.external_id)
        for a in accounts
        if a.role_arn
    ]
    cloud = AwsCloud(
        session_for=sessions or session_for(roles, ambient=identity.account),
        policy=settings.policy,
        clock=clock,
    )
    async with stored(settings) as store:
        try:
            yield Base(
                settings=settings, store=store, cloud=cloud, identity=identity, region=region, clock=clock,
                executor=f"x-{secrets.token_hex(6)}", drill=drill,
            )  # fmt: skip
        finally:
            await asyncio.to_thread(cloud.close)


def _schema(settings: Settings) -> None:
    """A SQLite file is brought up to date in passing; on Postgres that is for somebody to decide."""
    at = current(settings.database) if sqlite_path(settings) is None or _exists(settings) else None
    if at == head():
        return
    if sqlite_path(settings) is None:
        raise BadSetting(
            f"The database's schema is at {at or 'nothing'}, and this version needs {head()}.",
            then="Run: ec2ir migrate",
        )
    upgrade(settings.database)


def _exists(settings: Settings) -> bool:
    path = sqlite_path(settings)
    return path is not None and path.exists()


@dataclass(slots=True)
class _Late:
    """An executor that is known only after the desk that names it."""

    executor: Executor | None = None

    async def carry(self, run: str) -> None:
        """Pass on. The engine is started before anybody can approve anything."""
        if self.executor is not None:
            await self.executor.carry(run)

    async def nudge(self) -> None:
        """Pass on."""
        if self.executor is not None:
            await self.executor.nudge()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The engine of this process, and a desk whose approved runs it carries out."""

    desk: Desk
    clock: EngineClock


@asynccontextmanager
async def engine(
    parts: Base,
    directory: Directory,
    rhythm: Rhythm | None = None,
    *,
    heard: Callable[[], Heard] = lambda: NOTHING,
) -> AsyncGenerator[Engine]:
    """Carry out approved runs in this process, with the clock running; each beat tells what was heard of Slack.

    Raises BadSetting when another process is the engine of this SQLite file.
    """
    rhythm, path = rhythm or Rhythm(), sqlite_path(parts.settings)
    lock = engine_lock.acquire(path) if path is not None else None
    if path is not None and lock is None:
        raise BadSetting(
            f"Another process ({engine_lock.holder(path)}) runs ec2ir on {path}.",
            then="Stop it, or use Postgres to run several.",
        )
    late = _Late()
    desk = parts.desk(directory, late)
    plant = parts.plant(desk)
    durable = Durable(plant, parts.settings.database)
    late.executor = durable
    await durable.start()
    await audits.arrange(desk)
    clock = EngineClock(plant, durable, rhythm, heard=heard)
    try:
        # On SQLite the lock proves that every other executor is dead; on Postgres only silence does.
        await clock.start(timedelta(0) if path is not None else rhythm.silence)
        yield Engine(desk=desk, clock=clock)
    finally:
        await clock.stop()
        await durable.stop()
        if lock is not None:
            lock.release()
