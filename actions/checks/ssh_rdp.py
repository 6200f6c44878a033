"""V1: whether SSH or RDP could be reached: security groups, network ACL and a public path, all three.

Sources: VPC User Guide, “Network ACL rules” (lowest number first, the first that fits decides) and “Enable internet
access for a VPC using an internet gateway” (a public address and a route to the gateway).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks import reads
from actions.checks.openings import ADMINISTRATION, Opening, openings
from actions.checks.outside import outside
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        NetworkAclEntryTypeDef,
        NetworkAclTypeDef,
        NetworkInterfaceTypeDef,
        RouteTableTypeDef,
        SecurityGroupTypeDef,
    )

_TCP = ("-1", "6", "tcp")


def public_addresses(interface: NetworkInterfaceTypeDef) -> tuple[str, ...]:
    """The addresses under which the internet could reach it; every IPv6 address is one."""
    four = [interface.get("Association", {}).get("PublicIp", "")]
    four += [a.get("Association", {}).get("PublicIp", "") for a in interface.get("PrivateIpAddresses", [])]
    six = [a.get("Ipv6Address", "") for a in interface.get("Ipv6Addresses", [])]
    return tuple(sorted({a for a in (*four, *six) if a}))


def has_gateway(tables: Iterable[RouteTableTypeDef], subnet: str, *, v6: bool) -> bool:
    """Whether the subnet's route table, or else the VPC's main one, leads everything to an internet gateway."""
    tables = tuple(tables)
    own = next(
        (t for t in tables if any(a.get("SubnetId") == subnet for a in t.get("Associations", []))), None
    )
    main = next((t for t in tables if any(a.get("Main") for a in t.get("Associations", []))), None)
    everything = "::/0" if v6 else "0.0.0.0/0"
    where = "DestinationIpv6CidrBlock" if v6 else "DestinationCidrBlock"
    table = own or main
    return table is not None and any(
        r.get(where) == everything
        and r.get("GatewayId", "").startswith("igw-")
        and r.get("State") == "active"
        for r in table.get("Routes", [])
    )


def acl_admits(entries: Sequence[NetworkAclEntryTypeDef], port: int, peer: str) -> bool:
    """Whether a network ACL lets this TCP port in from any part of `peer`, a CIDR.

    A range that overlaps an allow rule counts as let in, unless a rule before it denies all of the range.
    """
    network = ipaddress.ip_network(peer, strict=False)
    rules = sorted((e for e in entries if not e.get("Egress")), key=lambda e: e.get("RuleNumber", 0))
    for rule in rules:
        block = ipaddress.ip_network(
            rule.get("CidrBlock") or rule.get("Ipv6CidrBlock") or "0.0.0.0/0", strict=False
        )
        ports = rule.get("PortRange", {})
        if block.version != network.version or rule.get("Protocol") not in _TCP:
            continue
        if rule.get("Protocol") != "-1" and not ports.get("From", 0) <= port <= ports.get("To", 65_535):
            continue
        if rule.get("RuleAction") == "allow" and block.overlaps(network):
            return True
        if rule.get("RuleAction") == "deny" and _within(network, block):
            return False
    return False


def _within(inner: ipaddress.IPv4Network | ipaddress.IPv6Network, outer: object) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def reachable(
    interface: NetworkInterfaceTypeDef,
    groups: Iterable[SecurityGroupTypeDef],
    acls: Iterable[NetworkAclTypeDef],
    tables: Iterable[RouteTableTypeDef],
) -> list[tuple[int, Opening, str]]:
    """Port, rule and public address of everything through which SSH or RDP gets in from the internet."""
    mine = {g.get("GroupId", "") for g in interface.get("Groups", [])}
    opened = openings(g for g in groups if g.get("GroupId", "") in mine)
    subnet = interface.get("SubnetId", "")
    acl = next((a for a in acls if any(s.get("SubnetId") == subnet for s in a.get("Associations", []))), None)
    entries = acl.get("Entries", []) if acl else []
    tables = tuple(tables)
    return [
        (port, rule, address)
        for port in ADMINISTRATION
        for rule in opened
        if rule.lets_in(port) and "/" in rule.peer and not _private(rule.peer)
        for address in public_addresses(interface)
        if (":" in address) == (":" in rule.peer)
        and has_gateway(tables, subnet, v6=":" in address)
        and acl_admits(entries, port, rule.peer)
    ]


def _private(cidr: str) -> bool:
    return not outside(str(ipaddress.ip_network(cidr, strict=False).network_address))


async def look(scene: Scene) -> Answer:
    """Every interface against its groups, ACL and routes."""
    interfaces, (groups, (acls, tables)) = await both(
        reads.interfaces(scene), both(reads.groups(scene), both(_acls(scene), reads.route_tables(scene)))
    )
    found = [f for i in interfaces for f in reachable(i, groups, acls, tables)]
    inside = sorted(
        {
            f"{port} ({ADMINISTRATION[port]}) to {o.peer} ({o.group})"
            for o in openings(groups)
            for port in ADMINISTRATION
            if o.lets_in(port)
        }
    )
    evidence = {
        "reachable": [
            f"{port} from {rule.peer} at {address} by {rule.group}" for port, rule, address in found
        ][:50],
        "rules": inside[:50],
        "public": [a for i in interfaces for a in public_addresses(i)],
    }
    if found:
        says = sorted(
            {
                f"{ADMINISTRATION[port]} ({port}) is open to {_whom(rule)} at {address}: group {rule.group}, "
                "the network ACL and an internet route let it in."
                for port, rule, address in found
            }
        )
        return answer(Verdict.NOTABLE, *says, evidence=evidence)
    if inside:
        says = f"Groups open {words(inside)}, but there is no path to it from the internet."
        return answer(Verdict.CLEAR, says, evidence=evidence)
    return answer(Verdict.CLEAR, "No group lets SSH (22) or RDP (3389) in.", evidence=evidence)


def _whom(rule: Opening) -> str:
    return f"the whole internet ({rule.peer})" if rule.world else rule.peer


async def _acls(scene: Scene) -> list[NetworkAclTypeDef]:
    async def read() -> list[NetworkAclTypeDef]:
        vpc = (await reads.instance(scene)).get("VpcId", "")

        def listed() -> list[NetworkAclTypeDef]:
            pages = scene.aws.ec2.get_paginator("describe_network_acls").paginate(
                Filters=[{"Name": "vpc-id", "Values": [vpc]}]
            )
            return [acl for page in pages for acl in page["NetworkAcls"]]

        return await scene.aws.call(listed)

    return await scene.once("network-acls", read)


ssh_rdp = Check(
    name="ssh-rdp",
    title="Entry: exposed SSH or RDP",
    row="V1",
    phase=Phase.INVESTIGATE,
    permissions=reads.GROUPS | reads.ROUTES | {"ec2:DescribeNetworkAcls"},
    look=look,
)
