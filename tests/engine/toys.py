"""Toy actions over a world in memory: what the runner does shows in the world's log, without AWS."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import boto3

from actions.action import AnyAction, Look
from actions.catalogue import BY_NAME
from actions.run import Run
from aws.account import Account
from aws.clients import Clients
from commands.approve import approve
from commands.desk import Desk
from commands.propose import propose
from commands.receive import receive
from engine.plant import Plant
from engine.runner import carry_out
from playbook.answer import Answer, gap
from playbook.brief import Brief
from playbook.errors import DoesNotApply, StoreDown
from playbook.finding import FindingType
from playbook.incident import InstanceFacts
from playbook.people import Door
from playbook.plan import Shown, dump, fingerprint
from playbook.policy import Policy
from playbook.ports import Unit
from playbook.proof import Proof, Rung
from playbook.proposal import LeftOut, Proposal, ProposedStep
from playbook.run import RunRecord, StepState
from playbook.target import Target
from storage.store import SqlStore
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeExecutor
from tests.fakes.people import ANA, BO, FakeDirectory
from tests.storage.values import finding

UNREACHED = Account(
    id="111111111111",
    region="eu-west-1",
    policy=Policy(),
    clients=Clients(lambda _account: boto3.Session()),
    pool=ThreadPoolExecutor(1),
)
"""An account that no toy calls."""
ON = Proof(rung=Rung.PROVED, says=("on",))
OFF = Proof(rung=Rung.ABSENT, says=("off",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A toy's plan: the switch goes from `before` to on."""

    target: Target
    before: str

    def show(self) -> Shown:
        return Shown(changes=(), calls=(), undo="yes")


async def _nothing() -> None:
    return


@dataclass(slots=True)
class World:
    """A switch for each action. `trouble` is raised instead of switching; `during` is awaited in the call."""

    switches: dict[str, str] = field(default_factory=dict[str, str])
    log: list[str] = field(default_factory=list[str])
    trouble: dict[str, Exception] = field(default_factory=dict[str, Exception])
    proofs: dict[str, Proof | Exception] = field(default_factory=dict[str, Proof | Exception])
    during: dict[str, Callable[[], Awaitable[object]]] = field(
        default_factory=dict[str, Callable[[], Awaitable[object]]]
    )
    stuck: set[str] = field(default_factory=set[str])
    """Switches that no undo moves."""

    def is_(self, name: str) -> str:
        return self.switches.get(name, "off")

    async def _switch(self, key: str, name: str, value: str) -> None:
        self.log.append(f"{key} {name}")
        await self.during.get(name, _nothing)()
        if name in self.trouble:
            raise self.trouble[name]
        self.switches[name] = value

    def _seen(self, name: str) -> Proof:
        self.log.append(f"look {name}")
        found = self.proofs.get(name, ON if self.is_(name) == "on" else OFF)
        if isinstance(found, Exception):
            raise found
        return found

    def toy(self, name: str) -> AnyAction:
        """The action of that name with toy functions: title, risk, order and undo are the real ones'."""

        async def plan(target: Target, aws: Account) -> Switch:
            if self.is_(name) == "on":
                raise DoesNotApply("It is on already.")
            return Switch(target=target, before=self.is_(name))

        async def set_(run: Run, key: str, value: str) -> None:
            await run.write(key, lambda: self._switch(key, name, value))

        async def execute(plan: Switch, run: Run) -> None:
            await set_(run, "set", "on")

        async def undo(plan: Switch, run: Run) -> None:
            await set_(run, "reset", self.is_(name) if name in self.stuck else plan.before)

        async def verify(plan: Switch, look: Look) -> Proof:
            return self._seen(name)

        async def rescue(plan: Switch, run: Run) -> None:
            self.log.append(f"rescue {name}")

        real = BY_NAME[name]
        return dataclasses.replace(
            real,
            plan=plan,
            execute=execute,
            verify=verify,
            undo=undo if real.undo is not None else None,
            rescue=rescue if real.rescue is not None else None,
        )


@dataclass(frozen=True, slots=True)
class ToyCloud:
    """`playbook.ports.Cloud` over toys."""

    actions: dict[str, AnyAction]

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        return InstanceFacts(account=account, region=region, instance=instance, state="running")

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:
        steps: list[ProposedStep] = []
        left: list[LeftOut] = []
        for name in actions:
            try:
                made = await self.actions[name].plan(target, UNREACHED)
                steps.append(ProposedStep(action=name, body=dump(made), fingerprint=fingerprint(made)))
            except DoesNotApply as why:
                left.append(LeftOut(action=name, why=str(why)))
        return tuple(steps), tuple(left)

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        return {name: gap("toys can't be looked at") for name in checks}


@dataclass(slots=True)
class WatchedStore:
    """A store whose transactions are counted, and which a test can take away."""

    store: SqlStore
    begun: int = 0
    away: bool = False

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[Unit]:
        self.begun += 1
        if self.away:
            raise StoreDown("The database did not answer.")
        async with self.store.begin() as unit:
            yield unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """An engine on toys, and what a test does and sees at it."""

    world: World
    desk: Desk
    plant: Plant
    store: WatchedStore
    directory: FakeDirectory
    clock: FakeClock

    async def incident(self) -> str:
        recon = FindingType(full="Recon:EC2/PortProbeUnprotectedPort")  # nothing is proposed for it
        sent = finding(type=recon, score=5.0, updated=self.clock())
        await receive(self.desk, sent, "{}")
        async with self.store.begin() as unit:
            return await unit.findings.incident_of(sent.key)

    async def approved(self, *actions: str) -> Proposal:
        """These steps, proposed by Ana and approved by Bo."""
        plan = await propose(self.desk, await self.incident(), actions, by=ANA, door=Door.CHAT)
        return await approve(self.desk, plan.id, plan.hash, by=BO, door=Door.CHAT)

    async def carry(self, run: str, executor: str = "x-1") -> None:
        await carry_out(dataclasses.replace(self.plant, executor=executor), run)

    async def states(self, run: str) -> dict[str, StepState]:
        async with self.store.begin() as unit:
            return {s.action: s.state for s in await unit.runs.steps(run)}

    async def problem(self, run: str, action: str) -> str:
        async with self.store.begin() as unit:
            return next(s.problem for s in await unit.runs.steps(run) if s.action == action)

    async def run(self, run: str) -> RunRecord:
        async with self.store.begin() as unit:
            found = await unit.runs.get(run)
        assert found is not None
        return found

    async def pending(self, incident: str) -> list[Proposal]:
        async with self.store.begin() as unit:
            return list(await unit.proposals.of(incident, pending=True))


def bench_on(store: SqlStore) -> Bench:
    """A bench on that store."""
    world, numbers, clock, directory = World(), count(1), FakeClock(), FakeDirectory()
    toys = {name: world.toy(name) for name in BY_NAME}
    watched = WatchedStore(store)
    desk = Desk(
        store=watched,
        cloud=ToyCloud(toys),
        directory=directory,
        executor=FakeExecutor(),
        clock=clock,
        new_id=lambda: f"id{next(numbers):03}",
    )
    plant = Plant(
        desk=desk,
        account=lambda _target: UNREACHED,
        executor="x-1",
        pause=clock.pause,
        actions=toys,
    )
    return Bench(world=world, desk=desk, plant=plant, store=watched, directory=directory, clock=clock)
