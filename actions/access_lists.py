"""Network ACL entries: which denials are wanted, where there is room for them, and which stand.

A list's rules are asked in the order of their numbers, and the first that fits decides; lists are stateless
(VPC User Guide, “Network ACL basics”).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import DoesNotApply

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import NetworkAclEntryTypeDef, NetworkAclTypeDef

MOST = 20
"""Rules in one direction, those with an asterisk among them (VPC User Guide, “Amazon VPC quotas”)."""
LAST = 32_766
_EVERYBODY = {4: "0.0.0.0/0", 6: "::/0"}
_TCP, _UDP, _ALL = "6", "17", "-1"
_NAMES = {_TCP: "tcp", _UDP: "udp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """An entry that denies, without its place. `port` 0 means all; `protocol` is the IP number, -1 for all."""

    egress: bool
    protocol: str
    port: int
    cidr: str

    @property
    def says(self) -> str:
        """In words."""
        way = "to" if self.egress else "from"
        if not self.port:
            return f"all traffic {way} {self.cidr}"
        return f"{_NAMES.get(self.protocol, self.protocol)} {self.port} {way} {self.cidr}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A denial in its place: list and rule number."""

    acl: str
    number: int
    denial: Denial

    @property
    def place(self) -> tuple[str, bool, int]:
        """Unique: a list has each number once in each direction."""
        return self.acl, self.denial.egress, self.number


def by_port(ports: Iterable[int], version: int, *protocols: str) -> tuple[Denial, ...]:
    """Outbound denials of these ports to everybody of an IP version."""
    return tuple(
        Denial(egress=True, protocol=protocol, port=port, cidr=_EVERYBODY[version])
        for protocol in protocols or (_TCP, _UDP)
        for port in ports
    )


def by_address(addresses: Iterable[str]) -> tuple[Denial, ...]:
    """Denials both ways of all traffic with these addresses."""
    hosts = (ipaddress.ip_address(a) for a in addresses)
    cidrs = [f"{host.compressed}/{host.max_prefixlen}" for host in hosts]
    return tuple(
        Denial(egress=egress, protocol=_ALL, port=0, cidr=cidr) for cidr in cidrs for egress in (True, False)
    )


def denial_of(entry: NetworkAclEntryTypeDef) -> Denial | None:
    """The entry as a denial of one port or of all traffic, or None when it is something else."""
    ports = entry.get("PortRange", {})
    if entry.get("RuleAction") != "deny" or ports.get("From", 0) != ports.get("To", 0):
        return None
    return Denial(
        egress=entry.get("Egress", False),
        protocol=entry.get("Protocol", ""),
        port=ports.get("From", 0),
        cidr=entry.get("CidrBlock") or entry.get("Ipv6CidrBlock", ""),
    )


def allows_six(acl: NetworkAclTypeDef) -> bool:
    """Whether the list lets any IPv6 out: where it does not, nothing of it need be denied."""
    return any(
        e.get("RuleAction") == "allow" and e.get("Egress") and e.get("Ipv6CidrBlock")
        for e in acl.get("Entries", [])
    )


def entries_for(
    acl: NetworkAclTypeDef, needed: Sequence[Denial], more: Sequence[Denial]
) -> tuple[Entry, ...]:
    """Places before the first rule that allows, for all that is needed and as much more as there is room for.

    Denials that stand there already need none. Raises DoesNotApply where the needed ones do not fit.
    """
    name = acl.get("NetworkAclId", "")
    found: list[Entry] = []
    for egress in (True, False):
        here = [e for e in acl.get("Entries", []) if e.get("Egress", False) is egress]
        allowed = [e.get("RuleNumber", 0) for e in here if e.get("RuleAction") == "allow"]
        before = min(allowed, default=LAST + 1)
        standing = {denial_of(e) for e in here if e.get("RuleNumber", 0) < before}
        wanted = [d for d in needed if d.egress is egress and d not in standing]
        extra = [d for d in more if d.egress is egress and d not in standing]
        taken = {e.get("RuleNumber", 0) for e in here}
        numbers = [n for n in range(1, before) if n not in taken][: MOST - len(here)]
        if len(wanted) > len(numbers):
            way = "outbound" if egress else "inbound"
            raise DoesNotApply(
                f"{name} has room for {len(numbers)} more {way} rules before rule {before}; {len(wanted)} are needed.",
                means=f"A network ACL takes {MOST} rules in each direction, unless AWS raised that.",
                then="Block what matters most by hand, free rules, or isolate the instance instead.",
            )
        found += [
            Entry(acl=name, number=n, denial=d) for n, d in zip(numbers, [*wanted, *extra], strict=False)
        ]
    return tuple(found)
