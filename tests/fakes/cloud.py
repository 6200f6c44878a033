"""A cloud that answers what a test says, and an executor that only remembers what it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from actions.isolate import GroupSwap, Interface
from actions.protect import Attributes, Disk, Protection
from actions.tag import Tagged, Tagging
from playbook.answer import Answer, gap
from playbook.brief import Brief
from playbook.environment import Environment
from playbook.errors import Unreachable
from playbook.incident import InstanceFacts
from playbook.plan import Plan, dump, fingerprint
from playbook.proposal import LeftOut, ProposedStep
from playbook.target import Target

WEB = "i-0abc1234def567890"


def plan_of(action: str, target: Target, *, interfaces: int = 2) -> Plan | None:
    """A plan of the actions that a test needs no AWS for; None for the others."""
    if action == "isolate":
        found = tuple(
            Interface(
                id=f"eni-{n}",
                vpc="vpc-1",
                subnet="subnet-1",
                index=n,
                groups=(f"sg-{n}",),
                labels=("sg-web",),
            )
            for n in range(interfaces)
        )
        return GroupSwap(target=target, interfaces=found, forensics_cidr="", untrack=True, logged=True)
    if action == "protect":
        disk = Disk(device="/dev/xvda", volume="vol-1", deleted=True)
        before = Attributes(locked=False, shutdown="stop", disks=(disk,))
        return Protection(target=target, before=before, spot=False, group="")
    if action == "tag":
        resources = (Tagged(id=target.instance, status=None, incident=None),)
        return Tagging(target=target, resources=resources)
    return None


@dataclass(slots=True, kw_only=True)
class FakeCloud:
    """`playbook.ports.Cloud`. `known` are its instances; `away` is the problem with which it can't be reached."""

    known: dict[str, InstanceFacts] = field(default_factory=dict[str, InstanceFacts])
    away: str = ""
    interfaces: int = 2
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    planned: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])

    def has(self, instance: str = WEB, *, region: str = "ap-southeast-1", **details: object) -> InstanceFacts:
        """Let it know an instance."""
        facts = InstanceFacts(account="111111111111", region=region, instance=instance, **details)  # pyright: ignore[reportArgumentType]
        self.known[instance] = facts
        return facts

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        found = self.known.get(instance)
        if found is not None and (found.account, found.region) == (account, region):
            return found
        return InstanceFacts(
            account=account, region=region, instance=instance, seen=False, problem="there is no such instance",
            environment=Environment.PRODUCTION,
        )  # fmt: skip

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:
        if self.away:
            raise Unreachable(self.away, means="Nothing was planned.", then="Try again.")
        self.planned.append(tuple(actions))
        made: Mapping[str, Plan | None] = {a: plan_of(a, target, interfaces=self.interfaces) for a in actions}
        steps = tuple(
            ProposedStep(action=name, body=dump(plan), fingerprint=fingerprint(plan))
            for name, plan in made.items()
            if plan is not None
        )
        left = tuple(
            LeftOut(action=n, why="there is nothing of the kind here") for n, p in made.items() if not p
        )
        return steps, left

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        return {name: self.answers.get(name, gap("nobody said what AWS would answer")) for name in checks}


@dataclass(slots=True)
class FakeExecutor:
    """`playbook.ports.Executor` that carries nothing out."""

    carried: list[str] = field(default_factory=list[str])
    nudged: int = 0

    async def carry(self, run: str) -> None:
        self.carried.append(run)

    async def nudge(self) -> None:
        self.nudged += 1
