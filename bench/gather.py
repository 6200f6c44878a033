"""Bench *gather*: every check that is made when an incident opens, against the physical limit.

The limit is the depth of the call graph times the round trip, and the time for which AWS itself makes CloudTrail's
look-ups wait: of n look-ups in one region the last may not leave before (n - 1) // 2 seconds after the first,
because AWS takes two a second. Look-ups of different regions do not wait for each other. Polls of a query or of a
command that is still running would come on top; here both are done at the first look.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import boto3

from actions.check import When
from actions.checks.catalogue import CHECKS
from actions.checks.reading_trail import PER_SECOND
from actions.cloud import AwsCloud
from bench.aws_stand_in import names
from bench.aws_stand_in.config import StandInConfig
from bench.aws_stand_in.handle import Box, stand_in
from bench.aws_stand_in.journal import grouped, observed_depth, serial_seconds
from playbook.brief import Brief
from playbook.policy import Policy
from playbook.target import Target

DEPTH = 5
"""The instance, its profile's role, the role's policies, a policy, its document: no check needs a longer way."""
LIMIT = 1.3
GATHERED = tuple(check.name for check in CHECKS if check.when is When.OPENED)
TARGET = Target(account=names.ACCOUNT_ID, region=names.REGION, instance=names.INSTANCE_ID, incident="bench")
OUTPUT = "#sockets\n#cron\n#processes\n1\troot\t\t/usr/lib/systemd/systemd\tsystemd\n#end\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One gathering; `paced` are the seconds for which AWS's limit on look-ups makes it wait."""

    seconds: float
    calls: int
    lookups: int
    paced: int
    depth: int
    serial: float

    def limit(self, rtt: float) -> float:
        """Seconds below which it can't be, with a round trip of so many seconds."""
        return DEPTH * rtt + self.paced


@dataclass(slots=True)
class Lookups:
    """CloudTrail's look-ups by region, as they leave."""

    by_region: Counter[str] = field(default_factory=Counter[str])

    def note(self, context: dict[str, Any], **_: object) -> None:
        """A hook of the session."""
        self.by_region[str(context["client_region"])] += 1


@asynccontextmanager
async def cloud(lookups: Lookups) -> AsyncGenerator[AwsCloud]:
    """The product's way to AWS, on the stand-in."""
    session = boto3.Session(
        region_name=names.REGION, aws_access_key_id="bench", aws_secret_access_key="bench"
    )
    cast("Any", session.events).register("before-call.cloudtrail.LookupEvents", lookups.note)
    made = AwsCloud(session_for=lambda _: session, policy=Policy())
    try:
        yield made
    finally:
        await asyncio.to_thread(made.close)


async def gather_once(made: AwsCloud, box: Box, lookups: Lookups) -> Measured:
    """Make every check of an incident's opening at once."""
    before = len(await box.log())
    lookups.by_region.clear()
    began = time.monotonic()
    await made.look(TARGET, GATHERED, Brief())
    seconds = time.monotonic() - began
    calls = grouped((await box.log())[before:])
    return Measured(
        seconds=seconds,
        calls=len(calls),
        lookups=lookups.by_region.total(),
        paced=max(((n - 1) // PER_SECOND for n in lookups.by_region.values()), default=0),
        depth=observed_depth(calls),
        serial=serial_seconds(calls),
    )


async def measure(rtt_ms: float, times: int = 5) -> list[Measured]:
    """Some gatherings, after one that is not counted; each begins when AWS takes look-ups again."""
    config = StandInConfig(command_output=OUTPUT)
    found: list[Measured] = []
    async with stand_in(rtt_ms=rtt_ms, config=config) as box:
        os.environ["AWS_ENDPOINT_URL"] = box.endpoint_url
        lookups = Lookups()
        async with cloud(lookups) as made:
            for number in range(times + 1):
                one = await gather_once(made, box, lookups)
                if number:
                    found.append(one)
                await asyncio.sleep(1.1)
    return found


async def main() -> bool:
    """Print a row a round trip; whether all are within the limit."""
    print(
        f"gather: {len(GATHERED)} checks; depth {DEPTH}, and {PER_SECOND} look-ups a second; limit {LIMIT} at 50 ms"
    )
    print("  rtt  median s  ÷ limit   calls  look-ups  paced s  depth seen  serial ÷ median")
    good = True
    for rtt in (10.0, 50.0, 150.0):
        runs = await measure(rtt)
        median = statistics.median(r.seconds for r in runs)
        ratio = statistics.median(r.seconds / r.limit(rtt / 1000) for r in runs)
        faster = statistics.median(r.serial for r in runs) / median
        ok = rtt < 50 or ratio <= LIMIT
        good &= ok
        last = runs[-1]
        print(
            f"  {rtt:>3.0f}  {median:>8.3f}  {ratio:>7.2f}  {last.calls:>6}  {last.lookups:>8}  {last.paced:>7}"
            f"  {max(r.depth for r in runs):>10}  {faster:>15.1f}{'' if ok else '   OVER'}"
        )
    return good


if __name__ == "__main__":
    raise SystemExit(0 if asyncio.run(main()) else 1)
