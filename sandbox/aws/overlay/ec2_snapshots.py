"""Snapshots: taken of a whole instance at one point in time, and pending for a while."""

from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from sandbox.aws.disks import files_of
from sandbox.aws.overlay.base import Override, check_instance_ids, refuse
from sandbox.aws.world import notes_on, world_of

_create_one = EBSBackend.create_snapshot
_describe = ElasticBlockStore.describe_snapshots


def create_snapshot(self: Any, *args: Any, **named: Any) -> Any:
    """CreateSnapshot: the snapshot is `pending` until its data has been copied; it holds the volume of this moment.

    Source: EC2 API reference, CreateSnapshot; EBS user guide, "How Amazon EBS snapshots work".
    """
    snapshot: Any = _create_one(self, *args, **named)
    world = world_of(self)
    snapshot.start_time = world.now()
    notes_on(snapshot)["ready_at"] = world.after(world.delays.snapshot)
    notes_on(snapshot)["files"] = files_of(self, snapshot.volume)
    return snapshot


def status(self: Any) -> str:
    """DescribeSnapshots `State`: pending, completed, or error."""
    world, ready = world_of(self.ec2_backend), notes_on(self).get("ready_at")
    if ready is None or world.now() >= ready:
        return "error" if self.volume.id in world.failing_volumes else "completed"
    return "pending"


def _ignore(self: Any, value: str) -> None:
    """Moto sets `completed` at birth; here the state follows from the clock."""


def progress(self: Any) -> str:
    """DescribeSnapshots `Progress`: the share copied so far, as a percentage."""
    ready = notes_on(self).get("ready_at")
    if status(self) != "pending" or ready is None:
        return "100%" if status(self) == "completed" else "0%"
    total = (ready - self.start_time).total_seconds()
    done = (world_of(self.ec2_backend).now() - self.start_time).total_seconds()
    return f"{min(99, int(100 * done / total))}%"


def completion_time(self: Any) -> datetime | None:
    """DescribeSnapshots `CompletionTime`: only once it is completed. Source: EC2 API reference, Snapshot."""
    return notes_on(self).get("ready_at") if status(self) == "completed" else None


def _volumes(instance: Any, spec: dict[str, Any]) -> list[str]:
    root = instance.root_device_name
    devices = dict(instance.block_device_mapping)
    boot = {d.volume_id for name, d in devices.items() if name == root}
    data = {d.volume_id for name, d in devices.items() if name != root}
    excluded = set[str](spec.get("ExcludeDataVolumeIds") or [])
    if excluded - data:
        wrong = ", ".join(sorted(excluded - data))
        refuse("InvalidParameterValue", f"{wrong}: not a data volume of instance {instance.id}")
    if str(spec.get("ExcludeBootVolume", False)).lower() == "true":
        excluded |= boot
    return [d.volume_id for d in devices.values() if d.volume_id not in excluded]


def create_snapshots(self: Any) -> ActionResult:
    """CreateSnapshots: every attached EBS volume but the excluded ones; tags copied and added; all `pending`.

    Source: EC2 API reference, CreateSnapshots, InstanceSpecification, SnapshotInfo.
    """
    spec: dict[str, Any] = self._get_param("InstanceSpecification", {})
    backend, description = self.ec2_backend, self._get_param("Description", "")
    check_instance_ids([spec["InstanceId"]])
    instance = backend.get_instance(spec["InstanceId"])
    volumes = _volumes(instance, spec)
    copied = self._get_param("CopyTagsFromSource") == "volume"
    tags = self._parse_tag_specification().get("snapshot", {})
    self.error_on_dryrun()
    if not volumes:
        refuse("InvalidParameterCombination", "No volumes are left to snapshot.")
    infos: list[dict[str, Any]] = []
    for volume_id in volumes:
        snapshot = backend.create_snapshot(volume_id, description)
        source = {t["key"]: t["value"] for t in snapshot.volume.get_tags()} if copied else {}
        own = {k: v for k, v in source.items() if not k.startswith("aws:")} | tags
        snapshot.add_tags(own)
        infos.append(
            {
                "SnapshotId": snapshot.id,
                "VolumeId": volume_id,
                "VolumeSize": snapshot.volume.size,
                "Description": description,
                "Encrypted": snapshot.encrypted,
                "OwnerId": snapshot.owner_id,
                "Progress": "",
                "StartTime": snapshot.start_time,
                "State": "pending",
                "Tags": [{"Key": k, "Value": v} for k, v in own.items()],
            }
        )
    return ActionResult({"Snapshots": infos})


def describe_snapshots(self: Any) -> ActionResult:
    """DescribeSnapshots: `OwnerIds` counts; without it, also those that other accounts share.

    Source: EC2 API reference, DescribeSnapshots: "Scopes the results to snapshots with the specified owners", an
    account id, `self` or `amazon`.
    """
    wanted = {self.current_account if o == "self" else o for o in self._get_param("OwnerIds", [])}
    answer: Any = _describe(self)
    found: list[Any] = answer.result["Snapshots"]
    return ActionResult({"Snapshots": [s for s in found if not wanted or s.owner_id in wanted]})


OVERRIDES = (
    Override(owner=EBSBackend, name="create_snapshot", value=create_snapshot),
    Override(owner=Snapshot, name="status", value=property(status, _ignore)),
    Override(owner=Snapshot, name="progress", value=property(progress)),
    Override(owner=Snapshot, name="completion_time", value=property(completion_time)),
    Override(owner=ElasticBlockStore, name="create_snapshots", value=create_snapshots),
    Override(owner=ElasticBlockStore, name="describe_snapshots", value=describe_snapshots),
)
