"""Stop the instance: for a machine that nobody needs running, such as one in dev or test that mines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import UNKNOWN, alive, gone, is_spot, local_disks, scaled_by, seen, state_of
from actions.polling import settled
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.errors import DoesNotApply, StepFailed
from playbook.gathering import both
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

_ON = frozenset({"pending", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """The plan. `local` is instance store in words; `addresses` are public ones that AWS takes back."""

    target: Target
    local: str
    spot: bool
    group: str
    addresses: tuple[str, ...] = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        scaled = (
            f"Auto Scaling group {plain(self.group)} takes a stopped instance for a broken one and terminates it:"
            " deregister it first."
        )
        spot = (
            "A Spot instance can be stopped only while its request is persistent; AWS refuses it otherwise."
        )
        store = {"": "", UNKNOWN: "AWS does not say whether it has instance store, which would be lost."}.get(
            self.local, f"{self.local} is lost."
        )
        address = f"{words(self.addresses)} is given back to AWS; the instance starts with another address."
        return Shown(
            changes=(Change(subject=self.target.instance, before="running", after="stopped"),),
            calls=("1 × StopInstances",),
            notes=("the operating system shuts down in order, so what runs on it can still react",),
            breaks=("everything that runs on the instance",),
            keeps=("EBS volumes, private addresses, Elastic IP addresses and security groups",),
            warnings=(
                "Memory is lost, and with it keys, connections and processes: capture it first if forensics need it.",
                *((store,) if store else ()),
                *((address,) if self.addresses else ()),
                *((scaled,) if self.group else ()),
                *((spot,) if self.spot else ()),
            ),
            undo="yes: start it again; what was in memory or instance store stays lost",
        )


async def plan(target: Target, aws: Account) -> Stopping:
    """Record what stopping loses, and refuse where AWS would."""
    described, protection = await both(
        seen(aws, target.instance),
        aws.call(aws.ec2.describe_instance_attribute, InstanceId=target.instance, Attribute="disableApiStop"),
    )
    found = alive(described, target)
    if state_of(found) not in _ON:
        raise DoesNotApply(f"The instance is {state_of(found)} already.")
    if protection["DisableApiStop"].get("Value", False):
        raise DoesNotApply("Stop protection is on, so AWS would refuse: turn it off in EC2, then plan again.")
    if found.get("RootDeviceType") == "instance-store":
        raise DoesNotApply("The instance starts from instance store, and such an instance can't be stopped.")
    return Stopping(
        target=target,
        local=await local_disks(aws, found.get("InstanceType")),
        spot=is_spot(found),
        group=scaled_by(found),
        addresses=_lent(found),
    )


def _lent(instance: InstanceTypeDef) -> tuple[str, ...]:
    """Public addresses that belong to AWS rather than to the account (EC2 User Guide, “public IPv4 addresses”)."""
    associations = (n.get("Association", {}) for n in instance.get("NetworkInterfaces", []))
    return tuple(sorted(a.get("PublicIp", "") for a in associations if a.get("IpOwnerId") == "amazon"))


async def execute(plan: Stopping, run: Run) -> None:
    """Ask for the stop; a stopped instance stays stopped, so nothing is read first."""

    async def stop() -> None:
        await run.aws.call(run.aws.ec2.stop_instances, InstanceIds=[plan.target.instance])

    await run.write("stop", stop)


async def verify(plan: Stopping, look: Look) -> Proof:
    """The state as it is now."""
    found = await seen(look.aws, plan.target.instance)
    if found is None:
        return Proof(rung=Rung.CONTRADICTED, says=("the instance is terminated, not stopped",))
    state = state_of(found)
    says = (f"the instance is {state}",)
    if state == "stopped":
        return Proof(rung=Rung.PROVED, says=says)
    if state == "stopping":
        return Proof(
            rung=Rung.CONFIGURED, says=says, waits="the instance to have stopped", again=timedelta(seconds=15)
        )
    return Proof(rung=Rung.ABSENT, says=says)


async def undo(plan: Stopping, run: Run) -> None:
    """Start the instance again, once it has stopped."""
    aws = run.aws
    found = await settled(
        lambda: seen(aws, plan.target.instance), lambda i: i is None or state_of(i) != "stopping", run.pause
    )
    if found is None:
        raise gone(plan.target)
    if state_of(found) in _ON:
        return
    if state_of(found) == "stopping":
        raise StepFailed(
            f"{plan.target.instance} is still stopping.",
            means="AWS starts only an instance that has stopped.",
            then="Retry this step in a minute.",
        )

    async def start() -> None:
        await aws.call(aws.ec2.start_instances, InstanceIds=[plan.target.instance])

    await run.write("start", start)


stop = Action(
    name="stop",
    title="Stop the instance",
    row="D1",
    phase=Phase.CONTAIN,
    risk=Risk.REVERSIBLE,
    after=("protect", "snapshot", "deregister", "memory"),
    permissions=frozenset(
        {
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:StartInstances",
            "ec2:StopInstances",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
