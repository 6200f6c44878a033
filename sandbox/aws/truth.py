"""The account's truth, read from the backends themselves: what the demo shows beside the chat.

It makes no AWS call, so it leaves no trace in the trail and meets no fault. Shape: `{"instances": [CARD], "account":
[CARD]}`; a CARD is `{"key", "title", "about", "rows": [[name, value]]}`, all text.
"""

from collections.abc import Iterator
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends

from sandbox.aws.environment import account_id
from sandbox.aws.overlay.base import ec2_of, groups_of
from sandbox.aws.overlay.dispatch import ONE_AT_A_TIME
from sandbox.aws.overlay.dns_firewall import firewall_of
from sandbox.aws.overlay.ec2_network_acls import LAST
from sandbox.aws.overlay.ec2_snapshot_locks import lock_state
from sandbox.aws.overlay.ec2_snapshots import status
from sandbox.aws.overlay.elbv2 import health_of

Row = list[str]
MOST_TAGS = 8


def truth(region: str) -> dict[str, Any]:
    """Everything worth seeing of one region, at one moment."""
    with ONE_AT_A_TIME:
        backend = ec2_of(account_id(), region)
        instances = [i for r in backend.reservations.values() for i in r.instances]
        roles, network = _roles(), _network(backend, region)
        return {
            "instances": [_instance(backend, region, each) for each in instances],
            "account": [
                {"key": "roles", "title": "Roles", "about": "inline policies", "rows": roles},
                {
                    "key": "network",
                    "title": "Network",
                    "about": "what is denied in the VPCs",
                    "rows": network,
                },
            ],
        }


def _tags(thing: Any) -> dict[str, str]:
    return {tag["key"]: str(tag["value"]) for tag in thing.get_tags()}


def _instance(backend: Any, region: str, instance: Any) -> dict[str, Any]:
    tags = _tags(instance)
    rows: list[Row] = [
        ["State", instance.state],
        *_interfaces(instance),
        *_targets(instance.id, region),
        *_scaling(instance.id, region),
        ["Profile", _profile(backend, instance)],
        ["Metadata", _metadata(instance.metadata_options)],
        ["Protection", "from termination" if _on(instance.disable_api_termination) else "none"],
        *_snapshots(backend, instance),
        *_shown(tags),
    ]
    about = " · ".join(filter(None, [instance.id, tags.get("Environment", "")]))
    return {"key": instance.id, "title": tags.get("Name") or instance.id, "about": about, "rows": rows}


def _on(value: object) -> bool:
    return str(value).lower() == "true"


def _interfaces(instance: Any) -> Iterator[Row]:
    for device, eni in sorted(instance.nics.items()):
        names = ", ".join(sorted(group.name for group in groups_of(eni)))
        yield [f"eth{device} groups", names or "none"]
        if eni.public_ip:
            yield [f"eth{device} public", str(eni.public_ip)]


def _targets(instance: str, region: str) -> Iterator[Row]:
    backend = elbv2_backends[account_id()][region]
    for group in backend.target_groups.values():
        for target in (*group.targets.values(), *group.deregistered_targets.values()):
            if target["Id"] == instance:
                state, _, _ = health_of(backend, group, target)
                yield [
                    f"Target {group.name}:{target['Port']}",
                    "deregistered" if state == "unused" else state,
                ]


def _scaling(instance: str, region: str) -> Iterator[Row]:
    for group in autoscaling_backends[account_id()][region].autoscaling_groups.values():
        for member in group.instance_states:
            if member.instance.id == instance:
                yield [f"Auto Scaling {group.name}", member.lifecycle_state]


def _profile(backend: Any, instance: Any) -> str:
    found = backend.iam_instance_profile_associations.get(instance.id)
    return str(found.iam_instance_profile.name) if found else "none"


def _metadata(options: Any) -> str:
    if options.http_endpoint == "disabled":
        return "off"
    return "IMDSv2 only" if options.http_tokens == "required" else "IMDSv1 allowed"


def _snapshots(backend: Any, instance: Any) -> Iterator[Row]:
    devices = {held.volume_id: device for device, held in instance.block_device_mapping.items()}
    for snapshot in backend.snapshots.values():
        device = devices.get(snapshot.volume.id)
        if device:
            locked = lock_state(snapshot)
            yield [
                f"Snapshot {device}",
                f"{status(snapshot)}, {f'locked ({locked})' if locked else 'not locked'}",
            ]


def _shown(tags: dict[str, str]) -> list[Row]:
    own = [
        [f"Tag {k}", v]
        for k, v in tags.items()
        if not k.startswith("aws:") and k not in {"Name", "Environment"}
    ]
    return own[-MOST_TAGS:]


def _roles() -> list[Row]:
    roles = iam_backends[account_id()]["aws"].roles.values()
    return [[str(role.name), ", ".join(sorted(role.policies)) or "none"] for role in roles]


def _network(backend: Any, region: str) -> list[Row]:
    entries = (entry for acl in backend.network_acls.values() for entry in acl.network_acl_entries)
    denied = [
        [
            f"{entry.network_acl_id} rule {entry.rule_number} {'out' if _on(entry.egress) else 'in'}",
            f"deny {entry.cidr_block or entry.ipv6_cidr_block}{_ports(entry)}",
        ]
        for entry in entries
        if entry.rule_action == "deny" and int(entry.rule_number) <= LAST
    ]
    return denied + [[f"DNS firewall {name}", words] for name, words in _blocked(region)]


def _ports(entry: Any) -> str:
    first, last = entry.port_range_from, entry.port_range_to
    if first is None:
        return ""
    return f" port {first}" if first == last else f" ports {first} to {last}"


def _blocked(region: str) -> Iterator[tuple[str, str]]:
    firewall = firewall_of(account_id(), region)
    for held in firewall.associations.values():
        group = str(held.shown.get("FirewallRuleGroupId"))
        listed = [
            domain
            for (g, one), _ in firewall.rules.items()
            if g == group
            for domain in _domains(firewall, one)
        ]
        yield str(held.shown.get("VpcId")), f"{len(listed)} domains blocked ({held.shown.get('Status', '')})"


def _domains(firewall: Any, listed: str) -> list[str]:
    return list(firewall.lists[listed].domains) if listed in firewall.lists else []
