"""Tags: only something that exists can be tagged."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.tags import TagResponse

from sandbox.aws.overlay.base import Override, refuse

_create = TagResponse.create_tags


def create_tags(self: Any) -> ActionResult:
    """CreateTags: an unknown instance or interface is refused; moto keeps tags of nothing.

    Source: EC2 API reference, "Error codes for the EC2 API": InvalidInstanceID.NotFound and the like.
    """
    backend = self.ec2_backend
    for resource in self._get_param("Resources", []):
        if resource.startswith("i-") and backend.get_instance_by_id(resource) is None:
            refuse("InvalidInstanceID.NotFound", f"The instance ID '{resource}' does not exist")
        if resource.startswith("eni-") and resource not in backend.enis:
            refuse(
                "InvalidNetworkInterfaceID.NotFound", f"The networkInterface ID '{resource}' does not exist"
            )
    return _create(self)


OVERRIDES = (Override(owner=TagResponse, name="create_tags", value=create_tags),)
