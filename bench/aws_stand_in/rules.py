"""Security group rules: boto3's IpPermissions taken apart into single rules, and put together again."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bench.aws_stand_in.world import Answer, Rule

PEERS = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)


def rules_of(permissions: Iterable[Mapping[str, Any]]) -> Iterator[Rule]:
    """Every single rule in the permissions."""
    for permission in permissions:
        protocol = str(permission["IpProtocol"])
        bounds = (None, None) if protocol == "-1" else (permission.get("FromPort"), permission.get("ToPort"))
        for kind, key in PEERS:
            for peer in permission.get(kind) or ():
                yield Rule(protocol, *bounds, kind, str(peer[key]))


def permissions_of(rules: Iterable[Rule]) -> list[Answer]:
    """The rules as DescribeSecurityGroups shows them: one entry for each protocol and port range."""
    entries: dict[tuple[str, int | None, int | None], Answer] = {}
    keys = dict(PEERS)
    for rule in rules:
        entry = entries.setdefault(rule[:3], new_entry(rule))
        entry[rule.kind].append({keys[rule.kind]: rule.peer})
    return list(entries.values())


def new_entry(rule: Rule) -> Answer:
    """An IpPermission without peers."""
    entry: Answer = {"IpProtocol": rule.protocol} | {kind: [] for kind, _ in PEERS}
    if rule.from_port is not None:
        entry |= {"FromPort": rule.from_port, "ToPort": rule.to_port}
    return entry
