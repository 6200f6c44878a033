"""Subnets: one that an interface is in stays."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.subnets import Subnets

from sandbox.aws.overlay.base import Override, refuse

_delete = Subnets.delete_subnet


def delete_subnet(self: Any) -> ActionResult:
    """DeleteSubnet: refused while an interface is in it.

    Source: EC2 API reference, DeleteSubnet: "You must terminate all running instances in the subnet before you
    can delete the subnet"; "Error codes for the EC2 API": DependencyViolation.
    """
    subnet = self._get_param("SubnetId")
    if any(eni.subnet.id == subnet for eni in self.ec2_backend.enis.values()):
        refuse("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")
    return _delete(self)


OVERRIDES = (Override(owner=Subnets, name="delete_subnet", value=delete_subnet),)
