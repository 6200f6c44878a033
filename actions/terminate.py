"""Terminate the compromised instance: last of all, and only when the evidence is safe elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import (
    UNKNOWN,
    alive,
    device_of,
    is_spot,
    local_disks,
    scaled_by,
    seen,
    state_of,
    volumes_of,
)
from actions.run import Run
from actions.snapshot import locked_among, snapshots_of
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, VolumeTypeDef

MEMORY_ROW, PROTECT_ROW = "C6", "C0"
_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A volume, the locked snapshot that holds it, and whether it is deleted with the instance."""

    volume: str
    device: str
    deleted: bool
    snapshot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """The plan. `protected`: ec2ir's own termination protection is on, and goes first.

    `group` and `lifecycle` are its Auto Scaling group and its state there; `local` is instance store in words;
    `released` are public addresses that AWS takes back.
    """

    target: Target
    disks: tuple[Disk, ...]
    protected: bool
    group: str
    lifecycle: str
    local: str
    spot: bool
    state: str = field(metadata=PASSING)
    released: tuple[str, ...] = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        lock = Change(
            subject="termination protection (ec2ir's own)", before="on", after="lifted by this step"
        )
        store = {"": "", UNKNOWN: "AWS does not say whether it has instance store, which would be lost."}.get(
            self.local, f"{self.local} is lost: no snapshot covers it."
        )
        address = f"{words(self.released)} goes back to AWS." if self.released else ""
        spot = "A persistent Spot request launches another one: cancel the request too." if self.spot else ""
        return Shown(
            changes=(
                *((lock,) if self.protected else ()),
                Change(subject=self.target.instance, before=self.state, after="terminated, for good"),
                *(
                    Change(
                        subject=f"{d.volume} ({plain(d.device, 40)})",
                        before=f"attached; held by {d.snapshot}, completed and locked",
                        after="deleted with the instance" if d.deleted else "kept, detached",
                    )
                    for d in self.disks
                ),
            ),
            calls=(*(("1 × ModifyInstanceAttribute",) if self.protected else ()), "1 × TerminateInstances"),
            notes=("memory: captured, or decided that forensics do not need it",),
            breaks=(
                "the instance with all that runs on it; its interfaces go unless they were made to stay",
            ),
            keeps=(
                "the snapshots of this incident, Elastic IP addresses, and volumes marked as kept",
                *self._scaled(),
            ),
            warnings=(
                "This can't be undone.",
                *((store,) if store else ()),
                *((address,) if address else ()),
                *((spot,) if spot else ()),
            ),
            undo="no: a terminated instance is gone; its volumes can be made anew from the snapshots",
        )

    def _scaled(self) -> tuple[str, ...]:
        if not self.group:
            return ()
        state = f"{self.lifecycle} in" if self.lifecycle else "no longer in"
        more = (
            "it launches a replacement from its launch template, which may be what was attacked"
            if self.lifecycle == "InService"
            else "it is not counted there any more"
        )
        return (f"Auto Scaling group {plain(self.group, 100)}: the instance is {state} it; {more}",)


async def plan(target: Target, aws: Account) -> Termination:
    """Refuse until evidence is safe; then record what goes and what stays."""
    _decided(aws)
    (described, attached), taken = await both(
        both(seen(aws, target.instance), volumes_of(aws, target.instance)), snapshots_of(aws, target)
    )
    found = alive(described, target)
    protected = await _protected(target, aws)
    completed = sorted(
        (s for s in taken if s.get("State") == "completed"), key=lambda s: s.get("StartTime", _START)
    )
    held = await _locked(aws, [s.get("SnapshotId", "") for s in completed])
    # The newest one of each volume; what is not locked could be deleted by whoever did this.
    safe = {s.get("VolumeId", ""): s.get("SnapshotId", "") for s in completed if s.get("SnapshotId") in held}
    missing = sorted(v.get("VolumeId", "") for v in attached if v.get("VolumeId") not in safe)
    if missing:
        raise DoesNotApply(
            f"{words(missing)}: no snapshot of this incident is completed and locked.",
            means="Terminating now would destroy evidence.",
            then="Run snapshot, or wait until it has completed, then plan again.",
        )
    member, local = await both(_lifecycle(aws, target.instance), local_disks(aws, found.get("InstanceType")))
    return Termination(
        target=target,
        disks=_disks(target, found, attached, safe),
        protected=protected,
        group=scaled_by(found),
        lifecycle=member,
        local=local,
        spot=is_spot(found),
        state=state_of(found),
        released=_released(found),
    )


def _decided(aws: Account) -> None:
    if MEMORY_ROW not in aws.brief.settled:
        raise DoesNotApply(
            "Whether memory is needed as evidence is not decided (C6), and terminating loses it.",
            then="Capture it with memory, or mark C6 as done or not applicable in the checklist.",
        )


