"""Images: those that the box's hosts run from, which another account of the organisation shares with this one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from moto.ec2.models.amis import Ami, AmiBackend

from sandbox.aws.disks import IMAGE, File
from sandbox.aws.environment import LINUX_IMAGE, WINDOWS_IMAGE
from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.world import notes_on, world_of

IMAGES_ACCOUNT: Final = "222222222222"
AGE: Final = timedelta(days=20)
"""How old the shared images are when somebody first asks for them."""

_describe = AmiBackend.describe_images


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    name: str
    platform: str | None
    files: tuple[File, ...]


_SHARED: Final = {
    LINUX_IMAGE: _Shared(name="golden-linux", platform=None, files=IMAGE),
    WINDOWS_IMAGE: _Shared(name="golden-windows", platform="windows", files=()),
}


def _known(backend: Any, ids: Iterable[str]) -> None:
    """Let moto know the shared images among these ids, with their snapshots, which are shared as well."""
    for image_id in _SHARED.keys() & set(ids) - backend.amis.keys():
        shared = _SHARED[image_id]
        image: Any = Ami(
            backend,
            image_id,
            name=shared.name,
            platform=shared.platform,
            owner_id=IMAGES_ACCOUNT,
            virtualization_type="hvm",
            architecture="x86_64",
            root_device_type="ebs",
            region_name=f"{backend.region_name}a",
            creation_date=world_of(backend).now() - AGE,
        )
        image.ebs_snapshot.volume.size = 8
        notes: dict[str, Any] = notes_on(image.ebs_snapshot)
        notes["files"], notes["ready_at"] = shared.files, None
        backend.amis[image_id] = image


def usable_image(backend: Any, image_id: str) -> Any:
    """The image, which must be there and available to be launched.

    Source: "Error codes for the EC2 API": InvalidAMIID.Malformed, InvalidAMIID.NotFound, InvalidAMIID.Unavailable.
    """
    _known(backend, [image_id])
    if not image_id.startswith("ami-"):
        refuse("InvalidAMIID.Malformed", f'Invalid id: "{image_id}" (expecting "ami-...")')
    image = backend.amis.get(image_id)
    if image is None:
        refuse("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    if image.state != "available":
        refuse("InvalidAMIID.Unavailable", f"The image id '[{image_id}]' is no longer available")
    return image


def describe_images(self: Any, ami_ids: Iterable[str] = (), *rest: Any, **named: Any) -> list[Any]:
    """DescribeImages: also images that another account shares; with the snapshot shared, volumes can be made of it.

    Source: EC2 API reference, DescribeImages ("public images, private images that you own, and private images
    owned by other AWS accounts for which you have explicit launch permissions"); EBS user guide, "Share an
    Amazon EBS snapshot with other AWS accounts".
    """
    _known(self, ami_ids or ())
    return _describe(self, list(ami_ids or ()), *rest, **named)


OVERRIDES = (Override(owner=AmiBackend, name="describe_images", value=describe_images),)
