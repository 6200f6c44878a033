"""Protect from termination: nobody destroys the machine or its disks by accident while they are evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import alive, gone, is_spot, scaled_by, seen
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both, gather
from playbook.plan import Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A volume under its device name; `deleted` is DeleteOnTermination."""

    device: str
    volume: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """`locked` is DisableApiTermination; `shutdown` is InstanceInitiatedShutdownBehavior: stop or terminate."""

    locked: bool
    shutdown: str
    disks: tuple[Disk, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The plan: the attributes as they are before; `group` is the Auto Scaling group, if one scales it."""

    target: Target
    before: Attributes
    spot: bool
    group: str

    @property
    def locks(self) -> bool:
        """Whether the lock is to be turned on; Spot refuses it (EC2 User Guide, “termination protection”)."""
        return not self.before.locked and not self.spot

    @property
    def stops(self) -> bool:
        """Whether a shutdown from inside is to stop the machine, where it would terminate it now."""
        return self.before.shutdown == "terminate"

    @property
    def kept(self) -> tuple[Disk, ...]:
        """The disks that would be deleted with the machine, and are not to be."""
        return tuple(d for d in self.before.disks if d.deleted)

    def show(self) -> Shown:
        """The plan in words."""
        lock = Change(subject="termination protection", before="off", after="on")
        shutdown = Change(subject="shutdown from inside", before="terminates", after="stops")
        disks = (
            Change(
                subject=f"{d.volume} ({plain(d.device, 40)})",
                before="deleted with the instance",
                after="kept",
            )
            for d in self.kept
        )
        group = (
            f"Auto Scaling group {plain(self.group)} may terminate it all the same; deregistering prevents it"
        )
        spot = "Spot refuses termination protection: AWS can take the instance away at any time."
        return Shown(
            changes=(*((lock,) if self.locks else ()), *((shutdown,) if self.stops else ()), *disks),
            calls=(f"{sum((self.locks, self.stops, bool(self.kept)))} × ModifyInstanceAttribute",),
            notes=("GuardDuty may report this change, with ec2ir as its actor",),
            keeps=(group,) if self.group else (),
            warnings=(spot,) if self.spot else (),
            undo="yes, exactly, while the same volumes are attached",
        )


async def _read(aws: Account, instance: str) -> tuple[InstanceTypeDef | None, Attributes]:
    read = aws.ec2.describe_instance_attribute
    found, (lock, shutdown) = await both(
        seen(aws, instance),
        both(
            aws.call(read, InstanceId=instance, Attribute="disableApiTermination"),
            aws.call(read, InstanceId=instance, Attribute="instanceInitiatedShutdownBehavior"),
        ),
    )
    return found, Attributes(
        locked=lock["DisableApiTermination"].get("Value", False),
        shutdown=shutdown["InstanceInitiatedShutdownBehavior"].get("Value", "stop"),
        disks=_disks(found) if found else (),
    )


def _disks(instance: InstanceTypeDef) -> tuple[Disk, ...]:
    mapped = ((m.get("DeviceName", ""), m.get("Ebs", {})) for m in instance.get("BlockDeviceMappings", []))
    found = (
        Disk(device=device, volume=e.get("VolumeId", ""), deleted=e.get("DeleteOnTermination", False))
        for device, e in mapped
    )
    return tuple(sorted(found, key=lambda d: d.device))


async def plan(target: Target, aws: Account) -> Protection:
    """Record what termination would do now."""
    described, before = await _read(aws, target.instance)
    found = alive(described, target)
    made = Protection(target=target, before=before, spot=is_spot(found), group=scaled_by(found))
    if not (made.locks or made.stops or made.kept):
        raise DoesNotApply("The instance and its volumes are protected already.")
    return made


async def execute(plan: Protection, run: Run) -> None:
    """Set what is not set yet, one attribute a call, as EC2 demands.

    Nothing is read first: each attribute has two values, and setting the wanted one is harmless whoever else set
    it meanwhile. So these writes do not wait for a round trip.
    """
    kept = {d.device: False for d in plan.kept}
    await _set(
        run, plan.target, lock=plan.locks or None, shutdown="stop" if plan.stops else None, deleted=kept
    )


async def _set(
    run: Run, target: Target, *, lock: bool | None, shutdown: str | None, deleted: Mapping[str, bool]
) -> None:
    """Set the attributes that are given, at once."""
    aws, instance = run.aws, target.instance
    modify = aws.ec2.modify_instance_attribute

    async def set_lock() -> None:
        await aws.call(modify, InstanceId=instance, DisableApiTermination={"Value": bool(lock)})

    async def set_shutdown() -> None:
        await aws.call(
            modify, InstanceId=instance, InstanceInitiatedShutdownBehavior={"Value": shutdown or "stop"}
        )

    async def set_disks() -> None:
        await aws.call(
            modify,
            InstanceId=instance,
            BlockDeviceMappings=[
                {"DeviceName": device, "Ebs": {"DeleteOnTermination": value}}
                for device, value in deleted.items()
            ],
        )

    await gather(
        *((run.write("termination protection", set_lock),) if lock is not None else ()),
        *((run.write("shutdown behaviour", set_shutdown),) if shutdown is not None else ()),
        *((run.write("delete on termination", set_disks),) if deleted else ()),
    )


async def verify(plan: Protection, look: Look) -> Proof:
    """The attributes as they are now."""
    found, now = await _read(look.aws, plan.target.instance)
    if found is None:
        return Proof(rung=Rung.CONTRADICTED, says=("the instance is terminated",))
    at_risk = {d.volume for d in now.disks if d.deleted}
    facts = (
        *((("termination protection", now.locked),) if plan.locks else ()),
        *((("stops on shutdown from inside", now.shutdown == "stop"),) if plan.stops else ()),
        *((f"{d.volume} kept", d.volume not in at_risk) for d in plan.kept),
    )
    held = sum(true for _, true in facts)
    says = (
        f"{held} of {len(facts)} protections are on",
        *(f"missing: {name}" for name, true in facts if not true),
    )
    if held == len(facts):
        return Proof(rung=Rung.PROVED, says=says)
    return Proof(rung=Rung.APPLIED if held else Rung.ABSENT, says=says)


async def undo(plan: Protection, run: Run) -> None:
    """Put the recorded attributes back, where they are still as this step left them."""
    found, now = await _read(run.aws, plan.target.instance)
    if found is None:
        raise gone(plan.target)
    attached = {d.device: d for d in now.disks}
    moved = [d for d in plan.kept if attached.get(d.device) is None or attached[d.device].volume != d.volume]
    if moved:
        raise Drift(
            f"{', '.join(f'{d.volume} at {plain(d.device, 40)}' for d in moved)}: no longer attached there.",
            means="Nothing was restored: another volume would be deleted with the instance.",
            then="Attach the volumes as they were, or set DeleteOnTermination by hand.",
        )
    await _set(
        run,
        plan.target,
        lock=False if plan.locks and now.locked else None,
        shutdown=plan.before.shutdown if plan.stops and now.shutdown == "stop" else None,
        deleted={d.device: True for d in plan.kept if not attached[d.device].deleted},
    )


protect = Action(
    name="protect",
    title="Protect from termination",
    row="C0",
    phase=Phase.CONTAIN,
    risk=Risk.HARMLESS,
    permissions=frozenset(
        {"ec2:DescribeInstanceAttribute", "ec2:DescribeInstances", "ec2:ModifyInstanceAttribute"}
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
