"""A6: whether the internet can reach it: public addresses of every interface, and a route to a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks import reads
from actions.checks.ssh_rdp import has_gateway, public_addresses
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import NetworkInterfaceTypeDef, RouteTableTypeDef


async def look(scene: Scene) -> Answer:
    """Every interface with its addresses and its subnet's route table."""
    interfaces, tables = await both(reads.interfaces(scene), reads.route_tables(scene))
    said = [line for i in interfaces for line in _lines(i, tables)]
    reached = [line for line in said if line.endswith("the internet reaches it.")]
    if not said:
        said = ["No interface has a public address: the internet reaches it through a balancer at most."]
    evidence = {"public": [a for i in interfaces for a in public_addresses(i)], "lines": said[:50]}
    return answer(Verdict.NOTABLE if reached else Verdict.CLEAR, *said, evidence=evidence)


def _lines(interface: NetworkInterfaceTypeDef, tables: list[RouteTableTypeDef]) -> list[str]:
    elastic = _elastic(interface)
    subnet = interface.get("SubnetId", "")
    return [
        f"{_kind(address, elastic)} {address} on {interface.get('NetworkInterfaceId', '')}: "
        + (
            "its subnet has a route to an internet gateway, so the internet reaches it."
            if has_gateway(tables, subnet, v6=":" in address)
            else "its subnet has no route to an internet gateway."
        )
        for address in public_addresses(interface)
    ]


def _elastic(interface: NetworkInterfaceTypeDef) -> frozenset[str]:
    """The Elastic ones among its addresses; those that EC2 lent belong to `amazon`."""
    every = [interface.get("Association", {})]
    every += [a.get("Association", {}) for a in interface.get("PrivateIpAddresses", [])]
    return frozenset(a.get("PublicIp", "") for a in every if a.get("IpOwnerId", "amazon") != "amazon")


def _kind(address: str, elastic: frozenset[str]) -> str:
    if ":" in address:
        return "IPv6 address"
    return "Elastic IP" if address in elastic else "Public IP"


facing = Check(
    name="public",
    title="Public or Elastic IP: internet-facing?",
    row="A6",
    phase=Phase.INVESTIGATE,
    permissions=reads.INTERFACES | reads.ROUTES,
    look=look,
)
