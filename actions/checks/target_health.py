"""The health of the target groups that the instance serves in, or served in when the incident opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.balancers import target_groups
from actions.scene import Scene
from playbook.errors import DoesNotApply
from playbook.gathering import gather

if TYPE_CHECKING:
    from mypy_boto3_elbv2.type_defs import TargetGroupTypeDef

TARGETS = frozenset(
    {"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """A target group with each target's state as ELB names it, and the reasons of those that are not healthy."""

    group: str
    balancers: tuple[str, ...]
    states: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def healthy(self) -> int:
        """How many targets are healthy."""
        return self.states.count("healthy")

    @property
    def good(self) -> bool:
        """Whether somebody answers and nobody who should is ill; whoever drains is on the way out."""
        return self.healthy > 0 and not {"unhealthy", "unavailable"} & {*self.states}

    @property
    def words(self) -> str:
        """In words: `web: 1 of 2 targets is healthy; 1 unhealthy (Target.Timeout)`."""
        others = sorted({s for s in self.states if s != "healthy"})
        counted = "; ".join(f"{self.states.count(s)} {s}" for s in others)
        reasons = f" ({', '.join(self.reasons)})" if self.reasons else ""
        of = f"{self.group}: {self.healthy} of {len(self.states)} targets healthy"
        return f"{of}; {counted}{reasons}" if counted else of


async def served(scene: Scene) -> tuple[Health, ...]:
    """The groups' health now, by name. Raises DoesNotApply when it serves in none and did not at first."""
    return await scene.once("target-health", lambda: _read(scene))


async def _read(scene: Scene) -> tuple[Health, ...]:
    first = scene.brief.first
    names = frozenset(first.target_groups) if first is not None else frozenset[str]()
    # Groups of addresses hold one of the instance's; where how it was is not known, only its id is looked for.
    mine = {scene.target.instance, *(first.private_ips if first is not None else ())}
    read = await gather(*(_health(scene, group) for group in await target_groups(scene.aws)))
    kept = sorted((h for h, ids in read if h.group in names or ids & mine), key=lambda h: h.group)
    if not kept:
        raise DoesNotApply(
            "The instance serves behind no target group, and did not when the incident opened."
        )
    return tuple(kept)


async def _health(scene: Scene, group: TargetGroupTypeDef) -> tuple[Health, frozenset[str]]:
    aws = scene.aws
    answer = await aws.call(aws.elbv2.describe_target_health, TargetGroupArn=group.get("TargetGroupArn", ""))
    every = answer["TargetHealthDescriptions"]
    states = [d.get("TargetHealth", {}) for d in every]
    reasons = {s.get("Reason", "") for s in states if s.get("State") != "healthy"}
    health = Health(
        group=group.get("TargetGroupName", ""),
        balancers=tuple(group.get("LoadBalancerArns", [])),
        states=tuple(s.get("State", "unknown") for s in states),
        reasons=tuple(sorted(r for r in reasons if r)),
    )
    return health, frozenset(d.get("Target", {}).get("Id", "") for d in every)
