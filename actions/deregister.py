"""Deregister from load balancers: standby in its Auto Scaling group, and out of every target group and balancer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from actions import balancers, scaling
from actions.action import Action, Look
from actions.balancers import Classic, Held, Registration
from actions.instance import alive, seen, tags_of
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.clock import stamp
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both, gather
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

_CONTROLLERS = (
    ("eks:cluster-name", "EKS"),
    ("kubernetes.io/cluster/", "Kubernetes"),
    ("aws:ecs:", "ECS"),
    ("AmazonECSManaged", "ECS"),
    ("aws:ec2spot:fleet-request-id", "Spot Fleet"),
    ("aws:ec2:fleet-id", "EC2 Fleet"),
)
"""How the tag keys begin that controllers give to the instances they replace by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """The plan: where the instance serves now. `health` goes with `registrations`; `drain` is in seconds.

    `group` is its Auto Scaling group, or empty; `lifecycle` its state there; `controllers` are those in words.
    """

    target: Target
    group: str
    lifecycle: str
    registrations: tuple[Registration, ...]
    classics: tuple[Classic, ...]
    controllers: tuple[str, ...]
    desired: int = field(metadata=PASSING)
    maximum: int = field(metadata=PASSING)
    health: tuple[str, ...] = field(metadata=PASSING)
    drain: int = field(metadata=PASSING)

    @property
    def stands_by(self) -> bool:
        """Whether the group is to put it on standby."""
        return self.lifecycle == scaling.IN_SERVICE

    @property
    def own(self) -> tuple[Registration, ...]:
        """The registrations that no Auto Scaling group takes care of."""
        return tuple(r for r in self.registrations if not (r.scaled and self.stands_by))

    @property
    def own_classics(self) -> tuple[Classic, ...]:
        """The classic balancers that no Auto Scaling group takes care of."""
        return tuple(c for c in self.classics if not (c.scaled and self.stands_by))

    @property
    def raises_maximum(self) -> bool:
        """Whether undo needs a larger maximum, as ExitStandby adds one to the desired capacity."""
        return self.stands_by and self.desired + 1 > self.maximum

    def show(self) -> Shown:
        """The plan in words."""
        standby = Change(
            subject=f"Auto Scaling group {plain(self.group)}",
            before="in service",
            after="standby; the group launches a replacement",
        )
        calls = (
            (int(self.stands_by), "EnterStandby"),
            (len(self.own), "DeregisterTargets"),
            (len(self.own_classics), "DeregisterInstancesFromLoadBalancer"),
        )
        minutes = f"open connections drain for up to {self.drain} s, unless isolation cuts them"
        return Shown(
            changes=(
                *((standby,) if self.stands_by else ()),
                *(
                    Change(
                        subject=f"target group {r.name}",
                        before=f"{r.id}:{r.port}{' in ' + r.zone if r.zone else ''}, {health}",
                        after="deregistered",
                    )
                    for r, health in zip(self.registrations, self.health, strict=True)
                ),
                *(
                    Change(subject=f"classic balancer {c.name}", before="registered", after="deregistered")
                    for c in self.classics
                ),
            ),
            calls=tuple(f"{count} × {name}" for count, name in calls if count),
            notes=(minutes,) if self.registrations or self.classics else (),
            breaks=("what only this instance can answer; the balancers ask the others",),
            keeps=(
                "traffic that comes past the balancers: public addresses, DNS, Global Accelerator, Lattice",
            ),
            warnings=tuple(
                f"{c} manages this instance and may replace it, or move its work, all by itself."
                for c in self.controllers
            ),
            undo=self._undo(),
        )

    def _undo(self) -> str:
        if not self.stands_by:
            return "yes, exactly, while target groups and balancers exist"
        more = f"yes, but {plain(self.group, 100)} then wants {self.desired + 1} instances instead of {self.desired}"
        why = "until its policies or a person lower that, which terminates an instance of the group's choice"
        raised = f"; its maximum is raised from {self.maximum} to {self.desired + 1}, and stays so"
        return f"{more}, {why}{raised if self.raises_maximum else ''}"


def _addresses(instance: InstanceTypeDef) -> frozenset[str]:
    cards = instance.get("NetworkInterfaces", [])
    four = (a.get("PrivateIpAddress", "") for n in cards for a in n.get("PrivateIpAddresses", []))
    six = (a.get("Ipv6Address", "") for n in cards for a in n.get("Ipv6Addresses", []))
    return frozenset((*four, *six)) - {""}


def _controllers(tags: dict[str, str]) -> tuple[str, ...]:
    found = {
        f"{kind} ({plain(tags[key], 80)})" if tags[key] else kind
        for key in tags
        for start, kind in _CONTROLLERS
        if key.startswith(start)
    }
    return tuple(sorted(found))


