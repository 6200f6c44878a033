"""Security groups: which may be held, when one may go, and what a change of rules does to live connections."""

from collections.abc import Callable
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupBackend as Backend

from sandbox.aws.overlay.base import Override, groups_of, refuse
from sandbox.aws.traffic import carry_over, standing
from sandbox.aws.world import world_of

_delete_group = Backend.delete_security_group
_revoke_egress = Backend.revoke_security_group_egress


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


def revoke_egress(self: Any, **named: Any) -> None:
    """RevokeSecurityGroupEgress: IPv6 rules too; moto passes over them in a VPC without an IPv6 block.

    Source: EC2 API reference, RevokeSecurityGroupEgress: InvalidPermission.NotFound.
    """
    wanted = {r["CidrIpv6"] for r in named["ip_ranges"] if "CidrIpv6" in r}
    group = self.get_security_group_by_name_or_id(named["group_name_or_id"])
    if wanted and group is not None:
        ports = (None, None) if named["ip_protocol"] == "-1" else (named["from_port"], named["to_port"])
        same = [
            r
            for r in group.egress_rules
            if (r.ip_protocol, r.from_port, r.to_port) == (named["ip_protocol"], *ports)
        ]
        found = [r for r in same if r.ip_range.get("CidrIpv6") in wanted]
        if {r.ip_range["CidrIpv6"] for r in found} != wanted:
            refuse("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
        rest = [r for r in named["ip_ranges"] if "CidrIpv6" not in r]
        if rest or named.get("source_groups") or named.get("prefix_list_ids"):
            others: dict[str, Any] = {**named, "ip_ranges": rest}
            _revoke_egress(self, **others)
        group.egress_rules = [r for r in group.egress_rules if r not in found]
    else:
        _revoke_egress(self, **named)


def _with_connections(change: Callable[..., Any]) -> Callable[..., Any]:
    """Let live connections of the group's interfaces live on through a change of its rules, or be cut."""

    def changed(self: Any, **named: Any) -> Any:
        group, world = self.get_security_group_by_name_or_id(named["group_name_or_id"]), world_of(self)
        holders = [eni for eni in self.enis.values() if group in groups_of(eni)]
        stood = [standing(world, eni) for eni in holders]
        answer = change(self, **named)
        for eni, names in zip(holders, stood, strict=True):
            carry_over(world, eni, names)
        return answer

    return changed


_CHANGES = {
    "authorize_security_group_ingress": Backend.authorize_security_group_ingress,
    "authorize_security_group_egress": Backend.authorize_security_group_egress,
    "revoke_security_group_ingress": Backend.revoke_security_group_ingress,
    "revoke_security_group_egress": revoke_egress,
}

OVERRIDES = (
    Override(owner=Backend, name="delete_security_group", value=delete_security_group),
    *(
        Override(owner=Backend, name=name, value=_with_connections(change))
        for name, change in _CHANGES.items()
    ),
)
