"""What a forensic instance is built from: the newest snapshots, the image's own, and a place without a way out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from actions import evidence
from actions.instance import seen
from actions.run import INCIDENT_TAG, RUN_TAG
from actions.snapshot import DEVICE_TAG, INSTANCE_TAG
from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import DoesNotApply
from playbook.gathering import both
from playbook.plan import Change, Shown
from playbook.policy import Forensics
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import RouteTypeDef, SnapshotTypeDef

DEVICES = tuple(f"/dev/sd{letter}" for letter in "fghijklmnop")
"""What EC2 recommends for data volumes (EC2 User Guide, “Device names for volumes on Amazon EC2 instances”)."""
_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A volume to be made: from which snapshot, `size` in GiB, where it was and where it will be attached.

    `image` is set for the image's own snapshot, to which the evidence is compared.
    """

    snapshot: str
    size: int
    was: str
    device: str
    image: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabPlan:
    """The plan. `group` is the configured one, or empty where ec2ir makes one; `gaps` say what can't be looked at."""

    target: Target
    subnet: str
    zone: str
    vpc: str
    cidr: str
    image: str
    instance_type: str
    profile: str
    group: str
    copies: tuple[Copy, ...]
    gaps: tuple[str, ...]

    def show(self) -> Shown:
        """The plan in words."""
        size, count = sum(c.size for c in self.copies), len(self.copies)
        group = self.group or f"a new group: nothing in, HTTPS out to {self.cidr} only"
        return Shown(
            changes=(
                Change(
                    subject="forensic instance",
                    before="none",
                    after=f"{self.instance_type} from {self.image} in {self.subnet} ({self.zone}), no public "
                    "address, no key pair, IMDSv2 only",
                ),
                *(
                    Change(
                        subject=f"volume of {c.snapshot} ({c.size} GiB)",
                        before=f"image {c.image}" if c.image else f"was {plain(c.was, 40) or 'a volume'}",
                        after=f"{c.device}, as {'what to compare with' if c.image else 'evidence'}",
                    )
                    for c in self.copies
                ),
            ),
            calls=(
                "1 × CreateSecurityGroup" if not self.group else "no group is made",
                f"{count} × CreateVolume",
                "1 × RunInstances",
                f"{count} × AttachVolume",
            ),
            notes=(
                f"security group: {group}",
                f"costs {size} GiB of gp3 by the GB-month and one {self.instance_type} by the second, until torn down",
                "EBS has no read-only attachment: the analysis mounts each volume read-only",
                "the snapshots are never written to",
            ),
            keeps=("the compromised instance is not touched",),
            warnings=self.gaps,
            undo="terminates it and deletes its volumes and group; the snapshots stay",
        )


async def plan(target: Target, aws: Account) -> LabPlan:
    """Choose the newest complete set of snapshots, and see that the subnet is a place without a way out."""
    settings = aws.policy.forensics
    _require(settings)
    ((subnet_zone, vpc, cidr), image), (snapshots, there) = await both(
        both(_place(aws, settings.subnet), _image(aws, settings.image)),
        both(_set(aws, target), evidence.find(aws, target)),
    )
    if there:
        raise DoesNotApply(
            "There is a forensic instance for it already, or parts of one: tear it down first."
        )
    baseline, gap = await _baseline(aws, target)
    broken = [s.get("SnapshotId", "") for s in snapshots if s.get("State") != "completed"]
    wanted = [s for s in snapshots if s.get("State") == "completed"]
    if len(wanted) + len(baseline) > len(DEVICES):
        raise DoesNotApply(
            f"{len(wanted)} volumes are more than one forensic instance is given: {len(DEVICES)}."
        )
    sources = [(s, _tag(s, DEVICE_TAG), "") for s in wanted] + [(s, "", image_of) for s, image_of in baseline]
    copies = tuple(
        Copy(
            snapshot=s.get("SnapshotId", ""),
            size=s.get("VolumeSize", 0),
            was=was,
            device=device,
            image=from_image,
        )
        for (s, was, from_image), device in zip(sources, DEVICES, strict=False)
    )
    lost = (f"{words(broken)} ended in error and can't be read",) if broken else ()
    return LabPlan(
        target=target,
        subnet=settings.subnet,
        zone=subnet_zone,
        vpc=vpc,
        cidr=cidr,
        image=image,
        instance_type=settings.instance_type,
        profile=settings.instance_profile,
        group=settings.security_group,
        copies=copies,
        gaps=(*lost, *((gap,) if gap else ())),
    )


def _require(settings: Forensics) -> None:
    for name in ("subnet", "image", "instance_profile"):
        if not getattr(settings, name):
            raise DoesNotApply(
                f"There is no place to analyse volumes: set {name} under [forensics] in ec2ir.toml."
            )


