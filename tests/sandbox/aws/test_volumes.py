"""Volumes from snapshots: once for a token, where and when they can be attached, with the files of their moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.aws.disks import MINER, files_of
from sandbox.aws.environment import LINUX_IMAGE, REGION, account_id

if TYPE_CHECKING:
    from sandbox.aws.box import AwsBox
    from sandbox.aws.seed import Account
    from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator

ZONE = f"{REGION}a"


def taken(ec2: Any, instance: str) -> str:
    """A snapshot of the instance's root disk."""
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    return min(made, key=lambda s: s["VolumeSize"])["SnapshotId"]


def paths(volume: str) -> set[str]:
    from sandbox.aws.overlay.base import ec2_of

    backend = ec2_of(account_id(), REGION)
    return {f.path for f in files_of(backend, backend.get_volume(volume))}


def test_one_token_makes_one_volume(ec2: Any, refusal: Refusal) -> None:
    first = ec2.create_volume(AvailabilityZone=ZONE, Size=8, ClientToken="t")["VolumeId"]
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=8, ClientToken="t")["VolumeId"] == first
    again = refusal(lambda: ec2.create_volume(AvailabilityZone=ZONE, Size=9, ClientToken="t"))
    assert again == "IdempotentParameterMismatch"
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=8)["VolumeId"] != first


def test_a_volume_comes_of_a_completed_snapshot_only_and_is_no_smaller(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    box.controls.delays(snapshot=60)
    snapshot = taken(ec2, account.bystander)

    def make(**size: int) -> Any:
        return ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot, **size)

    assert refusal(make) == "IncorrectState"
    box.controls.advance(60)
    assert refusal(lambda: make(Size=1)) == "InvalidParameterValue"
    assert make()["Size"] == 20


def test_it_is_attached_when_it_is_there_where_it_is_and_once(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    box.controls.delays(instance=30)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=8)["VolumeId"]
    far = ec2.create_volume(AvailabilityZone=f"{REGION}b", Size=8)["VolumeId"]

    def attach(which: str, device: str = "/dev/sdx") -> Any:
        return ec2.attach_volume(VolumeId=which, InstanceId=account.bystander, Device=device)

    assert refusal(lambda: attach(volume)) == "IncorrectState"
    box.controls.advance(30)
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available"
    assert refusal(lambda: attach(far)) == "InvalidVolume.ZoneMismatch"
    assert refusal(lambda: attach(volume, "/dev/sda1")) == "InvalidParameterValue"
    attach(volume)
    assert refusal(lambda: attach(volume, "/dev/sdy")) == "VolumeInUse"
    assert refusal(lambda: ec2.delete_volume(VolumeId=volume)) == "VolumeInUse"
    ec2.detach_volume(VolumeId=volume)
    assert refusal(lambda: ec2.detach_volume(VolumeId=volume)) == "IncorrectState"
    ec2.delete_volume(VolumeId=volume)


def test_nothing_is_attached_to_what_is_being_started(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=8)["VolumeId"]
    box.controls.delays(instance=30)
    made = ec2.run_instances(ImageId=LINUX_IMAGE, MinCount=1, MaxCount=1, SubnetId=account.network.subnets[0])
    new = made["Instances"][0]["InstanceId"]
    call = refusal(lambda: ec2.attach_volume(VolumeId=volume, InstanceId=new, Device="/dev/sdx"))
    assert call == "IncorrectState"


def test_a_snapshot_carries_what_was_on_the_disk_into_the_volume(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    attacked, clean = (
        ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=taken(ec2, instance))["VolumeId"]
        for instance in (account.web, account.bystander)
    )
    assert MINER.path in paths(attacked)
    assert MINER.path not in paths(clean)
    assert "usr/sbin/sshd" in paths(clean)


def test_the_image_of_another_account_is_described_with_a_snapshot_that_is_not_ours(
    ec2: Any, refusal: Refusal
) -> None:
    [image] = ec2.describe_images(ImageIds=[LINUX_IMAGE])["Images"]
    snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert image["OwnerId"] != account_id()
    own = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot not in {s["SnapshotId"] for s in own}
    assert ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["OwnerId"] == image["OwnerId"]
    assert ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot)["SnapshotId"] == snapshot
    unknown = refusal(lambda: ec2.describe_images(ImageIds=["ami-00000000000000000"]))
    assert unknown == "InvalidAMIID.NotFound"
