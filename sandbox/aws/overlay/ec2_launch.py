"""Launching: a token launches once, the image must be there, and what the request leaves open the image decides."""

import json
from hashlib import sha256
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse

from sandbox.aws.overlay import ec2_instances
from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.overlay.ec2_image_facts import usable_image
from sandbox.aws.overlay.ec2_states import pass_through
from sandbox.aws.world import Launch, world_of

_mappings = InstanceResponse._parse_block_device_mapping  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
_validate = InstanceResponse._validate_block_device_mapping  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def _digest(response: Any) -> str:
    asked = {
        k: v for k, v in response.data.items() if k not in {"ClientToken", "DryRun", "Action", "Version"}
    }
    return sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def _launched(backend: Any, token: str, digest: str) -> Any:
    """What this token launched, None when it is new."""
    before = world_of(backend).launches.get(token)
    if before is None:
        return None
    if before.digest != digest:
        refuse(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        )
    if any(instance.state == "terminated" for instance in before.reservation.instances):
        refuse("IdempotentInstanceTerminated", "The instance launched with this client token was terminated.")
    return before.reservation


def run_instances(self: Any) -> ActionResult:
    """RunInstances: the same `ClientToken` launches once; with other parameters, or after termination, it is refused.

    A new instance is `pending` for a while. An image that is not there is refused. Source: EC2 API reference,
    RunInstances, "Ensuring idempotency in Amazon EC2 API requests", "Error codes for the EC2 API".
    """
    token, digest = self._get_param("ClientToken"), _digest(self)
    earlier = _launched(self.ec2_backend, token, digest) if token else None
    if earlier is not None:
        return ActionResult(earlier)
    image = self._get_param("ImageId")
    if image:
        usable_image(self.ec2_backend, image)
    answer: Any = ec2_instances.run_instances(self)
    for instance in answer.result.instances:
        pass_through(instance, "pending", 0)
    if token:
        world = world_of(self.ec2_backend)
        world.launches[token] = Launch(digest=digest, reservation=answer.result)
    return answer


def parse_block_device_mapping(self: Any) -> list[dict[str, Any]]:
    """RunInstances `BlockDeviceMappings`: what a mapping of the root device leaves open comes from the image.

    Source: EC2 API reference, EbsBlockDevice: "If you specify a snapshot, the default is the snapshot size"; EC2
    user guide, "Block device mappings": a mapping overrides what the image's says of the same device.
    """
    mappings: list[dict[str, Any]] = _mappings(self)
    image = self.ec2_backend.amis.get(self._get_param("ImageId"))
    its = {m["DeviceName"]: m["Ebs"] for m in image.block_device_mappings} if image is not None else {}
    for mapping in mappings:
        default, ebs = its.get(mapping.get("DeviceName"), {}), mapping.get("Ebs", {})
        if default.get("SnapshotId") in self.ec2_backend.snapshots and not ebs.get("SnapshotId"):
            ebs["SnapshotId"] = default["SnapshotId"]
        for name in ("VolumeSize", "VolumeType"):
            if ebs.get(name) is None and name in default:
                ebs[name] = default[name]
        if not ebs.get("VolumeSize") and not ebs.get("SnapshotId") and mapping.get("NoDevice") is None:
            refuse("MissingParameter", "The request must contain the parameter size or snapshotId")
    return mappings


def validate_block_device_mapping(device_mapping: dict[str, Any]) -> None:
    """RunInstances `BlockDeviceMappings`: whether a size is missing shows only when the image was looked at."""
    ebs: dict[str, Any] = device_mapping.get("Ebs", {})
    _validate({**device_mapping, "Ebs": {"VolumeSize": 1, **ebs}} if ebs else device_mapping)


OVERRIDES = (
    Override(owner=InstanceResponse, name="run_instances", value=run_instances),
    Override(owner=InstanceResponse, name="_parse_block_device_mapping", value=parse_block_device_mapping),
    Override(
        owner=InstanceResponse,
        name="_validate_block_device_mapping",
        value=staticmethod(validate_block_device_mapping),
    ),
)
