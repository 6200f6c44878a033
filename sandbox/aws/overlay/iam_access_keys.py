"""Access keys: what their status may be, and whose last use is told."""

from typing import Any

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from sandbox.aws.overlay.base import Override, refuse

_update = IamResponse.update_access_key


def update_access_key(self: Any) -> ActionResult:
    """UpdateAccessKey: a key of that user, Active or Inactive; temporary keys belong to no user.

    Source: IAM API reference, UpdateAccessKey, `Status` and NoSuchEntity.
    """
    status, key = self._get_param("Status"), str(self._get_param("AccessKeyId"))
    if status not in {"Active", "Inactive"}:
        refuse(
            "ValidationError",
            f"Value '{status}' at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Active, Inactive]",
        )
    if key.startswith("ASIA"):
        refuse("NoSuchEntity", f"The Access Key with id {key} cannot be found.")
    return _update(self)


OVERRIDES = (Override(owner=IamResponse, name="update_access_key", value=update_access_key),)
