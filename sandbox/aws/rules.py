"""Security-group rules, evaluated as the VPC user guide describes them ("Security group rules")."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

ANYWHERE: Final = frozenset({"0.0.0.0/0", "::/0"})
NUMBERS: Final = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: a protocol, a port range (None: all) and one peer (a CIDR or a group id)."""

    protocol: str
    first: int | None
    last: int | None
    cidr: str | None
    group: str | None

    def covers(self, protocol: str, port: int) -> bool:
        """Whether the protocol and the destination port fall under this rule."""
        if self.protocol == "-1":
            return True
        if NUMBERS.get(self.protocol, self.protocol) != NUMBERS.get(protocol, protocol):
            return False
        return self.first is None or self.first < 0 or self.first <= port <= (self.last or 0)

    def admits(self, peer: str, peer_groups: frozenset[str]) -> bool:
        """Whether the peer is the one named by this rule. An IPv4 CIDR never admits an IPv6 peer."""
        if self.group is not None:
            return self.group in peer_groups
        return self.cidr is not None and ip_address(peer) in ip_network(self.cidr, strict=False)


def rules_of(moto_rules: Iterable[Any]) -> tuple[Rule, ...]:
    """Moto's rules as plain values."""
    return tuple(
        Rule(
            protocol=str(rule.ip_protocol),
            first=rule.from_port,
            last=rule.to_port,
            cidr=rule.ip_range.get("CidrIp") or rule.ip_range.get("CidrIpv6"),
            group=rule.source_group.get("GroupId"),
        )
        for rule in moto_rules
    )


def allows(
    rules: Iterable[Rule], *, protocol: str, port: int, peer: str, peer_groups: frozenset[str] = frozenset()
) -> bool:
    """Whether any rule lets this traffic through: rules only ever permit."""
    return any(rule.covers(protocol, port) and rule.admits(peer, peer_groups) for rule in rules)


def untracked(forward: Iterable[Rule], back: Iterable[Rule], *, protocol: str, port: int, peer: str) -> bool:
    """Whether the flow is not tracked: it is let through from anywhere, and every answer to anywhere too.

    Source: Amazon EC2 user guide, "Security group connection tracking", section "Untracked connections".
    """
    wide = "::/0" if ":" in peer else "0.0.0.0/0"
    forth = any(rule.cidr == wide and rule.covers(protocol, port) for rule in forward)
    answer = any(
        rule.cidr == wide and rule.covers(protocol, 0) and rule.covers(protocol, 65_535) for rule in back
    )
    return forth and answer
