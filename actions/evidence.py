"""The forensic instance of a compromised one, found by its marks: what builds, uses and tears it down shares this."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.instance import state_of
from actions.run import INCIDENT_TAG
from aws.account import Account
from playbook.gathering import both
from playbook.target import Target

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef, SecurityGroupTypeDef, VolumeTypeDef

LAB_TAG = "ec2ir:lab"
"""On the forensic instance, its volumes and its group: the compromised instance that they are for."""
SOURCE_TAG = "ec2ir:snapshot"
"""On a volume: the snapshot that it was made from."""
BASELINE_TAG = "ec2ir:baseline"
"""On the volume of the image's own snapshot: the image. Evidence volumes have none."""

_OVER = frozenset({"shutting-down", "terminated"})
_VOLUME = re.compile(r"vol-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """What there is of it: normally one instance, its volumes by the snapshot they came from, and its group."""

    instances: tuple[InstanceTypeDef, ...]
    volumes: tuple[VolumeTypeDef, ...]
    groups: tuple[SecurityGroupTypeDef, ...]
    leaving: bool
    """Whether an instance of it is shutting down: it still holds its volumes and its interface."""

    @property
    def instance(self) -> InstanceTypeDef | None:
        """The forensic instance, None while there is none."""
        return next(iter(self.instances), None)

    @property
    def copies(self) -> tuple[VolumeTypeDef, ...]:
        """The volumes made from snapshots: without its own root volume."""
        return tuple(v for v in self.volumes if volume_tag(v, SOURCE_TAG))

    def __bool__(self) -> bool:
        return bool(self.instances or self.volumes or self.groups)


def marks(target: Target) -> dict[str, str]:
    """The tags by which all of it is found."""
    return {INCIDENT_TAG: target.incident, LAB_TAG: target.instance}


def group_name(target: Target) -> str:
    """The name of the group that ec2ir makes: one for each lab, so that it can go with it."""
    return f"ec2ir-lab-{target.incident}-{target.instance}"


async def find(aws: Account, target: Target) -> Lab:
    """What is there now; an instance that is terminated, or about to be, is not."""
    wanted: list[FilterTypeDef] = [{"Name": f"tag:{k}", "Values": [v]} for k, v in marks(target).items()]

    def volumes() -> list[VolumeTypeDef]:
        pages = aws.ec2.get_paginator("describe_volumes").paginate(Filters=wanted)
        return [v for page in pages for v in page["Volumes"]]

    (described, made), grouped = await both(
        both(aws.call(aws.ec2.describe_instances, Filters=wanted), aws.call(volumes)),
        aws.call(
            aws.ec2.describe_security_groups, Filters=[{"Name": "group-name", "Values": [group_name(target)]}]
        ),
    )
    every = [i for r in described["Reservations"] for i in r.get("Instances", [])]
    return Lab(
        instances=tuple(i for i in every if state_of(i) not in _OVER),
        leaving=any(state_of(i) == "shutting-down" for i in every),
        volumes=tuple(sorted(made, key=lambda v: (volume_tag(v, SOURCE_TAG), v.get("VolumeId", "")))),
        groups=tuple(grouped["SecurityGroups"]),
    )


def volume_tag(volume: VolumeTypeDef, key: str) -> str:
    """A volume's tag, empty where it has none."""
    return next((t.get("Value", "") for t in volume.get("Tags", []) if t.get("Key") == key), "")


def is_volume(text: str) -> bool:
    """Whether that is a volume's id, and nothing else."""
    return _VOLUME.fullmatch(text) is not None


async def is_online(aws: Account, instance: str) -> bool:
    """Whether the instance's SSM agent answers."""
    answer = await aws.call(
        aws.ssm.describe_instance_information, Filters=[{"Key": "InstanceIds", "Values": [instance]}]
    )
    return any(i.get("PingStatus") == "Online" for i in answer["InstanceInformationList"])
