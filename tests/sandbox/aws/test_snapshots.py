"""Snapshots and their locks as the EC2 API reference describes them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


def shoot(ec2: Any, instance: str, **spec: Any) -> list[dict[str, Any]]:
    return ec2.create_snapshots(
        InstanceSpecification={"InstanceId": instance, **spec},
        Description="evidence",
        CopyTagsFromSource="volume",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "run", "Value": "r-1"}]}],
    )["Snapshots"]


def seen(ec2: Any, snapshot: str) -> dict[str, Any]:
    return ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]


def test_one_call_takes_every_attached_volume_with_tags(ec2: Any, account: Account) -> None:
    taken = shoot(ec2, account.web)
    assert {s["VolumeId"] for s in taken} == set(account.web_volumes)
    assert {s["State"] for s in taken} == {"pending"}
    for snapshot in taken:
        tags = {t["Key"]: t["Value"] for t in seen(ec2, snapshot["SnapshotId"])["Tags"]}
        assert tags == {"run": "r-1", "Backup": "daily"}
    by_tag = ec2.describe_snapshots(Filters=[{"Name": "tag:run", "Values": ["r-1"]}])["Snapshots"]
    assert len(by_tag) == 3


def test_volumes_can_be_left_out(ec2: Any, account: Account, refusal: Refusal) -> None:
    root, first, second = account.web_volumes
    assert {s["VolumeId"] for s in shoot(ec2, account.web, ExcludeBootVolume=True)} == {first, second}
    assert {s["VolumeId"] for s in shoot(ec2, account.web, ExcludeDataVolumeIds=[first])} == {root, second}
    assert refusal(lambda: shoot(ec2, account.web, ExcludeDataVolumeIds=[root])) == "InvalidParameterValue"


def test_a_snapshot_is_pending_until_its_data_is_copied(box: AwsBox, ec2: Any, account: Account) -> None:
    box.controls.delays(snapshot=100)
    snapshot = shoot(ec2, account.miner)[0]["SnapshotId"]
    early = seen(ec2, snapshot)
    assert (early["State"], early["Progress"]) == ("pending", "0%")
    assert "CompletionTime" not in early
    box.controls.advance(60)
    assert seen(ec2, snapshot)["State"] == "pending"
    assert 60 <= int(seen(ec2, snapshot)["Progress"].rstrip("%")) < 100
    box.controls.advance(40)
    late = seen(ec2, snapshot)
    assert (late["State"], late["Progress"]) == ("completed", "100%")
    assert late["CompletionTime"] > late["StartTime"]


def test_a_snapshot_can_end_in_error(box: AwsBox, ec2: Any, account: Account) -> None:
    box.controls.fail_snapshots(account.web_volumes[1])
    states = {s["VolumeId"]: seen(ec2, s["SnapshotId"])["State"] for s in shoot(ec2, account.web)}
    assert [states[v] for v in account.web_volumes] == ["completed", "error", "completed"]


def test_a_lock_is_allowed_while_pending_and_runs_from_completion(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    box.controls.delays(snapshot=3_600)
    snapshot = shoot(ec2, account.miner)[0]["SnapshotId"]
    lock = ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=30)
    assert lock["LockState"] == "governance"
    assert "LockDurationStartTime" not in lock
    box.controls.advance(3_600)
    info = ec2.describe_locked_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]
    assert info["LockDurationStartTime"] - info["LockCreatedOn"] >= timedelta(seconds=3_599)
    assert info["LockExpiresOn"] - info["LockDurationStartTime"] == timedelta(days=30)


def test_a_locked_snapshot_cannot_be_deleted_until_it_is_unlocked(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    snapshot = shoot(ec2, account.miner)[0]["SnapshotId"]
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=1)
    assert refusal(lambda: ec2.delete_snapshot(SnapshotId=snapshot)) == "SnapshotLocked"
    ec2.unlock_snapshot(SnapshotId=snapshot)
    assert ec2.describe_locked_snapshots()["Snapshots"] == []
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_a_compliance_lock_past_its_cooling_off_can_only_grow(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    snapshot = shoot(ec2, account.miner)[0]["SnapshotId"]
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="compliance", LockDuration=10, CoolOffPeriod=1)
    states = ec2.describe_locked_snapshots(Filters=[{"Name": "lock-state", "Values": ["compliance-cooloff"]}])
    assert [s["SnapshotId"] for s in states["Snapshots"]] == [snapshot]
    box.controls.advance(3_601)
    assert refusal(lambda: ec2.unlock_snapshot(SnapshotId=snapshot)) == "OperationNotPermitted"
    shorter = lambda: ec2.lock_snapshot(SnapshotId=snapshot, LockMode="compliance", LockDuration=1)  # noqa: E731
    assert refusal(shorter) == "OperationNotPermitted"
    longer = ec2.lock_snapshot(SnapshotId=snapshot, LockMode="compliance", LockDuration=20)
    assert (longer["LockState"], longer["LockDuration"]) == ("compliance", 20)


def test_a_lock_expires(box: AwsBox, ec2: Any, account: Account) -> None:
    snapshot = shoot(ec2, account.miner)[0]["SnapshotId"]
    until = datetime.now(UTC) + timedelta(minutes=2)
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", ExpirationDate=until)
    box.controls.advance(180)
    info = ec2.describe_locked_snapshots()["Snapshots"][0]
    assert info["LockState"] == "expired"
    ec2.delete_snapshot(SnapshotId=snapshot)


@pytest.mark.parametrize(
    "wrong",
    [
        {"LockMode": "governance"},
        {"LockMode": "governance", "LockDuration": 1, "ExpirationDate": datetime(2030, 1, 1, tzinfo=UTC)},
        {"LockMode": "governance", "LockDuration": 1, "CoolOffPeriod": 2},
        {"LockMode": "compliance", "LockDuration": 1, "CoolOffPeriod": 73},
    ],
)
def test_a_lock_that_contradicts_itself_is_refused(
    ec2: Any, account: Account, refusal: Refusal, wrong: dict[str, Any]
) -> None:
    snapshot = shoot(ec2, account.miner)[0]["SnapshotId"]
    assert refusal(lambda: ec2.lock_snapshot(SnapshotId=snapshot, **wrong)).startswith("InvalidParameter")
