"""Network interfaces and their security groups: each interface holds exactly the groups it was last given."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces

from sandbox.aws.overlay.base import Override, groups_of, refuse
from sandbox.aws.traffic import on_group_change
from sandbox.aws.world import notes_on, world_of

_create = ElasticNetworkInterfaces.create_network_interface
_delete_group = SecurityGroupBackend.delete_security_group


def find_groups(backend: Any, vpc_id: str, ids: list[str]) -> list[Any]:
    """The groups of those ids, which must exist in the VPC.

    Source: EC2 API reference, "Error codes for the EC2 API": InvalidGroup.NotFound, InvalidGroupId.Malformed,
    SecurityGroupsPerInterfaceLimitExceeded (the default quota is five).
    """
    unique = list(dict.fromkeys(ids))
    if len(unique) > 5:
        refuse(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )
    found: list[Any] = []
    for group_id in unique:
        if not group_id.startswith("sg-"):
            refuse("InvalidGroupId.Malformed", f'Invalid id: "{group_id}" (expecting "sg-...")')
        group = backend.get_security_group_from_id(group_id)
        if group is None:
            refuse("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            refuse(
                "InvalidParameter",
                f"Security group {group_id} and the interface belong to different networks.",
            )
        found.append(group)
    return found


def set_groups(backend: Any, eni: Any, ids: list[str]) -> None:
    """Give an interface these groups in place of the ones it has."""
    new = find_groups(backend, eni.subnet.vpc_id, ids)
    old = groups_of(eni)
    notes_on(eni)["_group_set"] = new
    on_group_change(world_of(backend), eni, old, new)


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


def delete_security_group(self: Any, name: str | None = None, group_id: str | None = None) -> None:
    """DeleteSecurityGroup: refused while an interface holds the group or another group's rule names it.

    Source: EC2 API reference, DeleteSecurityGroup: DependencyViolation; a VPC's default group: CannotDelete.
    """
    group = self.get_security_group_by_name_or_id(group_id or name)
    if group is not None:
        if group.is_default:
            refuse(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
            )
        held = any(group in groups_of(eni) for eni in self.enis.values())
        others = [other for vpc in self.groups.values() for other in vpc.values() if other is not group]
        rules = [rule for other in others for rule in (*other.ingress_rules, *other.egress_rules)]
        if held or any(rule.source_group.get("GroupId") == group.id for rule in rules):
            refuse("DependencyViolation", f"resource {group.id} has a dependent object")
    _delete_group(self, name, group_id)


OVERRIDES = (
    Override(owner=NetworkInterface, name="group_set", value=property(group_set)),
    Override(owner=Instance, name="security_groups", value=property(instance_groups, remember_launch_groups)),
    Override(owner=ElasticNetworkInterfaces, name="create_network_interface", value=create_network_interface),
    Override(
        owner=ElasticNetworkInterfaces,
        name="modify_network_interface_attribute",
        value=modify_network_interface_attribute,
    ),
    Override(owner=SecurityGroupBackend, name="delete_security_group", value=delete_security_group),
)
