"""Filters of EC2's Describe calls: the missing ones, and the way a filter matches."""

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, cast

from moto.ec2 import utils
from moto.ec2.models.elastic_network_interfaces import NetworkInterface

from sandbox.aws.overlay.base import Override, groups_of

Values = Callable[[Any], list[Any]]


def _enis(instance: Any) -> list[Any]:
    return list(instance.nics.values())


def _profile(instance: Any) -> dict[str, Any]:
    return instance.iam_instance_profile or {}


INSTANCE: Final[Mapping[str, Values]] = {
    "iam-instance-profile.arn": lambda i: [_profile(i).get("Arn")],
    "iam-instance-profile.id": lambda i: [_profile(i).get("Id")],
    "block-device-mapping.volume-id": lambda i: [d.volume_id for d in i.block_device_mapping.values()],
    "block-device-mapping.device-name": lambda i: list(i.block_device_mapping),
    "instance-lifecycle": lambda i: [i.lifecycle],
    "instance.group-id": lambda i: [g.id for g in i.security_groups],
    "instance.group-name": lambda i: [g.name for g in i.security_groups],
    "launch-time": lambda i: [i.launch_time.strftime("%Y-%m-%dT%H:%M:%S.000Z")],
    "metadata-options.http-tokens": lambda i: [i.metadata_options.http_tokens],
    "network-interface.addresses.private-ip-address": lambda i: [
        a["PrivateIpAddress"] for e in _enis(i) for a in e.private_ip_addresses
    ],
    "network-interface.association.public-ip": lambda i: [e.public_ip for e in _enis(i)],
    "network-interface.addresses.association.public-ip": lambda i: [e.public_ip for e in _enis(i)],
    "network-interface.network-interface-id": lambda i: [e.id for e in _enis(i)],
    "network-interface.group-id": lambda i: [g.id for e in _enis(i) for g in groups_of(e)],
    "network-interface.subnet-id": lambda i: [e.subnet.id for e in _enis(i)],
    "network-interface.vpc-id": lambda i: [e.subnet.vpc_id for e in _enis(i)],
    "network-interface.ipv6-addresses.ipv6-address": lambda i: [
        a for e in _enis(i) for a in e.ipv6_addresses
    ],
}

INTERFACE: Final[Mapping[str, Values]] = {
    "association.public-ip": lambda e: [e.public_ip],
    "addresses.association.public-ip": lambda e: [e.public_ip],
    "addresses.private-ip-address": lambda e: [a["PrivateIpAddress"] for a in e.private_ip_addresses],
    "attachment.device-index": lambda e: [str(e.device_index)],
    "attachment.status": lambda e: ["attached"] if e.instance else [],
    "attachment.delete-on-termination": lambda e: [str(bool(e.delete_on_termination)).lower()],
    "group-name": lambda e: [g.name for g in groups_of(e)],
    "interface-type": lambda e: [e.interface_type],
    "ipv6-addresses.ipv6-address": lambda e: list(e.ipv6_addresses),
    "mac-address": lambda e: [e.mac_address],
    "owner-id": lambda e: [e.owner_id],
    "status": lambda e: [e.status],
}


def matches(values: list[Any], wanted: list[str]) -> bool:
    """Whether any value matches any wanted pattern (* and ?, case-sensitive).

    Source: EC2 user guide, "List and filter using the CLI and API".
    """
    return any(fnmatchcase(str(v), pattern) for v in values if v is not None for pattern in wanted)


_passes = utils.passes_filter_dict
_interface_value = NetworkInterface.get_filter_value
_is_matching = utils.is_filter_matching


def passes_filter_dict(instance: Any, filter_dict: dict[str, Any]) -> bool:
    """DescribeInstances: the filters that moto lacks. Source: EC2 API reference, DescribeInstances, "Filters"."""
    rest = {name: wanted for name, wanted in filter_dict.items() if name not in INSTANCE}
    ours = (matches(INSTANCE[name](instance), filter_dict[name]) for name in filter_dict if name in INSTANCE)
    return all(ours) and _passes(instance, rest)


def interface_value(self: Any, filter_name: str, method_name: str | None = None) -> Any:
    """DescribeNetworkInterfaces: the filters that moto lacks. Source: EC2 API reference of that call."""
    values = INTERFACE.get(filter_name)
    return values(self) if values else _interface_value(self, filter_name, method_name)


def is_filter_matching(obj: Any, name: str, wanted: Any) -> bool:
    """A filter with several values matches a resource that has any of them; moto wants all or a subset.

    Source: EC2 user guide, "List and filter using the CLI and API": values of one filter are joined with OR.
    """
    if wanted is None:
        return False
    value = obj.get_filter_value(name)
    if isinstance(value, list):
        return matches(cast("list[Any]", value), wanted)
    return _is_matching(obj, name, wanted)


OVERRIDES = (
    Override(owner=utils, name="passes_filter_dict", value=passes_filter_dict),
    Override(owner=utils, name="is_filter_matching", value=is_filter_matching),
    Override(owner=NetworkInterface, name="get_filter_value", value=interface_value),
)
