"""Network interfaces: each holds exactly the security groups that it was last given."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

from sandbox.aws.overlay.base import Override, groups_of, refuse
from sandbox.aws.overlay.ec2_security_groups import find_groups
from sandbox.aws.traffic import carry_over, standing
from sandbox.aws.world import notes_on, world_of

_create = ElasticNetworkInterfaces.create_network_interface
_delete = ElasticNetworkInterfaces.delete_network_interface


def set_groups(backend: Any, eni: Any, ids: list[str]) -> None:
    """Give an interface these groups in place of the ones it has."""
    new, world = find_groups(backend, eni.subnet.vpc_id, ids), world_of(backend)
    stood = standing(world, eni)
    notes_on(eni)["_group_set"] = new
    carry_over(world, eni, stood)


def group_set(self: Any) -> list[Any]:
    """DescribeNetworkInterfaces, DescribeInstances: the interface's own groups, not a union with older ones."""
    return groups_of(self)


def instance_groups(self: Any) -> list[Any]:
    """DescribeInstances `SecurityGroups`: the groups of the primary interface.

    Source: EC2 API reference, Instance, `GroupSet`.
    """
    nics: dict[int, Any] = notes_on(self).get("nics", {})
    return groups_of(nics[0]) if 0 in nics else notes_on(self).get("launch_groups", [])


def remember_launch_groups(self: Any, groups: list[Any]) -> None:
    """Keep the groups of the launch until the instance has an interface to carry them."""
    notes_on(self)["launch_groups"] = groups


def create_network_interface(self: Any) -> ActionResult:
    """CreateNetworkInterface: an unknown group is refused; moto would create it."""
    subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
    find_groups(self.ec2_backend, subnet.vpc_id, self._get_param("Groups", []))
    return _create(self)


def delete_network_interface(self: Any) -> ActionResult:
    """DeleteNetworkInterface: one that is attached is in use.

    Source: EC2 API reference, DeleteNetworkInterface: "You must detach the network interface before you can delete
    it"; "Error codes for the EC2 API": InvalidNetworkInterface.InUse.
    """
    eni = self.ec2_backend.enis.get(self._get_param("NetworkInterfaceId"))
    if eni is not None and eni.instance:
        refuse("InvalidNetworkInterface.InUse", f"Network interface '{eni.id}' is currently in use.")
    return _delete(self)


def modify_network_interface_attribute(self: Any) -> ActionResult:
    """ModifyNetworkInterfaceAttribute: `Groups` replaces; only one attribute may be named in a call.

    Source: EC2 API reference, ModifyNetworkInterfaceAttribute.
    """
    eni = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
    groups: list[str] = self._get_param("Groups", [])
    check = self._get_param("SourceDestCheck.Value")
    description = self._get_param("Description.Value")
    attachment = self._get_param("Attachment")
    named = [name for name in (groups or None, check, description, attachment) if name is not None]
    if len(named) != 1:
        refuse("InvalidParameterCombination", "Exactly one attribute must be specified.")
    self.error_on_dryrun()
    if groups:
        set_groups(self.ec2_backend, eni, groups)
    elif check is not None:
        eni.source_dest_check = check
    elif description is not None:
        eni.description = description
    else:
        eni.delete_on_termination = attachment.get("DeleteOnTermination", eni.delete_on_termination)
    return EmptyResult()


OVERRIDES = (
    Override(owner=NetworkInterface, name="group_set", value=property(group_set)),
    Override(owner=Instance, name="security_groups", value=property(instance_groups, remember_launch_groups)),
    Override(owner=ElasticNetworkInterfaces, name="create_network_interface", value=create_network_interface),
    Override(owner=ElasticNetworkInterfaces, name="delete_network_interface", value=delete_network_interface),
    Override(
        owner=ElasticNetworkInterfaces,
        name="modify_network_interface_attribute",
        value=modify_network_interface_attribute,
    ),
)
