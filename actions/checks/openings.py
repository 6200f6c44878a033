"""What security groups let in from where, as values that several checks judge."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.checks.outside import outside
from actions.scene import Scene
from playbook.text import words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionOutputTypeDef, SecurityGroupTypeDef

ADMINISTRATION = {22: "SSH", 3389: "RDP"}
PUBLIC = frozenset({80, 443})
"""Ports that a web server is expected to show to everybody; anything else shown to the world is a finding."""
_ALL = (0, 65_535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One inbound rule: protocol as AWS names it (`-1` is all), ports, and a CIDR, group or prefix list."""

    group: str
    protocol: str
    first: int
    last: int
    peer: str

    @property
    def world(self) -> bool:
        """Whether the peer is everybody: a range so wide that splitting 0.0.0.0/0 in parts does not hide it."""
        if "/" not in self.peer:
            return False
        network = ipaddress.ip_network(self.peer, strict=False)
        widest = 8 if network.version == 4 else 16
        return network.prefixlen <= widest and outside(str(network.network_address))

    def lets_in(self, port: int) -> bool:
        """Whether TCP to this port passes."""
        return self.protocol in ("-1", "6", "tcp") and self.first <= port <= self.last

    @property
    def ports(self) -> str:
        """The ports in words."""
        if self.protocol == "-1":
            return "everything"
        name = {"6": "tcp", "17": "udp"}.get(self.protocol, self.protocol)
        if name not in ("tcp", "udp"):
            return name
        span = "all ports" if (self.first, self.last) == _ALL else f"{self.first}-{self.last}"
        return f"{name} {self.first if self.first == self.last else span}"


def openings(groups: Iterable[SecurityGroupTypeDef]) -> tuple[Opening, ...]:
    """Every inbound rule of these groups, one for each peer."""
    return tuple(
        _opening(group.get("GroupId", ""), permission, peer)
        for group in groups
        for permission in group.get("IpPermissions", [])
        for peer in _peers(permission)
    )


def _opening(group: str, permission: IpPermissionOutputTypeDef, peer: str) -> Opening:
    first, last = permission.get("FromPort", _ALL[0]), permission.get("ToPort", _ALL[1])
    everything = permission.get("IpProtocol") == "-1" or first < 0
    return Opening(
        group=group,
        protocol=permission.get("IpProtocol", "-1"),
        first=_ALL[0] if everything else first,
        last=_ALL[1] if everything else last,
        peer=peer,
    )


def _peers(permission: IpPermissionOutputTypeDef) -> list[str]:
    return [
        *(r.get("CidrIp", "") for r in permission.get("IpRanges", [])),
        *(r.get("CidrIpv6", "") for r in permission.get("Ipv6Ranges", [])),
        *(p.get("GroupId", "") for p in permission.get("UserIdGroupPairs", [])),
        *(p.get("PrefixListId", "") for p in permission.get("PrefixListIds", [])),
    ]


def shown(opened: Iterable[Opening]) -> str:
    """Openings in words, each once: `tcp 22 to 0.0.0.0/0 (sg-1)`."""
    return words(sorted({f"{o.ports} to {o.peer} ({o.group})" for o in opened}))


def careless(opened: Iterable[Opening]) -> tuple[Opening, ...]:
    """What is open to the world beyond the ports of a web server."""
    return tuple(
        o
        for o in opened
        if o.world and not (o.protocol in ("6", "tcp") and o.first == o.last and o.first in PUBLIC)
    )


def administrative(opened: Iterable[Opening]) -> tuple[Opening, ...]:
    """What lets SSH or RDP in, from wherever."""
    return tuple(o for o in opened if any(o.lets_in(port) for port in ADMINISTRATION))


async def groups_here(scene: Scene) -> dict[str, SecurityGroupTypeDef]:
    """Every security group of the account in this region, by id; read once."""

    async def read() -> dict[str, SecurityGroupTypeDef]:
        def listed() -> dict[str, SecurityGroupTypeDef]:
            pages = scene.aws.ec2.get_paginator("describe_security_groups").paginate()
            return {g.get("GroupId", ""): g for page in pages for g in page["SecurityGroups"]}

        return await scene.aws.call(listed)

    return await scene.once("all-groups", read)
