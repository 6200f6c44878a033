"""DNS Firewall as a step uses it: what stands at a VPC, and making or taking away one list, group, rule, association.

Names tell what belongs together, because a rule group knows nothing of the run that made it: one name for a VPC and
a set of domains. The same `CreatorRequestId` makes the same thing, however often it is asked (Route 53 Resolver API
reference).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.gathering import both, gather

if TYPE_CHECKING:
    from mypy_boto3_route53resolver.type_defs import (
        FirewallDomainListMetadataTypeDef,
        FirewallRuleGroupAssociationTypeDef,
        FirewallRuleGroupMetadataTypeDef,
        FirewallRuleTypeDef,
    )

PREFIX = "ec2ir-"
FIRST, LAST = 101, 9_900
"""Priorities of associations: AWS allows 100 to 9900; 100 stays free for what must come before us."""
GROUPS = 5
"""Rule groups at one VPC (Route 53 Developer Guide, “Quotas on DNS Firewall”)."""
AT_ONCE = 1_000
"""Domains in one UpdateFirewallDomains (the same quotas)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """A rule group at a VPC; `status` is COMPLETE, UPDATING or DELETING."""

    id: str
    group: str
    name: str
    priority: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What there is under one name: ids, empty or None for what is missing; `domains` and `rules` as they are."""

    list_id: str
    domains: frozenset[str]
    group_id: str
    rules: tuple[FirewallRuleTypeDef, ...]
    association: Association | None


def stem(incident: str, vpc: str) -> str:
    """How the names of everything begin that an incident has at a VPC; at most 52 letters, digits and hyphens."""
    safe = "".join(c if c.isalnum() and c.isascii() else "-" for c in incident)[:24]
    return f"{PREFIX}{safe}-{vpc}-"


def name_for(incident: str, vpc: str, domains: Iterable[str]) -> str:
    """One name for a set of domains; at most 64 characters, as the service demands."""
    return (
        stem(incident, vpc) + hashlib.sha256(" ".join((incident, *sorted(domains))).encode()).hexdigest()[:8]
    )


def specifications(domains: Iterable[str]) -> tuple[str, ...]:
    """Each domain and everything under it: without the asterisk subdomains would be let through."""
    return tuple(spec for d in sorted(domains) for spec in (d, f"*.{d}"))


async def associations(aws: Account, vpc: str) -> tuple[Association, ...]:
    """The rule groups at a VPC, in the order in which they are asked."""

    def read() -> list[FirewallRuleGroupAssociationTypeDef]:
        pages = aws.resolver.get_paginator("list_firewall_rule_group_associations").paginate(VpcId=vpc)
        return [a for page in pages for a in page["FirewallRuleGroupAssociations"]]

    made = (
        Association(
            id=a.get("Id", ""),
            group=a.get("FirewallRuleGroupId", ""),
            name=a.get("Name", ""),
            priority=a.get("Priority", 0),
            status=a.get("Status", ""),
        )
        for a in await aws.call(read)
    )
    return tuple(sorted(made, key=lambda a: a.priority))


async def rules(aws: Account, group: str) -> tuple[FirewallRuleTypeDef, ...]:
    """The rules of a group, by priority."""

    def read() -> list[FirewallRuleTypeDef]:
        pages = aws.resolver.get_paginator("list_firewall_rules").paginate(FirewallRuleGroupId=group)
        return [r for page in pages for r in page["FirewallRules"]]

    return tuple(sorted(await aws.call(read), key=lambda r: r.get("Priority", 0)))


async def domains(aws: Account, list_id: str) -> frozenset[str]:
    """The list's specifications, without the final dot that AWS adds."""

    def read() -> list[str]:
        pages = aws.resolver.get_paginator("list_firewall_domains").paginate(FirewallDomainListId=list_id)
        return [d for page in pages for d in page["Domains"]]

    return frozenset(d.rstrip(".") for d in await aws.call(read))


