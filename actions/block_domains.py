"""Block domains: DNS Firewall answers NXDOMAIN for the incident's domains, to everybody in the instance's VPC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from actions import dns_firewall
from actions.action import Action, Look
from actions.dns_firewall import Association, Standing
from actions.instance import alive, seen
from actions.polling import settled
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift, StepFailed
from playbook.finding import Indicator
from playbook.gathering import both
from playbook.indicators import IndicatorKind
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import defang, plain, words

_LEAVING = (2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds between looks while an association goes; two minutes in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainBlock:
    """The plan. `known` are the domain indicators; `domains` those of them that nothing of ours blocks yet.

    `earlier` are rule groups at the VPC that are asked before ours, and could let a domain through.
    """

    target: Target
    vpc: str
    known: tuple[str, ...]
    domains: tuple[str, ...]
    priority: int
    earlier: tuple[str, ...] = field(metadata=PASSING)
    others: int = field(metadata=PASSING)

    @property
    def name(self) -> str:
        """Of list, group, rule and association."""
        return dns_firewall.name_for(self.target.incident, self.vpc, self.domains)

    def show(self) -> Shown:
        """The plan in words."""
        before = f"These rule groups are asked first and may let a domain through: {words(self.earlier)}."
        return Shown(
            changes=tuple(
                Change(
                    subject=f"{defang(d)} and all under it, in {self.vpc}",
                    before="resolved",
                    after="NXDOMAIN",
                )
                for d in self.domains
            ),
            calls=(
                "1 × CreateFirewallDomainList",
                "1 × UpdateFirewallDomains",
                "1 × CreateFirewallRuleGroup",
                "1 × CreateFirewallRule",
                "1 × AssociateFirewallRuleGroup",
            ),
            notes=(f"rule group {self.name} at priority {self.priority}; DNS Firewall costs by the query",),
            breaks=(f"these names for all of {self.vpc}: {self.others} other network interfaces in it",),
            keeps=(
                "what the host resolved before and remembers; connections to plain addresses",
                "queries past the VPC's resolver: other DNS servers, DNS over HTTPS",
                "the VPC's other rule groups",
            ),
            warnings=(before,) if self.earlier else (),
            undo="yes: exactly this list, group, rule and association are removed, while nobody changes them",
        )


async def plan(target: Target, aws: Account) -> DomainBlock:
    """Find what is not blocked yet, and a free priority."""
    known = aws.brief.values(IndicatorKind.DOMAIN)
    if not known:
        raise DoesNotApply(
            "No domain is among the incident's indicators: there is nothing to block.",
            then="Add one if you know it; addresses are blocked by block-ports.",
        )
    found = alive(await seen(aws, target.instance), target)
    vpc = found.get("VpcId", "")
    if not vpc:
        raise DoesNotApply("The instance is in no VPC, so DNS Firewall can't stand before its queries.")
    at_vpc, others = await both(dns_firewall.associations(aws, vpc), _others(aws, vpc, target.instance))
    blocked = await dns_firewall.blocked_by_us(aws, at_vpc, target.incident, vpc)
    domains = tuple(d for d in known if not {d, f"*.{d}"} <= blocked)
    if not domains:
        raise DoesNotApply(f"All {len(known)} domains are blocked in {vpc} already.")
    if len(at_vpc) >= dns_firewall.GROUPS:
        raise DoesNotApply(
            f"{vpc} has {len(at_vpc)} rule groups already, as many as AWS allows.",
            then="Add the domains to one of them by hand, or ask AWS for a higher quota; then tick this row.",
        )
    priority = _free(at_vpc)
    return DomainBlock(
        target=target,
        vpc=vpc,
        known=known,
        domains=domains,
        priority=priority,
        earlier=tuple(plain(a.name, 64) or a.group for a in at_vpc if a.priority < priority),
        others=others,
    )


def _free(at_vpc: tuple[Association, ...]) -> int:
    taken = {a.priority for a in at_vpc}
    return next(p for p in range(dns_firewall.FIRST, dns_firewall.LAST + 1) if p not in taken)


async def _others(aws: Account, vpc: str, instance: str) -> int:
    def read() -> int:
        pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}]
        )
        every = (n for page in pages for n in page["NetworkInterfaces"])
        return sum(n.get("Attachment", {}).get("InstanceId") != instance for n in every)

    return await aws.call(read)


def _wanted(plan: DomainBlock) -> frozenset[str]:
    return frozenset(dns_firewall.specifications(plan.domains))


async def _now(plan: DomainBlock, aws: Account) -> Standing:
    """What there is of the plan's name. Raises Drift where somebody added to it."""
    now = await dns_firewall.standing(aws, plan.vpc, plan.name)
    foreign = [
        *sorted(defang(d) for d in now.domains - _wanted(plan)),
        *(plain(r.get("Name", ""), 64) for r in now.rules if not _blocks(r, now)),
    ]
    if foreign:
        raise Drift(
            f"{plan.name} holds what this step did not put there: {words(foreign)}.",
            means="Somebody else relies on it; nothing was changed.",
            then="Move what they need to a rule group of theirs, then try again.",
        )
    return now