async def _place(aws: Account, subnet: str) -> tuple[str, str, str]:
    """Zone, VPC and the VPC's addresses. Raises DoesNotApply where the subnet has a way to the internet."""
    answer = await aws.call(aws.ec2.describe_subnets, SubnetIds=[subnet])
    found = answer["Subnets"][0]
    vpc = found.get("VpcId", "")
    tables, vpcs = await both(
        aws.call(aws.ec2.describe_route_tables, Filters=[{"Name": "vpc-id", "Values": [vpc]}]),
        aws.call(aws.ec2.describe_vpcs, VpcIds=[vpc]),
    )
    associated = [
        (t, a.get("SubnetId", ""), a.get("Main", False))
        for t in tables["RouteTables"]
        for a in t.get("Associations", [])
    ]
    own = [t for t, its, _ in associated if its == subnet] or [t for t, _, main in associated if main]
    if any(_leads_out(r) for t in own for r in t.get("Routes", [])):
        # Malware on a mounted volume must not be able to call home, whatever happens to it there.
        raise DoesNotApply(
            f"{subnet} has a route to the internet: evidence is only read where nothing can call home. "
            "Name an isolated subnet under [forensics] in ec2ir.toml."
        )
    return found.get("AvailabilityZone", ""), vpc, vpcs["Vpcs"][0].get("CidrBlock", "")


def _leads_out(route: RouteTypeDef) -> bool:
    gateway = route.get("GatewayId", "").startswith("igw-")
    return gateway or bool(route.get("NatGatewayId") or route.get("EgressOnlyInternetGatewayId"))


async def _image(aws: Account, named: str) -> str:
    parameter = named.removeprefix("ssm:")
    if parameter == named:
        return named
    answer = await aws.call(aws.ssm.get_parameter, Name=parameter)
    return answer["Parameter"].get("Value", "")


async def _set(aws: Account, target: Target) -> list[SnapshotTypeDef]:
    """The newest set. Raises DoesNotApply where there is none, or while it is being copied."""
    marks = {INCIDENT_TAG: target.incident, INSTANCE_TAG: target.instance}

    def read() -> list[SnapshotTypeDef]:
        pages = aws.ec2.get_paginator("describe_snapshots").paginate(
            OwnerIds=["self"], Filters=[{"Name": f"tag:{k}", "Values": [v]} for k, v in marks.items()]
        )
        return [s for page in pages for s in page["Snapshots"]]

    taken = await aws.call(read)
    if not taken:
        raise DoesNotApply("This incident has no snapshots of the instance: take them first.")
    newest = _tag(max(taken, key=lambda s: s.get("StartTime", _START)), RUN_TAG)
    mine = sorted(
        (s for s in taken if _tag(s, RUN_TAG) == newest),
        key=lambda s: (_tag(s, DEVICE_TAG), s.get("SnapshotId", "")),
    )
    pending = [s.get("Progress") or "0%" for s in mine if s.get("State") == "pending"]
    if pending:
        raise DoesNotApply(
            f"{len(pending)} snapshots are not complete yet ({words(pending)}): ask again then."
        )
    if all(s.get("State") != "completed" for s in mine):
        raise DoesNotApply("Every snapshot of the newest set ended in error: take them again.")
    return mine


def _tag(snapshot: SnapshotTypeDef, key: str) -> str:
    return next((t.get("Value", "") for t in snapshot.get("Tags", []) if t.get("Key") == key), "")


async def _baseline(aws: Account, target: Target) -> tuple[list[tuple[SnapshotTypeDef, str]], str]:
    """The root snapshot of the image that the instance was launched from, or why it can't be compared with."""
    found = await seen(aws, target.instance)
    image = found.get("ImageId", "") if found is not None else ""
    nothing: list[tuple[SnapshotTypeDef, str]] = []
    if not image:
        return (
            nothing,
            "The instance is gone, and with it its image's name: nothing is compared with the image.",
        )
    try:
        images = (await aws.call(aws.ec2.describe_images, ImageIds=[image]))["Images"]
        sources = [
            m.get("Ebs", {}).get("SnapshotId", "")
            for i in images
            for m in i.get("BlockDeviceMappings", [])
            if m.get("DeviceName") == i.get("RootDeviceName")
        ]
        taken = (
            (await aws.call(aws.ec2.describe_snapshots, SnapshotIds=sources))["Snapshots"]
            if any(sources)
            else []
        )
    except AwsRefused:
        # An image can be launched by those who may not read its snapshot: most public ones are like that.
        taken = []
    gap = (
        ""
        if taken
        else f"The snapshot of {image} can't be read from here: nothing is compared with the image."
    )
    return [(s, image) for s in taken[:1]], gap
