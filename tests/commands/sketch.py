"""AWS as commands see it, sketched: every action can be planned, by name, and a test says when it can't."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from playbook.answer import Answer, gap
from playbook.brief import Brief
from playbook.environment import Environment
from playbook.errors import Unreachable
from playbook.incident import InstanceFacts
from playbook.proposal import LeftOut, ProposedStep
from playbook.target import Target


async def _nothing() -> None:
    return


@dataclass(slots=True, kw_only=True)
class SketchedCloud:
    """`playbook.ports.Cloud`. Every instance exists and is in production, unless a test says otherwise.

    `gone` are instances that AWS does not know; `nothing_to_do` are actions with the reason why they don't apply;
    `down` makes planning impossible. A change of `world` makes every plan another plan. `meanwhile` is awaited
    while AWS is being asked.
    """

    facts_of: dict[str, InstanceFacts] = field(default_factory=dict[str, InstanceFacts])
    gone: set[str] = field(default_factory=set[str])
    nothing_to_do: dict[str, str] = field(default_factory=dict[str, str])
    down: bool = False
    world: str = "as it was"
    meanwhile: Callable[[], Awaitable[object]] = _nothing
    looked: list[str] = field(default_factory=list[str])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    briefs: list[Brief] = field(default_factory=list[Brief])
    planned: list[tuple[str, tuple[str, ...]]] = field(default_factory=list[tuple[str, tuple[str, ...]]])

    def tag(self, instance: str, environment: Environment, **more: Any) -> None:
        """What the instance looks like from now on."""
        known = self.facts_of.get(
            instance, InstanceFacts(account="", region="", instance=instance, state="running")
        )
        self.facts_of[instance] = replace(known, environment=environment, **more)

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        self.looked.append(instance)
        await self.meanwhile()
        if instance in self.gone:
            gone = f"{instance} is not in account {account}, {region}: it is gone."
            return InstanceFacts(account=account, region=region, instance=instance, seen=False, problem=gone)
        known = self.facts_of.get(
            instance, InstanceFacts(account="", region="", instance="", state="running")
        )
        return replace(known, account=account, region=region, instance=instance)

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:
        self.planned.append((target.instance, tuple(actions)))
        await self.meanwhile()
        if self.down:
            raise Unreachable(f"Account {target.account} did not answer.", then="Try again.")
        steps = tuple(
            ProposedStep(action=a, body={"on": target.instance}, fingerprint=f"{a}: {self.world}")
            for a in actions
            if a not in self.nothing_to_do
        )
        left_out = tuple(
            LeftOut(action=a, why=self.nothing_to_do[a]) for a in actions if a in self.nothing_to_do
        )
        return steps, left_out

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        self.briefs.append(brief)
        await self.meanwhile()
        return {name: self.answers.get(name, gap("nobody said what AWS would answer")) for name in checks}
