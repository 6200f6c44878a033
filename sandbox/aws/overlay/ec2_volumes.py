"""Volumes: what an attachment says, and that an attached volume can't be attached again."""

from typing import Any

from moto.ec2.models.elastic_block_store import EBSBackend, VolumeAttachment

from sandbox.aws.overlay.base import Override, refuse

_attach = EBSBackend.attach_volume


def delete_on_termination(self: Any) -> bool:
    """DescribeVolumes `Attachments[].DeleteOnTermination`: the same flag that the instance's mapping holds.

    Source: EC2 API reference, VolumeAttachment.
    """
    device = self.instance.block_device_mapping.get(self.device)
    return bool(device and device.delete_on_termination)


def attach_volume(
    self: Any, volume_id: str, instance_id: str, device_path: str, *rest: Any, **named: Any
) -> Any:
    """AttachVolume: VolumeInUse for a volume that is attached. Source: "Error codes for the EC2 API"."""
    if self.get_volume(volume_id).attachment:
        refuse("VolumeInUse", f"{volume_id} is already attached to an instance")
    return _attach(self, volume_id, instance_id, device_path, *rest, **named)


OVERRIDES = (
    Override(owner=VolumeAttachment, name="delete_on_termination", value=property(delete_on_termination)),
    Override(owner=EBSBackend, name="attach_volume", value=attach_volume),
)
