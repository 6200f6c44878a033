"""Volumes: made once for a token, ready after a while, attached only where and when they can be, with their files."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_block_store import EBSBackend, Volume, VolumeAttachment
from moto.ec2.responses.elastic_block_store import ElasticBlockStore

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.world import notes_on, world_of

_attach = EBSBackend.attach_volume
_create = EBSBackend.create_volume
_detach = EBSBackend.detach_volume
_answer = ElasticBlockStore.create_volume
_answer_attach = ElasticBlockStore.attach_volume


def delete_on_termination(self: Any) -> bool:
    """DescribeVolumes `Attachments[].DeleteOnTermination`: the same flag that the instance's mapping holds.

    Source: EC2 API reference, VolumeAttachment.
    """
    device = self.instance.block_device_mapping.get(self.device)
    return bool(device and device.delete_on_termination)


def create_volume(self: Any, size: Any, zone_name: str, snapshot_id: str | None = None, **named: Any) -> Any:
    """CreateVolume: only from a completed snapshot, at least of its size; it holds what the snapshot holds.

    Source: EC2 API reference, CreateVolume; "Error codes for the EC2 API": IncorrectState, InvalidParameterValue.
    """
    source = self.get_snapshot(snapshot_id) if snapshot_id else None
    if source is not None and source.status != "completed":
        refuse("IncorrectState", f"Snapshot {snapshot_id} is {source.status}, not completed.")
    if source is not None and size is not None and int(size) < source.volume.size:
        refuse("InvalidParameterValue", f"Volume of {size}GiB is smaller than snapshot '{snapshot_id}'.")
    make: Any = _create
    volume = make(self, size, zone_name, snapshot_id, **named)
    if source is not None:
        notes_on(volume)["files"] = notes_on(source).get("files", ())
    return volume


def answer_create(self: Any) -> ActionResult:
    """CreateVolume: one `ClientToken` makes one volume; with other parameters it is refused. `creating` at first.

    Source: EC2 developer guide, "Ensuring idempotency in Amazon EC2 API requests": IdempotentParameterMismatch.
    """
    names = ("Size", "AvailabilityZone", "SnapshotId", "VolumeType", "Encrypted", "KmsKeyId", "Iops")
    backend, token = self.ec2_backend, self._get_param("ClientToken")
    wanted = [str(self._get_param(name)) for name in names]
    made: dict[str, tuple[list[str], Any]] = notes_on(backend).setdefault("volume_tokens", {})
    if token in made:
        asked, volume = made[token]
        if asked != wanted:
            refuse("IdempotentParameterMismatch", "The client token was used with other parameters.")
        return ActionResult(volume)
    answer = _answer(self)
    volume: Any = answer.result
    notes_on(volume)["ready_at"] = world_of(backend).after(world_of(backend).delays.instance)
    if token:
        made[token] = (wanted, volume)
    return answer


def status(self: Any) -> str:
    """DescribeVolumes `State`: creating, available, in-use. Source: EBS user guide, "Amazon EBS volume lifecycle"."""
    if self.attachment:
        return "in-use"
    ready = notes_on(self).get("ready_at")
    return "creating" if ready and world_of(self.ec2_backend).now() < ready else "available"


def attach_volume(
    self: Any, volume_id: str, instance_id: str, device_path: str, *rest: Any, **named: Any
) -> Any:
    """AttachVolume: VolumeInUse for a volume that is attached. Source: "Error codes for the EC2 API"."""
    if self.get_volume(volume_id).attachment:
        refuse("VolumeInUse", f"{volume_id} is already attached to an instance")
    return _attach(self, volume_id, instance_id, device_path, *rest, **named)


def answer_attach(self: Any) -> ActionResult:
    """AttachVolume: an available volume, an instance of its zone that runs or is stopped, and a free device.

    Source: EC2 API reference, AttachVolume; "Error codes for the EC2 API": VolumeInUse, IncorrectState,
    InvalidVolume.ZoneMismatch, InvalidParameterValue.
    """
    backend, device = self.ec2_backend, self._get_param("Device")
    volume = backend.get_volume(self._get_param("VolumeId"))
    instance = backend.get_instance(self._get_param("InstanceId"))
    if volume.status == "creating":
        refuse("IncorrectState", f"Volume {volume.id} is creating, not available.")
    if instance.state not in {"running", "stopped", "stopping"}:
        refuse("IncorrectState", f"Instance '{instance.id}' is not 'running'.")
    if volume.availability_zone != instance.placement.zone:
        refuse(
            "InvalidVolume.ZoneMismatch", f"The volume '{volume.id}' is not in the same availability zone."
        )
    if device in instance.block_device_mapping:
        refuse("InvalidParameterValue", f"Attachment point {device} is already in use")
    return _answer_attach(self)


def detach_volume(self: Any, volume_id: str, instance_id: str | None, device_path: str | None) -> Any:
    """DetachVolume: the instance may be left out; a volume that is not attached is in the wrong state.

    Source: EC2 API reference, DetachVolume (`InstanceId` is required for a Multi-Attach volume only); "Error codes
    for the EC2 API": IncorrectState.
    """
    attached = self.get_volume(volume_id).attachment
    if attached is None:
        refuse("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
    return _detach(self, volume_id, instance_id or attached.instance.id, device_path or attached.device)


OVERRIDES = (
    Override(owner=VolumeAttachment, name="delete_on_termination", value=property(delete_on_termination)),
    Override(owner=EBSBackend, name="attach_volume", value=attach_volume),
    Override(owner=EBSBackend, name="create_volume", value=create_volume),
    Override(owner=EBSBackend, name="detach_volume", value=detach_volume),
    Override(owner=ElasticBlockStore, name="create_volume", value=answer_create),
    Override(owner=ElasticBlockStore, name="attach_volume", value=answer_attach),
    Override(owner=Volume, name="status", value=property(status)),
)
