"""Isolate the instance: swap every network interface's groups for one that lets nothing through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from actions import flow_logs, quarantine
from actions.action import Action, Look
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.clock import stamp
from playbook.errors import DoesNotApply, Drift, Refused, StoreDown, Superseded
from playbook.gathering import both, gather
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import NetworkInterfaceTypeDef, SecurityGroupTypeDef

DELIVERY = timedelta(minutes=12)
"""Flow-log records come 1 to 10 minutes after their window, and some minutes more for delivery."""
PATIENCE = timedelta(hours=1)
"""After this long without records for every interface, the traffic check gives up and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface as it is before: `groups` are ids, `labels` their names for reading."""

    id: str
    vpc: str
    subnet: str
    index: int
    groups: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSwap:
    """The plan: which interfaces leave which groups for the deny group."""

    target: Target
    interfaces: tuple[Interface, ...]
    forensics_cidr: str
    untrack: bool
    logged: bool = field(metadata=PASSING)

    @property
    def vpcs(self) -> frozenset[str]:
        """Quarantine groups are needed in each of these."""
        return frozenset(i.vpc for i in self.interfaces)

    def show(self) -> Shown:
        """The plan in words."""
        deny = quarantine.deny_name(self.forensics_cidr)
        count = len(self.interfaces)
        through = (f"for about a second each passes through {quarantine.open_name()}, to cut connections",)
        exposed = (
            "If ec2ir dies in that second, the interface stays open until another replica or the next start."
        )
        logs = "" if self.logged else "No readable flow logs here: that traffic stopped can't be shown."
        return Shown(
            changes=tuple(
                Change(
                    subject=i.id + (" (primary)" if i.index == 0 else ""),
                    before=plain(", ".join(i.labels), 300),
                    after=deny,
                )
                for i in self.interfaces
            ),
            calls=(f"{count * (2 if self.untrack else 1)} × ModifyNetworkInterfaceAttribute",),
            notes=through if self.untrack else (),
            breaks=("every connection of the instance, health checks and SSM among them",),
            keeps=(
                "connections through a network load balancer or NAT gateway may live while they carry traffic",
                "DNS queries to the VPC resolver are not filtered by security groups",
                *((f"{self.forensics_cidr} may connect to the instance",) if self.forensics_cidr else ()),
            ),
            warnings=(*((exposed,) if self.untrack else ()), *((logs,) if logs else ())),
            undo="yes, exactly, while nobody changes these groups",
        )


async def _described(aws: Account, instance: str) -> list[NetworkInterfaceTypeDef]:
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    answer = await aws.call(aws.ec2.describe_network_interfaces, Filters=mine)  # pyright: ignore[reportArgumentType]
    return answer["NetworkInterfaces"]


def _interface(found: NetworkInterfaceTypeDef) -> Interface:
    groups = found.get("Groups", [])
    return Interface(
        id=found.get("NetworkInterfaceId", ""),
        vpc=found.get("VpcId", ""),
        subnet=found.get("SubnetId", ""),
        index=found.get("Attachment", {}).get("DeviceIndex", 0),
        groups=tuple(sorted(g.get("GroupId", "") for g in groups)),
        labels=tuple(sorted(g.get("GroupName", g.get("GroupId", "")) for g in groups)),
    )


async def _interfaces(aws: Account, instance: str) -> tuple[Interface, ...]:
    found = (_interface(n) for n in await _described(aws, instance))
    return tuple(sorted(found, key=lambda i: (i.index, i.id)))


async def plan(target: Target, aws: Account) -> GroupSwap:
    """Record every interface's groups."""
    interfaces = await _interfaces(aws, target.instance)
    if not interfaces:
        raise DoesNotApply("The instance has no network interface: it is gone, or was never in a VPC.")
    deny = quarantine.deny_name(aws.policy.forensics_cidr)
    if any(i.labels == (quarantine.open_name(),) for i in interfaces):
        raise Refused(
            f"An interface is in {quarantine.open_name()}: an isolation is under way, or was interrupted.",
            means="A plan made now would take that for the state to go back to.",
            then="Let that run go on; when it is over, plan again.",
        )
    if all(i.labels == (deny,) for i in interfaces):
        raise DoesNotApply(f"Every interface is in {deny} already.")
    return GroupSwap(
        target=target,
        interfaces=interfaces,
        forensics_cidr=aws.policy.forensics_cidr,
        untrack=aws.policy.untrack,
        logged=bool(await flow_logs.logs_on(aws, _logged_resources(interfaces))),
    )


