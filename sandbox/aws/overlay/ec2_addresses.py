"""Elastic IP addresses: found by the instance behind their interface, released only when nothing holds them."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

from sandbox.aws.overlay.base import Override, refuse

_value = ElasticAddress.get_filter_value
_release = ElasticIPAddresses.release_address


def instance_id(self: Any) -> str:
    """DescribeAddresses `InstanceId`: the instance, also where the address was associated with its interface.

    Source: EC2 API reference, Address, `InstanceId`: "The ID of the instance that the address is associated with
    (if any)".
    """
    instance = self.instance or (self.eni.instance if self.eni else None)
    return str(instance.id) if instance else ""


def filter_value(self: Any, filter_name: str, method_name: str | None = None) -> Any:
    """DescribeAddresses, "Filters": `instance-id` and `network-interface-owner-id`. Source: that API reference."""
    match filter_name:
        case "instance-id":
            return instance_id(self) or None
        case "network-interface-owner-id":
            return self.network_interface_owner_id
        case _:
            return _value(self, filter_name, method_name)


def release_address(self: Any) -> ActionResult:
    """ReleaseAddress: outside a default VPC an associated address is in use.

    Source: EC2 API reference, ReleaseAddress: "You must use DisassociateAddress to disassociate the Elastic IP
    address before you can release it. Otherwise, Amazon EC2 returns an error (InvalidIPAddress.InUse)".
    """
    backend = self.ec2_backend
    allocation, public_ip = self._get_param("AllocationId"), self._get_param("PublicIp")
    for address in backend.addresses:
        named = allocation == address.allocation_id if allocation else public_ip == address.public_ip
        if named and address.eni and not backend.get_vpc(address.eni.subnet.vpc_id).is_default:
            refuse("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")
    return _release(self)


OVERRIDES = (
    Override(owner=ElasticAddress, name="instance_id", value=property(instance_id)),
    Override(owner=ElasticAddress, name="get_filter_value", value=filter_value),
    Override(owner=ElasticIPAddresses, name="release_address", value=release_address),
)