async def plan(target: Target, aws: Account) -> Withdrawal:
    """Record the Auto Scaling membership and every registration."""
    (found_instance, membership), (groups, names) = await both(
        both(seen(aws, target.instance), scaling.membership(aws, target.instance)),
        both(balancers.target_groups(aws), balancers.classics(aws, target.instance)),
    )
    instance = alive(found_instance, target)
    member, group = membership if membership is not None else (None, None)
    if member is not None and member.state not in scaling.OUT | {scaling.IN_SERVICE}:
        raise DoesNotApply(
            f"The instance is {member.state} in {member.group}: only what is in service can be taken out of it.",
            then="Plan again when that has ended.",
        )
    mine = frozenset({target.instance}) | _addresses(instance)
    attached = group.target_groups if group is not None else frozenset[str]()
    found = await balancers.registrations(aws, groups, mine, attached)
    if not found and not names and (member is None or member.state in scaling.OUT):
        raise DoesNotApply("The instance serves nobody: no target group or balancer, or on standby already.")
    return Withdrawal(
        target=target,
        group=member.group if member is not None else "",
        lifecycle=member.state if member is not None else "",
        registrations=tuple(r for r, _ in found),
        classics=tuple(Classic(name=n, scaled=group is not None and n in group.balancers) for n in names),
        controllers=_controllers(tags_of(instance)),
        desired=group.desired if group is not None else 0,
        maximum=group.maximum if group is not None else 0,
        health=tuple(health for _, health in found),
        drain=await balancers.drain_seconds(aws, (r.group for r, _ in found), names),
    )


async def execute(plan: Withdrawal, run: Run) -> None:
    """Standby and deregistration at once; the plan holds all that they need."""
    await gather(
        *((scaling.leave(run, plan.target.instance, plan.group),) if plan.stands_by else ()),
        *(balancers.deregister(run, r) for r in plan.own),
        *(balancers.deregister_classic(run, c.name, plan.target.instance) for c in plan.own_classics),
    )
    run.opens()


async def verify(plan: Withdrawal, look: Look) -> Proof:
    """Lifecycle state and every registration as they are now; draining ones are waited for."""
    member, (targets, names) = await both(
        _membership(plan, look),
        both(
            gather(*(balancers.held(look.aws, r) for r in plan.registrations)),
            balancers.classics(look.aws, plan.target.instance) if plan.classics else _nothing(),
        ),
    )
    classics = [Held.REGISTERED if c.name in names else Held.GONE for c in plan.classics]
    served = [*targets, *classics]
    everything = [*served, *((member,) if member is not None else ())]
    left = served.count(Held.GONE) + served.count(Held.DRAINING)
    standing = {Held.GONE: "standby", Held.DRAINING: "entering standby", Held.REGISTERED: "in service"}
    says = (
        *((f"{standing[member]} in {plan.group}",) if member is not None else ()),
        *((f"deregistered from {left} of {len(served)} target groups and balancers",) if served else ()),
    )
    in_service = everything.count(Held.REGISTERED)
    if in_service:
        return Proof(rung=Rung.ABSENT if in_service == len(everything) else Rung.APPLIED, says=says)
    if Held.DRAINING in everything:
        until = (look.applied or look.now) + timedelta(seconds=plan.drain)
        return Proof(
            rung=Rung.CONFIGURED,
            says=says,
            waits=f"connections drain until {stamp(until)}",
            again=timedelta(seconds=30),
        )
    return Proof(rung=Rung.PROVED, says=says)


async def _nothing() -> tuple[str, ...]:
    return ()


async def _membership(plan: Withdrawal, look: Look) -> Held | None:
    if not plan.stands_by:
        return None
    now = await scaling.member(look.aws, plan.target.instance)
    if now is None or now.state == scaling.STANDBY:
        return Held.GONE
    return Held.DRAINING if now.state in scaling.OUT else Held.REGISTERED


async def undo(plan: Withdrawal, run: Run) -> None:
    """Back in service in its group, and registered where it was.

    ExitStandby adds one to the desired capacity, because the replacement stays. It is not taken back: lowering
    it lets the group terminate an instance of its own choice, which may be the one that was just put back, and
    undo never terminates anything. For the same reason a raised maximum stays. The maximum is raised only if
    the plan said so; a group that grew to its maximum since then is a person's to decide.
    """
    instance = plan.target.instance
    await gather(_still_member(plan, run), _still_there(plan, run))
    await gather(
        *(
            (scaling.come_back(run, instance, plan.group, raising=plan.raises_maximum),)
            if plan.stands_by
            else ()
        ),
        *(balancers.register(run, r) for r in plan.own),
        *(balancers.register_classic(run, c.name, plan.target.instance) for c in plan.own_classics),
    )


async def _still_member(plan: Withdrawal, run: Run) -> None:
    if plan.stands_by:
        await scaling.still_member(run.aws, plan.target.instance, plan.group)


async def _still_there(plan: Withdrawal, run: Run) -> None:
    groups, names = {r.group for r in plan.own}, [c.name for c in plan.own_classics]
    try:
        if groups:
            await run.aws.call(run.aws.elbv2.describe_target_groups, TargetGroupArns=sorted(groups))
        if names:
            await run.aws.call(run.aws.elb.describe_load_balancers, LoadBalancerNames=names)
    except AwsRefused as refusal:
        if refusal.code not in ("TargetGroupNotFound", "LoadBalancerNotFound", "AccessPointNotFound"):
            raise
        raise Drift(
            "A target group or balancer that held the instance was deleted since.",
            means="Nothing was registered again.",
            then="Register the instance by hand where it belongs now.",
        ) from refusal


deregister = Action(
    name="deregister",
    title="Deregister from load balancers",
    row="C3",
    phase=Phase.CONTAIN,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:EnterStandby",
            "autoscaling:ExitStandby",
            "autoscaling:UpdateAutoScalingGroup",
            "ec2:DescribeInstances",
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
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
)