def _logged_resources(interfaces: tuple[Interface, ...]) -> set[str]:
    return {part for i in interfaces for part in (i.id, i.subnet, i.vpc)}


async def execute(plan: GroupSwap, run: Run) -> None:
    """Make the groups where they are missing, then swap each interface's groups: open, then deny."""
    names = (quarantine.open_name(), quarantine.deny_name(plan.forensics_cidr))
    seen, found = await both(
        _interfaces(run.aws, plan.target.instance), quarantine.find(run.aws, plan.vpcs, names)
    )
    _refuse_drift(plan, seen, names)
    rules = (quarantine.OPEN_RULES, quarantine.deny_rules(plan.forensics_cidr))
    wanted = [(vpc, n, r) for vpc in sorted(plan.vpcs) for n, r in zip(names, rules, strict=True)]
    ids = await gather(
        *(quarantine.ensure(run, vpc, name, rule, found.get((vpc, name))) for vpc, name, rule in wanted)
    )
    group = {(vpc, name): made for (vpc, name, _), made in zip(wanted, ids, strict=True)}
    await gather(
        *(_swap(plan, run, i, open_=group[i.vpc, names[0]], deny=group[i.vpc, names[1]]) for i in seen)
    )


async def _swap(plan: GroupSwap, run: Run, seen: Interface, *, open_: str, deny: str) -> None:
    if seen.groups == (deny,):
        return
    if plan.untrack and seen.groups != (open_,):
        await _put(run, f"open {seen.id}", seen.id, (open_,))
    try:
        await _put(run, f"deny {seen.id}", seen.id, (deny,))
    except (Superseded, StoreDown):
        # This process may have woken after another one closed the interface, and have opened it again.
        await _set_groups(run.aws, seen.id, (deny,))
        raise


async def _put(run: Run, key: str, interface: str, groups: tuple[str, ...]) -> None:
    await run.write(key, lambda: _set_groups(run.aws, interface, groups))


async def _set_groups(aws: Account, interface: str, groups: tuple[str, ...]) -> None:
    change = aws.ec2.modify_network_interface_attribute
    await aws.call(change, NetworkInterfaceId=interface, Groups=list(groups))


def _refuse_drift(plan: GroupSwap, seen: tuple[Interface, ...], ours: tuple[str, ...]) -> None:
    planned = {i.id: i for i in plan.interfaces}
    strangers = [i.id for i in seen if i.id not in planned]
    gone = sorted(planned.keys() - {i.id for i in seen})
    moved = [
        f"{i.id} ({', '.join(planned[i.id].labels)} → {', '.join(i.labels)})"
        for i in seen
        if i.id in planned and i.groups != planned[i.id].groups and not _is_ours(i, ours)
    ]
    if strangers or gone or moved:
        differs = (
            *(f"{i} was attached" for i in strangers),
            *(f"{i} was detached" for i in gone),
            *(f"the groups of {m} changed" for m in moved),
        )
        raise Drift(
            f"Since the plan was made, {'; '.join(differs)}.",
            means="These interfaces are as somebody else left them.",
            then="Make a new plan and look at it.",
        )


def _is_ours(interface: Interface, ours: tuple[str, ...]) -> bool:
    return len(interface.labels) == 1 and interface.labels[0] in ours


async def rescue(plan: GroupSwap, run: Run) -> None:
    """Close every interface that a dead process left in the open group."""
    open_, deny = quarantine.open_name(), quarantine.deny_name(plan.forensics_cidr)
    seen, found = await both(
        _interfaces(run.aws, plan.target.instance), quarantine.find(run.aws, plan.vpcs, (deny,))
    )
    await gather(*(_close(plan, run, i, found.get((i.vpc, deny))) for i in seen if i.labels == (open_,)))


async def _close(plan: GroupSwap, run: Run, seen: Interface, deny: SecurityGroupTypeDef | None) -> None:
    # Whatever the deny group lets through, it is less than everything; and an open interface waits for no journal.
    name, rules = quarantine.deny_name(plan.forensics_cidr), quarantine.deny_rules(plan.forensics_cidr)
    group = deny.get("GroupId", "") if deny else await quarantine.ensure(run, seen.vpc, name, rules, None)
    await _set_groups(run.aws, seen.id, (group,))


