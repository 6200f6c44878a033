"""Network ACLs: the default one's IPv6 rules, what an entry may be, and how many there may be."""

from ipaddress import ip_network
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ec2.models.network_acls import NetworkAcl
from moto.ec2.models.network_acls import NetworkAclBackend as Backend
from moto.ec2.responses.network_acls import NetworkACLs

from sandbox.aws.overlay.base import Override, refuse

MOST: Final = 20
"""Rules in one direction, the asterisk's included. Source: VPC user guide, "Amazon VPC quotas"."""
LAST: Final = 32_766
"""The highest number a rule may have. Source: VPC user guide, "Network ACL basics"."""

_create: Any = Backend.create_network_acl_entry
_delete = Backend.delete_network_acl_entry
_describe = NetworkACLs.describe_network_acls
_filter_value = NetworkAcl.get_filter_value


def _canonical(cidr: str | None) -> str | None:
    """Source: VPC user guide, "Network ACL rules": the CIDR range is changed to its canonical form."""
    if cidr is None:
        return None
    try:
        return str(ip_network(cidr, strict=False))
    except ValueError:
        refuse("InvalidParameterValue", f"Value ({cidr}) for parameter cidrBlock is invalid.")


def _check(entry: dict[str, Any]) -> None:
    number, protocol = int(entry["rule_number"]), str(entry["protocol"])
    if not 1 <= number <= LAST:
        refuse("InvalidParameterValue", f"Value ({number}) for parameter ruleNumber is invalid.")
    if entry["rule_action"] not in {"allow", "deny"}:
        refuse(
            "InvalidParameterValue",
            f"Value ({entry['rule_action']}) for parameter ruleAction is invalid.",
        )
    if bool(entry["cidr_block"]) == bool(entry["ipv6_cidr_block"]):
        refuse("InvalidParameterCombination", "Exactly one of CidrBlock and Ipv6CidrBlock must be specified.")
    if protocol in {"6", "17", "tcp", "udp"} and entry["port_range_from"] is None:
        refuse("MissingParameter", "The request must contain the parameter portRange")


def create_entry(self: Any, **entry: Any) -> Any:
    """CreateNetworkAclEntry: numbers 1 to 32766, one address range, a port range for TCP and UDP, at most 20.

    Source: EC2 API reference, CreateNetworkAclEntry, `RuleNumber`, `Protocol`, `PortRange`; "Error codes for the
    EC2 API": NetworkAclEntryAlreadyExists, NetworkAclEntryLimitExceeded, InvalidNetworkAclID.NotFound.
    """
    acl = self.get_network_acl(entry["network_acl_id"])
    own = entry["rule_number"] == LAST + 1 and len(acl.network_acl_entries) < 4  # those that AWS makes itself
    if not own:
        _check(entry)
        same = [e for e in acl.network_acl_entries if e.egress == entry["egress"]]
        free = all(e.rule_number != entry["rule_number"] for e in same)
        if free and len(same) >= MOST:
            refuse(
                "NetworkAclEntryLimitExceeded",
                f"The maximum number of network acl entries, {MOST}, has been reached.",
            )
    for name in ("cidr_block", "ipv6_cidr_block"):
        entry[name] = _canonical(entry[name])
    return _create(self, **entry)


def delete_entry(self: Any, network_acl_id: str, rule_number: int, egress: bool) -> Any:
    """DeleteNetworkAclEntry: one that is not there is refused.

    Source: "Error codes for the EC2 API": InvalidNetworkAclEntry.NotFound.
    """
    acl = self.get_network_acl(network_acl_id)
    if all((e.rule_number, e.egress) != (rule_number, egress) for e in acl.network_acl_entries):
        refuse(
            "InvalidNetworkAclEntry.NotFound",
            f"The network acl entry with rule number '{rule_number}' does not exist in '{network_acl_id}'",
        )
    return _delete(self, network_acl_id, rule_number, egress)


def _six(acl: Any, number: int, action: str, *, egress: bool) -> Any:
    return _create(
        acl.ec2_backend,
        network_acl_id=acl.id,
        rule_number=number,
        protocol="-1",
        rule_action=action,
        egress=egress,
        cidr_block=None,
        icmp_code=None,
        icmp_type=None,
        port_range_from=None,
        port_range_to=None,
        ipv6_cidr_block="::/0",
    )


def describe_network_acls(self: Any) -> ActionResult:
    """DescribeNetworkAcls: the default ACL of a VPC with IPv6 has rules 101 (allow) and 32768 (deny) for ::/0.

    Source: VPC user guide, "Default network ACL".
    """
    for acl in self.ec2_backend.network_acls.values():
        vpc = self.ec2_backend.vpcs.get(acl.vpc_id)
        known = any(e.ipv6_cidr_block and e.rule_number == LAST + 2 for e in acl.network_acl_entries)
        if acl.default and not known and vpc and vpc.get_cidr_block_association_set(ipv6=True):
            for egress in (True, False):
                _six(acl, 101, "allow", egress=egress)
                _six(acl, LAST + 2, "deny", egress=egress)
    return _describe(self)


def filter_value(self: Any, filter_name: str, method_name: str | None = None) -> Any:
    """DescribeNetworkAcls: filters that moto lacks. Source: EC2 API reference of that call."""
    if filter_name == "network-acl-id":
        return self.id
    if filter_name == "entry.ipv6-cidr":
        return [entry.ipv6_cidr_block for entry in self.network_acl_entries]
    return _filter_value(self, filter_name, method_name)


OVERRIDES = (
    Override(owner=NetworkAcl, name="get_filter_value", value=filter_value),
    Override(owner=Backend, name="create_network_acl_entry", value=create_entry),
    Override(owner=Backend, name="delete_network_acl_entry", value=delete_entry),
    Override(owner=NetworkACLs, name="describe_network_acls", value=describe_network_acls),
)
