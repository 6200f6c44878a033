"""Register the replacement where the instance served: the same target groups, ports and classic balancers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from actions import balancers
from actions.action import Action, Look
from actions.balancers import Registration
from actions.instance import state_of
from actions.replacement import at_first, replacement
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both, gather
from playbook.incident import InstanceFacts
from playbook.plan import Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef
    from mypy_boto3_elbv2.type_defs import TargetGroupTypeDef

_GOOD = frozenset({"healthy", "InService"})
_SOON = frozenset({"initial", "unknown", "Unknown"})
"""States in which a balancer has not judged yet (ELB User Guides, “Health checks for your target groups”)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registering:
    """The plan: `replacement` goes into these target groups and classic balancers. `missing` are groups that
    served the instance and are gone.
    """

    target: Target
    first: InstanceFacts
    replacement: str
    registrations: tuple[Registration, ...]
    classics: tuple[str, ...]
    missing: tuple[str, ...]

    def show(self) -> Shown:
        """The plan in words."""
        calls = (
            (len(self.registrations), "RegisterTargets"),
            (len(self.classics), "RegisterInstancesWithLoadBalancer"),
        )
        scaled = (
            f"Auto Scaling group {plain(self.first.autoscaling_group, 100)} does not take it as a member: it would"
            " count it, and could terminate it for one of its own. It serves beside them."
        )
        return Shown(
            changes=(
                *(
                    Change(subject=f"target group {r.name}", before="not registered", after=f"{r.id}:{r.port}")
                    for r in self.registrations
                ),
                *(
                    Change(subject=f"classic balancer {c}", before="not registered", after=self.replacement)
                    for c in self.classics
                ),
            ),
            calls=tuple(f"{count} × {name}" for count, name in calls if count),
            notes=("requests reach it as soon as health checks pass",),
            keeps=("every other target", "addresses and DNS names that pointed at the instance itself"),
            warnings=(
                *((f"Gone since the incident opened: target group {words(self.missing)}.",) if self.missing else ()),
                *((scaled,) if self.first.autoscaling_group else ()),
            ),
            undo="yes: exactly these registrations are taken back",
        )  # fmt: skip


async def plan(target: Target, aws: Account) -> Registering:
    """Find the replacement, and every place where the instance served."""
    first = at_first(aws)
    made = await replacement(aws, target)
    if made is None:
        raise DoesNotApply(
            "No replacement is there to be registered.", then="Launch one first, then plan again."
        )
    id_ = made.get("InstanceId", "")
    if state_of(made) != "running":
        raise DoesNotApply(f"The replacement {id_} is {state_of(made)}.", then="Plan again when it runs.")
    groups, there = await both(balancers.target_groups(aws), balancers.classics(aws, id_))
    here = [
        g
        for g in groups
        if g.get("TargetGroupName") in first.target_groups and g.get("VpcId") == made.get("VpcId")
    ]
    mine = frozenset({id_, made.get("PrivateIpAddress", "")}) - {""}
    taken = {(r.group, r.port) for r, _ in await balancers.registrations(aws, here, mine, frozenset())}
    every = (r for g in here for r in _registrations(g, made, first))
    registrations = tuple(r for r in every if (r.group, r.port) not in taken)
    classics = tuple(n for n in first.classics if n not in there)
    if not registrations and not classics:
        raise DoesNotApply(
            f"{id_} is registered already."
            if taken or there
            else "The instance served in no target group or balancer."
        )
    return Registering(
        target=target,
        first=first,
        replacement=id_,
        registrations=registrations,
        classics=classics,
        missing=tuple(sorted(set(first.target_groups) - {g.get("TargetGroupName", "") for g in here})),
    )  # fmt: skip


def _registrations(
    group: TargetGroupTypeDef, made: InstanceTypeDef, first: InstanceFacts
) -> Iterator[Registration]:
    """The replacement as this group takes it: by id or by address, under the ports that the instance had."""
    by_address = group.get("TargetType") == "ip"
    name = group.get("TargetGroupName", "")
    for port in first.ports.get(name) or (group.get("Port", 0),):
        yield Registration(
            group=group.get("TargetGroupArn", ""),
            name=name,
            id=made.get("PrivateIpAddress", "") if by_address else made.get("InstanceId", ""),
            port=port,
            zone="",
            scaled=False,
        )


async def execute(plan: Registering, run: Run) -> None:
    """Register everywhere at once; repeating it changes nothing."""
    await gather(
        *(balancers.register(run, r) for r in plan.registrations),
        *(balancers.register_classic(run, name, plan.replacement) for name in plan.classics),
    )


async def verify(plan: Registering, look: Look) -> Proof:
    """What each balancer says of the replacement's health."""
    aws = look.aws
    ours, theirs = await both(
        gather(*(balancers.health(aws, r) for r in plan.registrations)),
        gather(*(balancers.classic_health(aws, name, plan.replacement) for name in plan.classics)),
    )
    names = [*(r.name for r in plan.registrations), *plan.classics]
    states = [*ours, *theirs]
    says = tuple(f"{name}: {state or 'not registered'}" for name, state in zip(names, states, strict=True))
    if not all(states):
        return Proof(rung=Rung.APPLIED if any(states) else Rung.ABSENT, says=says)
    if all(state in _GOOD for state in states):
        return Proof(rung=Rung.PROVED, says=says)
    if all(state in _GOOD | _SOON for state in states):
        return Proof(rung=Rung.CONFIGURED, says=says, waits="health checks", again=timedelta(seconds=15))
    if all(state in _GOOD | _SOON | {"unused"} for state in states):
        return Proof(
            rung=Rung.CONFIGURED, says=says, waits="a balancer that uses the group; none does, so none checks"
        )
    return Proof(
        rung=Rung.APPLIED,
        says=says,
        waits="the application to answer health checks",
        again=timedelta(seconds=30),
    )


async def undo(plan: Registering, run: Run) -> None:
    """Take back exactly these registrations."""
    now = await replacement(run.aws, plan.target)
    if now is None or now.get("InstanceId") != plan.replacement:
        raise Drift(
            f"{plan.replacement} is no longer the replacement: it was terminated, or its marks were changed.",
            means="What is registered now is somebody else's decision.",
            then="Look at the target groups, and deregister by hand what should not serve.",
        )
    await gather(
        *(balancers.deregister(run, r) for r in plan.registrations),
        *(balancers.deregister_classic(run, name, plan.replacement) for name in plan.classics),
    )


register = Action(
    name="register",
    title="Register the replacement",
    row="R2",
    phase=Phase.RECOVER,
    risk=Risk.REVERSIBLE,
    after=("replace",),
    permissions=frozenset(
        {
            "ec2:DescribeInstances",
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:DescribeInstanceHealth",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
            "elasticloadbalancing:RegisterTargets",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=lambda plan: Brief(first=plan.first),
)
