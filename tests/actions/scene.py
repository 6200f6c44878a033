"""A seeded account in this process, and what an action needs to work on it."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from actions.action import Action, Look
from actions.run import Run
from aws.account import Account
from aws.clients import Clients
from playbook.plan import Plan
from playbook.policy import Policy
from playbook.proof import Proof
from playbook.target import Target
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.seed import Account as Seeded
from sandbox.aws.seed import Variant, seed, usual_flows
from tests.fakes.clock import FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.journal import MemoryJournal

P = TypeVar("P", bound=Plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The box, what is in it, and the account as actions see it; the box lives by the clock."""

    box: AwsBox
    seeded: Seeded
    aws: Account
    clock: FakeClock

    @property
    def target(self) -> Target:
        return Target(
            account=self.seeded.account, region=self.seeded.region, instance=self.seeded.web, incident="inc-7"
        )

    def client(self, service: str) -> Any:
        return self.box.client(service)

    def run(self, *, intents: set[str] | None = None, awaited: bool = False, id: str = "run-1") -> Run:  # noqa: A002
        return Run(
            id=id,
            incident="inc-7",
            aws=self.aws,
            clock=self.clock,
            journal=MemoryJournal(intents),
            gate=OpenGate(),
            pause=self.clock.pause,
            awaited=awaited,
        )

    def evidence(self) -> list[dict[str, Any]]:
        """The snapshots of the web server's volumes."""
        ours = [{"Name": "volume-id", "Values": list(self.seeded.web_volumes)}]
        return self.client("ec2").describe_snapshots(OwnerIds=["self"], Filters=ours)["Snapshots"]

    def groups_of(self, interface: str) -> list[str]:
        """The names of the interface's groups."""
        found = self.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[interface])
        return sorted(g["GroupName"] for g in found["NetworkInterfaces"][0]["Groups"])

    def step(self, action: Action[P]) -> Step[P]:
        return Step(scene=self, action=action)


@dataclass(slots=True, kw_only=True)
class Step(Generic[P]):
    """One action on the scene's instance: planned once, then carried out, proved and undone from that plan."""

    scene: Scene
    action: Action[P]
    made: list[P] = field(default_factory=list[P])

    async def plan(self) -> P:
        self.made.append(await self.action.plan(self.scene.target, self.scene.aws))
        return self.made[-1]

    async def execute(self, run: Run | None = None) -> P:
        plan = self.made[-1] if self.made else await self.plan()
        await self.action.execute(plan, run or self.scene.run())
        return plan

    async def verify(self, *, applied: bool = True) -> Proof:
        """Look now; with `applied`, as right after the change."""
        now = self.scene.clock()
        look = Look(aws=self.scene.aws, now=now, applied=now if applied else None)
        return await self.action.verify(self.made[-1], look)

    async def verify_since(self, seconds: float) -> Proof:
        """Look now, when the change was complete that many seconds ago."""
        now = self.scene.clock()
        look = Look(aws=self.scene.aws, now=now, applied=now - timedelta(seconds=seconds))
        return await self.action.verify(self.made[-1], look)

    async def undo(self, run: Run | None = None) -> None:
        assert self.action.undo is not None
        await self.action.undo(self.made[-1], run or self.scene.run(id="run-2"))


@contextmanager
def scene(*, variant: Variant = "asg", policy: Policy | None = None) -> Generator[Scene]:
    """A fresh account; its evidence bucket is known to the settings unless `policy` says otherwise."""
    clock = FakeClock()
    with emulated(clock=clock) as box, ThreadPoolExecutor(8) as pool:
        seeded = seed(box.client, variant=variant)
        clients = Clients(lambda _: box.session())
        box.controls.flows(*usual_flows(seeded))
        settings = policy or Policy(evidence_bucket=seeded.bucket)
        account = Account(
            id=seeded.account, region=seeded.region, policy=settings, clients=clients, pool=pool, clock=clock
        )
        yield Scene(box=box, seeded=seeded, aws=account, clock=clock)