async def standing(aws: Account, vpc: str, name: str) -> Standing:
    """What there is of that name."""

    def lists() -> list[FirewallDomainListMetadataTypeDef]:
        pages = aws.resolver.get_paginator("list_firewall_domain_lists").paginate()
        return [found for page in pages for found in page["FirewallDomainLists"]]

    def groups() -> list[FirewallRuleGroupMetadataTypeDef]:
        pages = aws.resolver.get_paginator("list_firewall_rule_groups").paginate()
        return [found for page in pages for found in page["FirewallRuleGroups"]]

    (every_list, every_group), at_vpc = await both(
        both(aws.call(lists), aws.call(groups)), associations(aws, vpc)
    )
    list_id = next((found.get("Id", "") for found in every_list if found.get("Name") == name), "")
    group_id = next((found.get("Id", "") for found in every_group if found.get("Name") == name), "")
    return Standing(
        list_id=list_id,
        domains=await domains(aws, list_id) if list_id else frozenset(),
        group_id=group_id,
        rules=await rules(aws, group_id) if group_id else (),
        association=next((a for a in at_vpc if group_id and a.group == group_id), None),
    )


async def build(run: Run, name: str, wanted: tuple[str, ...], now: Standing) -> str:
    """List, group and rule of that name, made where they are missing; the group's id. Nothing is blocked yet."""
    resolver = run.aws.resolver
    tags = [{"Key": key, "Value": value} for key, value in run.tags.items()]

    def request(key: str) -> dict[str, Any]:
        return {"CreatorRequestId": f"{run.id}/{key}/{name}"[:255], "Name": name}

    async def listed() -> str:
        answer = await run.aws.call(resolver.create_firewall_domain_list, **request("list"), Tags=tags)  # pyright: ignore[reportArgumentType]
        return answer["FirewallDomainList"].get("Id", "")

    async def grouped() -> str:
        answer = await run.aws.call(resolver.create_firewall_rule_group, **request("group"), Tags=tags)  # pyright: ignore[reportArgumentType]
        return answer["FirewallRuleGroup"].get("Id", "")

    list_id = now.list_id or await run.write(f"domain list {name}", listed)
    group_id = now.group_id or await run.write(f"rule group {name}", grouped)
    missing = [d for d in wanted if d not in now.domains]

    async def filled() -> None:
        for start in range(0, len(missing), AT_ONCE):
            await run.aws.call(
                resolver.update_firewall_domains,
                FirewallDomainListId=list_id,
                Operation="ADD",
                Domains=missing[start : start + AT_ONCE],
            )

    async def ruled() -> None:
        await run.aws.call(
            resolver.create_firewall_rule,
            **request("rule"),
            FirewallRuleGroupId=group_id,
            FirewallDomainListId=list_id,
            Priority=FIRST,
            Action="BLOCK",
            BlockResponse="NXDOMAIN",
        )

    if missing:
        await run.write(f"domains of {name}", filled)
    if not now.rules:
        await run.write(f"rule of {name}", ruled)
    return group_id


async def associate(run: Run, vpc: str, name: str, group: str, priority: int) -> None:
    """Put the group before the VPC's queries: from now on it blocks."""

    async def call() -> None:
        await run.aws.call(
            run.aws.resolver.associate_firewall_rule_group,
            CreatorRequestId=f"{run.id}/association/{name}"[:255],
            Name=name,
            FirewallRuleGroupId=group,
            VpcId=vpc,
            Priority=priority,
        )

    await run.write(f"associate {name} with {vpc}", call)


async def gone(call: Callable[..., Mapping[str, Any]], aws: Account, **named: str) -> None:
    """Delete something; that it is not there is no error."""
    try:
        await aws.call(call, **named)
    except AwsRefused as refusal:
        if refusal.code != "ResourceNotFoundException":
            raise


async def blocked_by_us(
    aws: Account, at_vpc: Iterable[Association], incident: str, vpc: str
) -> frozenset[str]:
    """The domains that rule groups of this incident block at the VPC already."""
    start = stem(incident, vpc)
    mine = [a for a in at_vpc if a.name.startswith(start) and a.status != "DELETING"]
    found = await gather(*(rules(aws, a.group) for a in mine))
    lists = sorted({r.get("FirewallDomainListId", "") for group in found for r in group} - {""})
    known = await gather(*(domains(aws, name) for name in lists))
    return frozenset(d for some in known for d in some)
