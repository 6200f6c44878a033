"""Every region of the account: which are enabled, and one reading made in all of them at once.

A region that could not be asked is a gap with its name, never clean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from actions.scene import Scene
from aws.account import Account
from playbook.errors import Ec2irError

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

T = TypeVar("T")

REGIONS = frozenset({"ec2:DescribeRegions"})
FLEETS = REGIONS | {"ec2:DescribeInstances"}
"""The IAM actions of the two reads."""
AT_ONCE = 8
"""Regions asked at the same time: the threads are shared with all other checks."""
LINE = 10
"""Regions that are named in one line."""
NONE_HERE = "No instance is in the region: there is nothing to harden."
"""What an audit says of a region without instances."""
_HERE = ("pending", "running", "stopping", "stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Everywhere(Generic[T]):
    """What the regions answered, by name, and in words which of them did not."""

    answers: Mapping[str, T]
    gaps: tuple[str, ...]


async def enabled(scene: Scene) -> tuple[str, ...]:
    """The regions that the account may use, by name (EC2 API reference, DescribeRegions, AllRegions=false)."""

    async def read() -> tuple[str, ...]:
        answer = await scene.aws.call(scene.aws.ec2.describe_regions, AllRegions=False)
        return tuple(sorted(r.get("RegionName", "") for r in answer["Regions"]))

    return await scene.once("regions", read)


async def everywhere(scene: Scene, read: Callable[[Account], Awaitable[T]]) -> Everywhere[T]:
    """`read` in each enabled region. Raises only when the regions themselves can't be listed."""
    names = await enabled(scene)
    turn = asyncio.Semaphore(AT_ONCE)

    async def of(region: str) -> T | Ec2irError:
        async with turn:
            try:
                return await read(scene.elsewhere(region))
            except Ec2irError as trouble:
                return trouble

    answers = dict(zip(names, await asyncio.gather(*map(of, names)), strict=True))
    return Everywhere(
        answers={r: a for r, a in answers.items() if not isinstance(a, Ec2irError)},
        gaps=told({r: str(a) for r, a in answers.items() if isinstance(a, Ec2irError)}),
    )


def told(troubles: Mapping[str, str]) -> tuple[str, ...]:
    """Regions that could not be asked, each by its name, with what came in the way said once for a line of them."""
    groups: dict[str, list[str]] = {}
    for region, why in troubles.items():
        groups.setdefault(why, []).append(region)
    return tuple(
        f"{', '.join(regions[at : at + LINE])} could not be asked. {why}"
        for why, regions in groups.items()
        for at in range(0, len(regions), LINE)
    )


async def fleet(aws: Account) -> tuple[InstanceTypeDef, ...]:
    """Every instance of the account in this region that is not terminated."""

    def listed() -> tuple[InstanceTypeDef, ...]:
        # The client of a region is made here, in the pool: making twenty would hold the loop up.
        pages = aws.ec2.get_paginator("describe_instances").paginate(
            Filters=[{"Name": "instance-state-name", "Values": list(_HERE)}]
        )
        return tuple(i for page in pages for r in page["Reservations"] for i in r.get("Instances", []))

    return await aws.call(listed)


async def fleet_here(scene: Scene) -> tuple[InstanceTypeDef, ...]:
    """The fleet of the scene's own region, read once."""
    return await scene.once("fleet", lambda: fleet(scene.aws))


async def fleets(scene: Scene) -> Everywhere[tuple[InstanceTypeDef, ...]]:
    """The fleet of every enabled region, read once."""
    return await scene.once("fleets", lambda: everywhere(scene, fleet))
