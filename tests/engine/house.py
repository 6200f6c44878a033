"""A whole product without its doors: an account in a box, a store, a desk, and an engine that runs at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from actions.cloud import AwsCloud
from commands.board import Board, board
from commands.desk import Desk
from commands.receive import receive
from engine.plant import Plant
from engine.runner import carry_out
from engine.timers import fire, hand_out
from intake.envelope import unwrap
from intake.guardduty import parse
from playbook.policy import Policy
from playbook.slot import Slot
from sandbox.aws import findings, seed
from sandbox.aws.box import AwsBox, emulated
from storage.store import SqlStore
from tests.fakes.clock import FakeClock
from tests.fakes.people import FakeDirectory


@dataclass(slots=True, kw_only=True)
class AtOnce:
    """`playbook.ports.Executor` that only remembers: the test says when a run goes on."""

    ordered: list[str] = field(default_factory=list[str])

    async def carry(self, run: str) -> None:
        self.ordered.append(run)

    async def nudge(self) -> None:
        return


@dataclass(slots=True, kw_only=True)
class House:
    """The product from finding to proof, without Slack and without DBOS."""

    box: AwsBox
    account: seed.Account
    desk: Desk
    plant: Plant
    clock: FakeClock
    directory: FakeDirectory
    executor: AtOnce

    async def finding(self, instance: str = "", *, count: int = 1) -> str:
        """A mining finding comes in; the incident's id."""
        sent = findings.mining(self.box.client("ec2"), instance or self.account.web, at=self.clock())
        if count > 1:
            sent = findings.again(sent, at=self.clock(), count=count)
        text = json.dumps(sent)
        parsed = parse(unwrap(text).body)
        await receive(self.desk, parsed, text)
        async with self.desk.store.begin() as unit:
            return await unit.findings.incident_of(parsed.key)

    async def board(self, incident: str) -> Board:
        async with self.desk.store.begin() as unit:
            return await board(unit, incident, self.clock())

    async def run_ordered(self) -> None:
        """Carry out what was approved, here and now."""
        while self.executor.ordered:
            await carry_out(self.plant, self.executor.ordered.pop(0))

    async def timers(self) -> int:
        """Fire what is due; how many slots that were."""
        found: list[Slot] = []

        async def enqueue(batch: Sequence[Slot]) -> None:
            found.extend(batch)

        await hand_out(self.desk, enqueue)
        for slot in found:
            await fire(self.plant, slot)
        return len(found)

    async def marks(self, incident: str) -> dict[str, str]:
        shown = await self.board(incident)
        return {row.action.name: row.mark.value for row in shown.sections[0].rows}


async def house_on(store: SqlStore, *, variant: seed.Variant = "asg") -> AsyncIterator[House]:
    """A house on that store."""
    clock = FakeClock()
    with emulated(clock=clock) as box:
        account = seed.seed(box.client, variant=variant)
        box.controls.flows(*seed.usual_flows(account))
        cloud = AwsCloud(
            session_for=lambda _account: box.session(),
            policy=Policy(forensics_cidr="10.99.0.0/24", evidence_bucket=account.bucket),
        )
        clock.moved = box.controls.tick
        numbers, directory, executor = count(1), FakeDirectory(), AtOnce()
        desk = Desk(
            store=store,
            cloud=cloud,
            directory=directory,
            executor=executor,
            clock=clock,
            new_id=lambda: f"id{next(numbers):03}",
            policy=Policy(),
            account=account.account,
            region=account.region,
        )
        plant = Plant(desk=desk, account=cloud.account, executor="x-1", pause=clock.pause)
        yield House(
            box=box,
            account=account,
            desk=desk,
            plant=plant,
            clock=clock,
            directory=directory,
            executor=executor,
        )
        cloud.close()


def another(house: House, executor: str) -> House:
    """The same house in the hands of another process."""
    return replace(house, plant=replace(house.plant, executor=executor))
