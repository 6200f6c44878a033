"""The traffic of the box's hosts, and what the security groups of the moment make of it."""

from collections.abc import Iterable
from typing import Any, Literal
from zlib import crc32

from sandbox.aws.overlay.base import groups_of
from sandbox.aws.rules import Rule, allows, rules_of, untracked
from sandbox.aws.world import Flow, World

PROTOCOL_NUMBERS = {"tcp": 6, "udp": 17}


def _rules(groups: Iterable[Any], direction: str) -> tuple[Rule, ...]:
    which = "ingress_rules" if direction == "in" else "egress_rules"
    return tuple(rule for group in groups for rule in rules_of(getattr(group, which)))


def permitted(groups: Iterable[Any], flow: Flow) -> bool:
    """Whether these groups let a new connection of this flow through."""
    rules = _rules(list(groups), flow.direction)
    return allows(rules, protocol=flow.protocol, port=flow.port, peer=flow.peer)


def _tracked(groups: list[Any], flow: Flow) -> bool:
    if flow.always_tracked:
        return True
    forward, back = _rules(groups, flow.direction), _rules(groups, "out" if flow.direction == "in" else "in")
    return not untracked(forward, back, protocol=flow.protocol, port=flow.port, peer=flow.peer)


def flows_of(world: World, eni: Any) -> list[Flow]:
    """What the host behind this interface says and hears; nothing unless it runs."""
    if eni.instance is None or eni.instance.state != "running":
        return []
    here = (eni.instance.id, eni.device_index)
    return [
        flow for flow in world.flows.values() if (flow.instance, flow.device) == here and _address(eni, flow)
    ]


def standing(world: World, eni: Any) -> frozenset[str]:
    """The established connections of this interface that live and are tracked, by name."""
    groups = groups_of(eni)
    return frozenset(
        flow.name
        for flow in flows_of(world, eni)
        if flow.established
        and ((eni.id, flow.name) in world.held or (permitted(groups, flow) and _tracked(groups, flow)))
    )


def carry_over(world: World, eni: Any, stood: frozenset[str]) -> None:
    """After a change of groups or rules: tracked connections live on, the others are cut or need no help.

    Source: EC2 user guide, "Security group connection tracking": a change does not interrupt tracked
    connections; untracked flows are interrupted at once.
    """
    for flow in flows_of(world, eni):
        if flow.name in stood and not permitted(groups_of(eni), flow):
            world.held.add((eni.id, flow.name))
        else:
            world.held.discard((eni.id, flow.name))


def action(world: World, eni: Any, flow: Flow) -> Literal["ACCEPT", "REJECT"]:
    """What the flow log says of this flow in this window."""
    lives = permitted(groups_of(eni), flow) or (eni.id, flow.name) in world.held
    return "ACCEPT" if lives or flow.name in world.leaking else "REJECT"


def _address(eni: Any, flow: Flow) -> str | None:
    if ":" in flow.peer:
        return next(iter(eni.ipv6_addresses), None)
    return eni.private_ip_address


def fields(eni: Any, flow: Flow, verdict: str) -> dict[str, str]:
    """The flow's fields, by the names of the flow-log format."""
    own, local = str(_address(eni, flow)), 49_152 + crc32(flow.name.encode()) % 16_384
    out = flow.direction == "out"
    return {
        "srcaddr": own if out else flow.peer,
        "dstaddr": flow.peer if out else own,
        "srcport": str(local),
        "dstport": str(flow.port),
        "protocol": str(PROTOCOL_NUMBERS[flow.protocol]),
        "packets": str(flow.packets if verdict == "ACCEPT" else 1),
        "bytes": str(flow.size if verdict == "ACCEPT" else 40),
        "action": verdict,
        "log-status": "OK",
    }
