"""AWS as commands see it: facts about an instance, and the plans of actions, through one pool of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from actions.checks.catalogue import CHECK_BY_NAME
from actions.looking import look
from actions.scene import Scene
from aws import instances
from aws.account import Account
from aws.clients import POOL, Clients, SessionFor
from playbook.answer import Answer, gap
from playbook.brief import Brief
from playbook.clock import Clock, system_clock
from playbook.errors import DoesNotApply, Refused, StepFailed, Unreachable
from playbook.graph import levels
from playbook.incident import InstanceFacts
from playbook.plan import Plan, dump, fingerprint
from playbook.policy import Policy
from playbook.proposal import LeftOut, ProposedStep
from playbook.target import Target

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

READERS = 32
"""Threads in which checks wait."""
_WARM = ("ec2", "iam", "autoscaling", "elbv2", "elb", "logs", "ssm")


class AwsCloud:
    """Fulfils `playbook.ports.Cloud`; owns the threads in which calls wait, until it is closed."""

    def __init__(
        self,
        *,
        session_for: SessionFor,
        policy: Policy,
        actions: Iterable[AnyAction] = ACTIONS,
        clock: Clock = system_clock,
    ) -> None:
        self._clock = clock
        self._clients = Clients(session_for)
        self._policy = policy
        self._actions: Mapping[str, AnyAction] = {action.name: action for action in actions}
        self._pool = ThreadPoolExecutor(max_workers=POOL, thread_name_prefix="aws")
        # Of their own: slow reads must never stand before a containment's writes.
        self._readers = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="aws-checks")

    def close(self) -> None:
        """Wait for the calls that are under way, and end the threads."""
        self._pool.shutdown()
        self._readers.shutdown()

    @property
    def tally(self) -> Mapping[str, int]:
        """AWS's answers so far, by outcome: ok, throttled, refused, failed."""
        return self._clients.tally

    def account(self, target: Target) -> Account:
        """The account and region that the target is in."""
        return self._account(target.account, target.region)

    def queue_client(self, account: str, region: str) -> SQSClient:
        """The client for the alert queue, which is in ec2ir's own account."""
        return cast("SQSClient", self._clients.get(account, region, "sqs"))

    async def warm(self, account: str, region: str) -> None:
        """Make the clients of an account and region in the pool, where 0.2 s of work does not hold the loop up.

        Raises Unreachable when the account can't be reached at all.
        """
        loop = asyncio.get_running_loop()
        kinds = [(service, False) for service in _WARM] + [("ec2", True), ("ssm", True)]
        await loop.run_in_executor(self._pool, self._make, account, region, kinds)

    def _make(self, account: str, region: str, kinds: Sequence[tuple[str, bool]]) -> None:
        for service, once in kinds:
            self._clients.get(account, region, service, once=once)

    def _account(
        self, account: str, region: str, brief: Brief | None = None, pool: ThreadPoolExecutor | None = None
    ) -> Account:
        return Account(
            id=account,
            region=region,
            policy=self._policy,
            clients=self._clients,
            pool=pool or self._pool,
            brief=brief,
            clock=self._clock,
        )

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        """What AWS says of the instance; with `seen=False` and the problem in words when it can't be asked."""
        try:
            await self.warm(account, region)
        except Unreachable as trouble:
            return InstanceFacts(
                account=account, region=region, instance=instance, seen=False, problem=str(trouble)
            )
        return await instances.facts(self._account(account, region), instance)

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:
        """Plan the actions at once; steps come back in the order in which they may change the target.

        An action that does not apply, or that can't be planned, is left out with its reason. Raises Unreachable
        when that is the reason of every one.
        """
        await self.warm(target.account, target.region)
        after = {name: self._actions[name].after for name in actions}
        order = [name for level in levels(after, actions) for name in level]
        aws = self._account(target.account, target.region, brief)
        answers = await asyncio.gather(*(_planned(self._actions[name], target, aws) for name in order))
        failed = [a for a in answers if isinstance(a, Unreachable)]
        if failed and len(failed) == len(answers):
            raise failed[0]
        steps = tuple(a for a in answers if isinstance(a, ProposedStep))
        left_out = tuple(
            LeftOut(action=name, why=str(a))
            for name, a in zip(order, answers, strict=True)
            if not isinstance(a, ProposedStep)
        )
        return steps, left_out

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        """Make the checks at once; what can't be had is a gap, an account that can't be reached one in each."""
        try:
            await self.warm(target.account, target.region)
        except Unreachable as trouble:
            return {name: gap(str(trouble)) for name in checks}

        def account(region: str) -> Account:
            return self._account(target.account, region, brief, self._readers)

        scene = Scene(
            target=target,
            aws=account(target.region),
            brief=brief,
            now=self._clock(),
            pause=asyncio.sleep,
            elsewhere=account,
        )
        return await look(scene, [CHECK_BY_NAME[name] for name in checks])

    def load(self, step: ProposedStep) -> Plan:
        """The plan that a stored step holds."""
        return self._actions[step.action].load(step.body)


async def _planned(
    action: AnyAction, target: Target, aws: Account
) -> ProposedStep | DoesNotApply | Refused | StepFailed | Unreachable:
    try:
        plan = await action.plan(target, aws)
    except (DoesNotApply, Refused, StepFailed, Unreachable) as reason:
        return reason
    return ProposedStep(action=action.name, body=dump(plan), fingerprint=fingerprint(plan))
