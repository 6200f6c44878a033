"""Bench *contain*: time from approval to configuration proof, against the physical limit.

The limit is the depth of the call graph times the round trip. The depth is read from the table of how AWS has
to be called (six round trips one after another where a balancer or a cold group is in the way, four with neither),
never from the product's own graph. The serial time is what the very same calls cost one after another.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from actions.cloud import AwsCloud
from bench.aws_stand_in import names
from bench.aws_stand_in.config import StandInConfig
from bench.aws_stand_in.handle import Box, stand_in
from bench.aws_stand_in.journal import grouped, observed_depth, serial_seconds
from cli.wiring import new_id
from commands.approve import approve
from commands.declare import declare
from commands.desk import Desk
from commands.propose import propose
from engine.durable import Durable
from engine.plant import Plant
from playbook.clock import system_clock
from playbook.decisions import CONTAIN
from playbook.people import Door, Person, Role
from playbook.policy import Policy
from playbook.run import ACTIVE
from storage.migrate import upgrade
from storage.store import open_store

DEPTH = 6
"""Every scenario here has target groups, so the balancer's gate applies: six round trips."""
LIMIT, SERIAL = 1.3, 4.0
PROPOSER, APPROVER = Person(id="U1", name="proposer"), Person(id="U2", name="approver")


class _Everybody:
    """A directory that answers at once; what Slack takes to answer is Slack's."""

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        return frozenset(Role)

    async def holders(self, role: Role) -> tuple[Person, ...]:
        return (PROPOSER, APPROVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One containment."""

    seconds: float
    calls: int
    observed_depth: int
    serial: float


@dataclass(slots=True)
class _Late:
    durable: Durable | None = None

    async def carry(self, run: str) -> None:
        if self.durable is not None:
            await self.durable.carry(run)

    async def nudge(self) -> None:
        """No slot is due in a bench."""


@asynccontextmanager
async def product() -> AsyncGenerator[Desk]:
    """The product with its real store and executor, on the stand-in."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(url)
        store = open_store(url)
        session = boto3.Session(
            region_name=names.REGION, aws_access_key_id="bench", aws_secret_access_key="bench"
        )
        cloud = AwsCloud(session_for=lambda _: session, policy=Policy(forensics_cidr="10.99.0.0/24"))
        late = _Late()
        desk = Desk(
            store=store, cloud=cloud, directory=_Everybody(), executor=late, clock=system_clock, new_id=new_id,
            account=names.ACCOUNT_ID, region=names.REGION,
        )  # fmt: skip
        plant = Plant(desk=desk, account=cloud.account, executor=new_id(), pause=asyncio.sleep)
        durable = Durable(plant, url)
        await durable.start()
        late.durable = durable
        await cloud.warm(names.ACCOUNT_ID, names.REGION)
        try:
            yield desk
        finally:
            await durable.stop()
            await store.aclose()
            cloud.close()


async def contain_once(desk: Desk, box: Box) -> Measured:
    """Declare, plan, approve, and wait until every step's configuration is proved."""
    incident = await declare(desk, names.INSTANCE_ID, by=PROPOSER, door=Door.TERMINAL)
    plan = await propose(desk, incident.id, CONTAIN, by=PROPOSER, door=Door.TERMINAL)
    before = len(await box.log())
    began = time.monotonic()
    await approve(desk, plan.id, plan.hash, by=APPROVER, door=Door.TERMINAL)
    while True:
        async with desk.store.begin() as unit:
            run = await unit.runs.get(plan.id)
            steps = await unit.runs.steps(plan.id)
        if run is not None and run.state not in ACTIVE:
            break
        await asyncio.sleep(0.002)
    bad = [f"{s.action}: {s.problem}" for s in steps if s.problem]
    if bad:
        raise RuntimeError(f"containment failed: {'; '.join(bad)}")
    ended = max(s.ended.timestamp() for s in steps if s.ended is not None)
    seconds = time.monotonic() - began - (system_clock().timestamp() - ended)
    async with desk.store.begin() as unit:
        await unit.incidents.close(incident.id, system_clock(), "bench")
    calls = grouped((await box.log())[before:])
    return Measured(
        seconds=seconds, calls=len(calls), observed_depth=observed_depth(calls), serial=serial_seconds(calls)
    )


async def measure(rtt_ms: float, *, asg: bool, warm: bool, times: int = 5) -> list[Measured]:
    """Some containments of the same kind, after one that is not counted."""
    # Snapshots take minutes on AWS: they are pending when containment is proved.
    config = StandInConfig(in_auto_scaling_group=asg, keep_groups=warm, complete_on_lock=False)
    found: list[Measured] = []
    async with stand_in(rtt_ms=rtt_ms, config=config) as box:
        os.environ["AWS_ENDPOINT_URL"] = box.endpoint_url
        async with product() as desk:
            for number in range(times + 1):
                await box.reset(config)
                one = await contain_once(desk, box)
                if number:
                    found.append(one)
    return found


async def main() -> bool:
    """Print a row a scenario; whether all are within their limits."""
    print(f"contain: 3 volumes, 2 interfaces, 2 target groups; depth {DEPTH}; limit {LIMIT} at 50 and 150 ms")
    print("  rtt  where   groups   median s  ÷ limit   calls  depth seen  serial ÷ median")
    good = True
    for rtt in (10.0, 50.0, 150.0):
        for asg in (True, False):
            for warm in (False, True):
                runs = await measure(rtt, asg=asg, warm=warm)
                median = statistics.median(r.seconds for r in runs)
                ratio = median / (DEPTH * rtt / 1000)
                faster = statistics.median(r.serial for r in runs) / median
                ok = rtt < 50 or (ratio <= LIMIT and faster >= SERIAL)
                good &= ok
                print(
                    f"  {rtt:>3.0f}  {'ASG' if asg else 'plain':<6}  {'warm' if warm else 'cold':<6}  {median:>8.3f}"
                    f"  {ratio:>7.2f}  {runs[0].calls:>6}  {max(r.observed_depth for r in runs):>10}"
                    f"  {faster:>15.1f}{'' if ok else '   OVER'}"
                )
    return good


if __name__ == "__main__":
    raise SystemExit(0 if asyncio.run(main()) else 1)