async def _protected(target: Target, aws: Account) -> bool:
    """Whether our own protection is on. Raises DoesNotApply for anybody else's."""
    read = aws.ec2.describe_instance_attribute
    ended, stopped = await both(
        aws.call(read, InstanceId=target.instance, Attribute="disableApiTermination"),
        aws.call(read, InstanceId=target.instance, Attribute="disableApiStop"),
    )
    if stopped["DisableApiStop"].get("Value", False):
        raise DoesNotApply(
            "Stop protection is on, which ec2ir never sets, and AWS refuses to terminate such an instance.",
            then="Ask its owner, and turn it off in EC2; then plan again.",
        )
    on = ended["DisableApiTermination"].get("Value", False)
    if on and PROTECT_ROW not in aws.brief.settled:
        raise DoesNotApply(
            "Termination protection is on, and it was not this incident that turned it on.",
            then="Ask its owner why; turn it off in EC2 if it may go, then plan again.",
        )
    return on


async def _locked(aws: Account, snapshots: list[str]) -> frozenset[str]:
    return await locked_among(aws, sorted(snapshots)) if snapshots else frozenset[str]()


async def _lifecycle(aws: Account, instance: str) -> str:
    answer = await aws.call(aws.autoscaling.describe_auto_scaling_instances, InstanceIds=[instance])
    return next((m.get("LifecycleState", "") for m in answer["AutoScalingInstances"]), "")


def _disks(
    target: Target, found: InstanceTypeDef, attached: Iterable[VolumeTypeDef], safe: dict[str, str]
) -> tuple[Disk, ...]:
    mapped = {
        m.get("Ebs", {}).get("VolumeId", ""): m.get("Ebs", {}).get("DeleteOnTermination", False)
        for m in found.get("BlockDeviceMappings", [])
    }
    made = (
        Disk(
            volume=v.get("VolumeId", ""),
            device=device_of(v, target.instance),
            deleted=mapped.get(v.get("VolumeId", ""), False),
            snapshot=safe[v.get("VolumeId", "")],
        )
        for v in attached
    )
    return tuple(sorted(made, key=lambda d: (d.device, d.volume)))


def _released(instance: InstanceTypeDef) -> tuple[str, ...]:
    associations = (n.get("Association", {}) for n in instance.get("NetworkInterfaces", []))
    return tuple(sorted(a.get("PublicIp", "") for a in associations if a.get("IpOwnerId") == "amazon"))


async def execute(plan: Termination, run: Run) -> None:
    """Lift our own protection, then terminate; on an instance that is gone already nothing is done."""
    aws, instance = run.aws, plan.target.instance
    found, attached = await both(seen(aws, instance), volumes_of(aws, instance))
    if found is None:
        return
    strangers = sorted({v.get("VolumeId", "") for v in attached} - {d.volume for d in plan.disks})
    if strangers:
        raise Drift(
            f"{words(strangers)} was attached since the plan was made, and is in no snapshot of it.",
            means="Nothing was terminated.",
            then="Run snapshot, then make a new plan.",
        )

    async def lift() -> None:
        modify = aws.ec2.modify_instance_attribute
        await aws.call(modify, InstanceId=instance, DisableApiTermination={"Value": False})

    async def terminate() -> None:
        await aws.call(aws.ec2.terminate_instances, InstanceIds=[instance])

    if plan.protected:
        await run.write("lift termination protection", lift)
    await run.write("terminate", terminate)


async def verify(plan: Termination, look: Look) -> Proof:
    """The state as it is now; an hour later AWS does not list the instance any more."""
    aws = look.aws
    try:
        answer = await aws.call(aws.ec2.describe_instances, InstanceIds=[plan.target.instance])
    except AwsRefused as refusal:
        if refusal.code != "InvalidInstanceID.NotFound":
            raise
        return Proof(rung=Rung.PROVED, says=("AWS does not list the instance any more",))
    states = [state_of(i) for r in answer["Reservations"] for i in r.get("Instances", [])]
    state = states[0] if states else "terminated"
    says = (f"the instance is {state}",)
    if state == "terminated":
        return Proof(rung=Rung.PROVED, says=says)
    if state == "shutting-down":
        return Proof(
            rung=Rung.CONFIGURED,
            says=says,
            waits="the instance to be terminated",
            again=timedelta(seconds=15),
        )
    return Proof(rung=Rung.ABSENT, says=says)


def _knew(plan: Termination) -> Brief:
    ours = frozenset({PROTECT_ROW}) if plan.protected else frozenset[str]()
    return Brief(settled=frozenset({MEMORY_ROW}) | ours)


terminate = Action(
    name="terminate",
    title="Terminate the instance",
    row="E1",
    phase=Phase.ERADICATE,
    risk=Risk.DRASTIC,
    after=("protect", "snapshot", "tag", "deregister", "isolate", "revoke", "revoke-role", "memory", "stop"),
    permissions=frozenset(
        {
            "autoscaling:DescribeAutoScalingInstances",
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "ec2:DescribeLockedSnapshots",
            "ec2:DescribeSnapshots",
            "ec2:DescribeVolumes",
            "ec2:ModifyInstanceAttribute",
            "ec2:TerminateInstances",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=None,
    knew=_knew,
)