async def verify(plan: GroupSwap, look: Look) -> Proof:
    """Interfaces and rules as they are now; then, when enough time has passed, what flow logs say."""
    deny = quarantine.deny_name(plan.forensics_cidr)
    described, found = await both(
        _described(look.aws, plan.target.instance), quarantine.find(look.aws, plan.vpcs, (deny,))
    )
    seen = [_interface(n) for n in described]
    held = [i for i in seen if i.labels == (deny,)]
    says = (f"configuration verified on {len(held)} of {len(seen)} interfaces",)
    wrong = [
        vpc
        for vpc in sorted({i.vpc for i in held})
        if (vpc, deny) not in found
        or quarantine.rules_of(found[vpc, deny]) != quarantine.deny_rules(plan.forensics_cidr)
    ]
    if wrong:
        return Proof(
            rung=Rung.CONTRADICTED, says=(*says, f"{deny} lets traffic through in {', '.join(wrong)}")
        )
    if not seen or len(held) < len(seen):
        return Proof(rung=Rung.APPLIED if held else Rung.ABSENT, says=says)
    return await _traffic(plan, look, described, says)


async def _traffic(
    plan: GroupSwap, look: Look, seen: Sequence[NetworkInterfaceTypeDef], says: tuple[str, ...]
) -> Proof:
    if not plan.logged:
        return Proof(rung=Rung.CONFIGURED, says=says, waits="no readable flow logs: traffic can't be shown")
    applied, soon = look.applied or look.now, timedelta(minutes=1)
    if look.now < applied + soon:
        due = f"traffic check when flow logs arrive, about {stamp(applied + DELIVERY)}"
        return Proof(rung=Rung.CONFIGURED, says=says, waits=due, again=soon)
    own = {n.get("NetworkInterfaceId", ""): _addresses(n) for n in seen}
    verdict = flow_logs.judge(await _delivered(look, seen, applied), own, plan.forensics_cidr)
    if verdict.passed:
        flows = words(verdict.passed, most=3, joint="; ")
        return Proof(rung=Rung.CONTRADICTED, says=(*says, f"traffic still passes: {flows}"))
    if not verdict.unseen:
        shown = f"flow logs show no accepted traffic on {len(seen)} of {len(seen)} interfaces"
        return Proof(rung=Rung.PROVED, says=(*says, shown))
    missing = ", ".join(verdict.unseen)
    if look.now > applied + PATIENCE:
        late = f"no flow-log records came for {missing} within an hour"
        return Proof(rung=Rung.CONFIGURED, says=says, waits=late)
    return Proof(
        rung=Rung.CONFIGURED, says=says, waits=f"flow logs are still to come for {missing}", again=soon
    )


def _addresses(found: NetworkInterfaceTypeDef) -> frozenset[str]:
    four = (a.get("PrivateIpAddress", "") for a in found.get("PrivateIpAddresses", []))
    six = (a.get("Ipv6Address", "") for a in found.get("Ipv6Addresses", []))
    return frozenset((*four, *six))


async def _delivered(
    look: Look, seen: Sequence[NetworkInterfaceTypeDef], since: datetime
) -> list[flow_logs.Record]:
    interfaces = tuple(_interface(n) for n in seen)
    logs = await flow_logs.logs_on(look.aws, _logged_resources(interfaces))
    found = await gather(*(flow_logs.records(look.aws, log, i.id, since) for log in logs for i in interfaces))
    return [record for records in found for record in records]


async def undo(plan: GroupSwap, run: Run) -> None:
    """Put each interface's recorded groups back, where it is still in one of ours."""
    ours = (quarantine.open_name(), quarantine.deny_name(plan.forensics_cidr))
    seen = await _interfaces(run.aws, plan.target.instance)
    _refuse_drift(plan, seen, ours)
    before = {i.id: i.groups for i in plan.interfaces}
    await gather(
        *(_put(run, f"restore {i.id}", i.id, before[i.id]) for i in seen if i.groups != before[i.id])
    )


isolate = Action(
    name="isolate",
    title="Isolate the instance",
    row="C2",
    phase=Phase.CONTAIN,
    risk=Risk.REVERSIBLE,
    after=("protect", "snapshot", "memory", "deregister"),
    permissions=frozenset(
        {
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:DescribeFlowLogs",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:ModifyNetworkInterfaceAttribute",
            "ec2:RevokeSecurityGroupEgress",
            "logs:FilterLogEvents",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    rescue=rescue,
)
