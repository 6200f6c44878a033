"""What an image says of itself, and whether one can be launched."""

from typing import Any

from moto.ec2.models.amis import Ami

from sandbox.aws.environment import WINDOWS_IMAGE
from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.world import world_of

_init = Ami.__init__

AMAZON = "801119661308"
"""The account in which Amazon publishes its Windows images (EC2 user guide, "Find an AMI")."""


def init(self: Any, ec2_backend: Any, ami_id: str, *rest: Any, **named: Any) -> None:
    """CreateImage, RegisterImage: made at the box's time, backed by EBS, with hardware virtualisation.

    Source: EC2 API reference, Image: `creationDate`; `rootDeviceType` is `ebs` or `instance-store`.
    """
    _init(self, ec2_backend, ami_id, *rest, **named)
    if named.get("creation_date") is None:
        self.creation_date = world_of(ec2_backend).now()
    if self.root_device_type == "standard":
        self.root_device_type = "ebs"
    self.virtualization_type = named.get("virtualization_type") or "hvm"


def block_device_mappings(self: Any) -> list[dict[str, Any]]:
    """DescribeImages: the root volume goes with its instance, and says whether it is encrypted.

    Source: EC2 user guide, "Preserve data when an instance is terminated": true by default for the root volume.
    """
    ebs = {
        "SnapshotId": self.ebs_snapshot.id,
        "VolumeSize": int(self.ebs_snapshot.volume.size),
        "DeleteOnTermination": True,
        "VolumeType": "gp3",
        "Encrypted": bool(self.ebs_snapshot.encrypted),
    }
    return [{"DeviceName": self.root_device_name, "Ebs": ebs}]


def usable_image(backend: Any, image: str) -> Any:
    """The image that a launch names. Source: "Error codes for the EC2 API", InvalidAMIID.NotFound and .Unavailable."""
    if image == WINDOWS_IMAGE and image not in backend.amis:
        name = "Windows_Server-2022-English-Full-Base-2026.01.14"
        backend.amis[image] = Ami(
            backend, image, name=name, owner_id=AMAZON, owner_alias="amazon", public=True, platform="windows"
        )
    if image in backend.deleted_amis:
        refuse("InvalidAMIID.Unavailable", f"The image ID '{image}' is no longer available")
    found = next(iter(backend.describe_images(ami_ids=[image])), None)
    if found is None or found.state != "available":
        refuse("InvalidAMIID.Unavailable", f"The image ID '{image}' is not available")
    return found


OVERRIDES = (
    Override(owner=Ami, name="__init__", value=init),
    Override(owner=Ami, name="block_device_mappings", value=property(block_device_mappings)),
)
