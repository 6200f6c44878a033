"""The instance as EC2 describes it now: the reading that several actions start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import DoesNotApply, Drift
from playbook.target import Target
from playbook.text import words

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import InstanceTypeType
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, VolumeTypeDef

UNKNOWN = "unknown"
_GONE = frozenset({"shutting-down", "terminated"})


async def seen(aws: Account, instance: str) -> InstanceTypeDef | None:
    """The instance, or None when it is terminated, or not in this account and region."""
    try:
        answer = await aws.call(aws.ec2.describe_instances, InstanceIds=[instance])
    except AwsRefused as refusal:
        if refusal.code == "InvalidInstanceID.NotFound":
            return None
        raise
    found = next((i for r in answer["Reservations"] for i in r.get("Instances", [])), None)
    return None if found is None or state_of(found) in _GONE else found


def alive(found: InstanceTypeDef | None, target: Target) -> InstanceTypeDef:
    """The instance to plan for. Raises DoesNotApply when it is gone."""
    if found is None:
        where = f"account {target.account}, {target.region}"
        raise DoesNotApply(f"{target.instance} is terminated, or not in {where}: nothing is left to act on.")
    return found


def gone(target: Target) -> Drift:
    """What an undo raises when nothing is left to restore."""
    return Drift(
        f"{target.instance} was terminated since.",
        means="What the step changed is gone with it, and can't be restored.",
        then="Nothing is left to undo here.",
    )


def state_of(instance: InstanceTypeDef) -> str:
    """EC2's name for its state, such as `running`."""
    return instance.get("State", {}).get("Name", "")


def tags_of(instance: InstanceTypeDef) -> dict[str, str]:
    """Its tags by key."""
    return {t.get("Key", ""): t.get("Value", "") for t in instance.get("Tags", [])}


def is_spot(instance: InstanceTypeDef) -> bool:
    """Whether it is a Spot instance."""
    return instance.get("InstanceLifecycle") == "spot"


def scaled_by(instance: InstanceTypeDef) -> str:
    """Its Auto Scaling group, or nothing. AWS sets this tag; nobody else may write tags that begin with aws:."""
    return tags_of(instance).get("aws:autoscaling:groupName", "")


async def volumes_of(aws: Account, instance: str) -> list[VolumeTypeDef]:
    """The EBS volumes attached to it."""
    answer = await aws.call(
        aws.ec2.describe_volumes, Filters=[{"Name": "attachment.instance-id", "Values": [instance]}]
    )
    return answer["Volumes"]


def device_of(volume: VolumeTypeDef, instance: str) -> str:
    """The device name under which this instance has the volume; a volume can be attached to several."""
    found = (a.get("Device", "") for a in volume.get("Attachments", []) if a.get("InstanceId") == instance)
    return next(found, "")


async def local_disks(aws: Account, kind: InstanceTypeType | None) -> str:
    """The instance store of an instance type in words: empty where it has none, `unknown` if AWS won't say."""
    if kind is None:
        return UNKNOWN
    try:
        answer = await aws.call(aws.ec2.describe_instance_types, InstanceTypes=[kind])
    except AwsRefused:
        return UNKNOWN
    stores = [s for t in answer["InstanceTypes"] if (s := t.get("InstanceStorageInfo"))]
    return words([f"{s.get('TotalSizeInGB', 0)} GB of instance store" for s in stores])