def _blocks(rule: Mapping[str, Any], now: Standing) -> bool:
    answers = (rule.get("Action"), rule.get("BlockResponse")) == ("BLOCK", "NXDOMAIN")
    return answers and rule.get("FirewallDomainListId") == now.list_id


async def execute(plan: DomainBlock, run: Run) -> None:
    """Make list, group and rule where they are missing, then associate."""
    now = await _now(plan, run.aws)
    group = await dns_firewall.build(run, plan.name, dns_firewall.specifications(plan.domains), now)
    if now.association is None:
        await dns_firewall.associate(run, plan.vpc, plan.name, group, plan.priority)


async def verify(plan: DomainBlock, look: Look) -> Proof:
    """Rule, domains and association as they are now."""
    now = await dns_firewall.standing(look.aws, plan.vpc, plan.name)
    held = [d for d in plan.domains if {d, f"*.{d}"} <= now.domains]
    says = (f"{len(held)} of {len(plan.domains)} domains are on the list",)
    if now.association is None or now.association.status == "DELETING":
        return Proof(
            rung=Rung.APPLIED if now.list_id else Rung.ABSENT, says=(*says, f"not before {plan.vpc}")
        )
    if len(now.rules) != 1 or not _blocks(now.rules[0], now):
        return Proof(rung=Rung.CONTRADICTED, says=(*says, "the rule group does not block the list"))
    if len(held) < len(plan.domains):
        return Proof(rung=Rung.APPLIED, says=says)
    if now.association.status != "COMPLETE":
        return Proof(
            rung=Rung.CONFIGURED,
            says=says,
            waits=f"DNS Firewall to stand before {plan.vpc}",
            again=timedelta(seconds=15),
        )
    return Proof(rung=Rung.PROVED, says=(*says, f"answered with NXDOMAIN in {plan.vpc}"))


async def undo(plan: DomainBlock, run: Run) -> None:
    """Disassociate, wait until that is done, then delete rule, group and list."""
    now = await _now(plan, run.aws)
    await _leave(plan, run, now)
    resolver = run.aws.resolver
    for rule in now.rules:
        await _drop(
            run,
            f"delete rule of {plan.name}",
            resolver.delete_firewall_rule,
            FirewallRuleGroupId=now.group_id,
            FirewallDomainListId=rule.get("FirewallDomainListId", ""),
        )
    if now.group_id:
        await _drop(
            run,
            f"delete rule group {plan.name}",
            resolver.delete_firewall_rule_group,
            FirewallRuleGroupId=now.group_id,
        )
    if now.list_id:
        await _drop(
            run,
            f"delete domain list {plan.name}",
            resolver.delete_firewall_domain_list,
            FirewallDomainListId=now.list_id,
        )


async def _drop(run: Run, key: str, call: Callable[..., Mapping[str, Any]], **named: str) -> None:
    await run.write(key, lambda: dns_firewall.gone(call, run.aws, **named))


async def _leave(plan: DomainBlock, run: Run, now: Standing) -> None:
    association = now.association
    if association is None:
        return
    if association.status != "DELETING":
        await _drop(
            run,
            f"disassociate {plan.name}",
            run.aws.resolver.disassociate_firewall_rule_group,
            FirewallRuleGroupAssociationId=association.id,
        )

    async def there() -> bool:
        return any(a.id == association.id for a in await dns_firewall.associations(run.aws, plan.vpc))

    if await settled(there, lambda still: not still, run.pause, delays=_LEAVING):
        raise StepFailed(
            f"DNS Firewall is still leaving {plan.vpc}.",
            means="Its rule group can be deleted only after that; the domains may be blocked a little longer.",
            then="Retry this step in a few minutes.",
        )


def _knew(plan: DomainBlock) -> Brief:
    return Brief(indicators=tuple(Indicator(kind=IndicatorKind.DOMAIN, value=d) for d in plan.known))


block_domains = Action(
    name="block-domains",
    title="Block mining domains",
    row="M1",
    phase=Phase.MINING,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeVpcs",
            "route53resolver:AssociateFirewallRuleGroup",
            "route53resolver:CreateFirewallDomainList",
            "route53resolver:CreateFirewallRule",
            "route53resolver:CreateFirewallRuleGroup",
            "route53resolver:DeleteFirewallDomainList",
            "route53resolver:DeleteFirewallRule",
            "route53resolver:DeleteFirewallRuleGroup",
            "route53resolver:DisassociateFirewallRuleGroup",
            "route53resolver:ListFirewallDomainLists",
            "route53resolver:ListFirewallDomains",
            "route53resolver:ListFirewallRuleGroupAssociations",
            "route53resolver:ListFirewallRuleGroups",
            "route53resolver:ListFirewallRules",
            "route53resolver:TagResource",
            "route53resolver:UpdateFirewallDomains",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=_knew,
)
