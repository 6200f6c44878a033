"""Block mining ports and addresses: denials in the network ACL of the instance's subnets, which others share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from actions.access_lists import Denial, Entry, allows_six, by_address, by_port, denial_of, entries_for
from actions.action import Action, Look
from actions.impact import HOURS, impact
from actions.instance import alive, seen
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift, StepFailed
from playbook.finding import Indicator
from playbook.gathering import both, gather
from playbook.indicators import IndicatorKind
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import NetworkAclTypeDef, NetworkInterfaceTypeDef

PORTS = (3333, 4444, 5555, 8333)
"""Those of the playbook's row M2: three of mining pools, and Bitcoin's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessList:
    """A network ACL with the subnets that it guards; `default` is the VPC's own."""

    id: str
    default: bool
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortBlock:
    """The plan. `subnets` are the instance's, `addresses` the indicators; `omitted` are denials without room.

    `others` are instances of others behind the lists; `hit` says what the block would have hit lately, and
    `unknown` why that can't be said.
    """

    target: Target
    subnets: tuple[str, ...]
    lists: tuple[AccessList, ...]
    entries: tuple[Entry, ...]
    addresses: tuple[str, ...]
    omitted: tuple[str, ...]
    others: tuple[str, ...] = field(metadata=PASSING)
    hit: tuple[str, ...] = field(metadata=PASSING)
    unknown: str = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        lately = f"in the last {HOURS} hours"
        hit = (
            f"it would have hit, {lately}: {words(self.hit)}"
            if self.hit
            else f"nothing behind these lists had such traffic {lately}, as far as flow logs tell"
        )
        return Shown(
            changes=tuple(
                Change(
                    subject=f"{e.acl}, rule {e.number} {'outbound' if e.denial.egress else 'inbound'}",
                    before="none",
                    after=f"deny {e.denial.says}",
                )
                for e in self.entries
            ),
            calls=(f"{len(self.entries)} × CreateNetworkAclEntry",),
            notes=() if self.unknown else (hit,),
            breaks=(
                f"these ports and addresses for everybody in {words([s for a in self.lists for s in a.subnets])}",
                "replies to clients whose own port is one of these: network ACLs keep no state",
            ),
            keeps=("traffic within one subnet", "pools on other ports: isolate the instance to stop those"),
            warnings=(
                *((f"Other instances behind these lists: {words(self.others)}.",) if self.others else ()),
                *(
                    f"{a.id} is the VPC's default list and guards {len(a.subnets)} subnets."
                    for a in self.lists
                    if a.default and len(a.subnets) > 1
                ),
                *((f"No room, so it stays open: {words(self.omitted)}.",) if self.omitted else ()),
                *(
                    (f"What this would hit is not known: {plain(self.unknown, 200)}.",)
                    if self.unknown
                    else ()
                ),
            ),
            undo="yes: exactly these rules are deleted, while nobody changes them",
        )


async def _lists(aws: Account, subnets: Sequence[str]) -> list[NetworkAclTypeDef]:
    """The network ACLs that guard these subnets now."""
    answer = await aws.call(
        aws.ec2.describe_network_acls, Filters=[{"Name": "association.subnet-id", "Values": list(subnets)}]
    )
    return sorted(answer["NetworkAcls"], key=lambda a: a.get("NetworkAclId", ""))


def _guarded(acl: NetworkAclTypeDef) -> tuple[str, ...]:
    return tuple(sorted(a.get("SubnetId", "") for a in acl.get("Associations", [])))


async def _behind(aws: Account, subnets: Sequence[str]) -> list[NetworkInterfaceTypeDef]:
    """The network interfaces in these subnets."""

    def read() -> list[NetworkInterfaceTypeDef]:
        pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(
            Filters=[{"Name": "subnet-id", "Values": list(subnets)}]
        )
        return [n for page in pages for n in page["NetworkInterfaces"]]

    return await aws.call(read)


async def plan(target: Target, aws: Account) -> PortBlock:
    """Find the lists, room in them, and what else they guard."""
    found = alive(await seen(aws, target.instance), target)
    subnets = sorted({n.get("SubnetId", "") for n in found.get("NetworkInterfaces", [])} - {""})
    if not subnets:
        raise DoesNotApply("The instance has no network interface in a subnet.")
    addresses = aws.brief.values(IndicatorKind.IP)
    lists = await _lists(aws, subnets)
    entries, omitted = _wanted(lists, addresses)
    if not entries:
        raise DoesNotApply("These ports and addresses are denied already where the instance is.")
    guarded = sorted({s for acl in lists for s in _guarded(acl)})
    cards = await _behind(aws, guarded)
    hit, unknown = await _impact(aws, found.get("VpcId", ""), guarded, cards, addresses)
    owners = {n.get("Attachment", {}).get("InstanceId", "") for n in cards}
    return PortBlock(
        target=target,
        subnets=tuple(subnets),
        lists=tuple(
            AccessList(id=a.get("NetworkAclId", ""), default=a.get("IsDefault", False), subnets=_guarded(a))
            for a in lists
        ),
        entries=entries,
        addresses=addresses,
        omitted=omitted,
        others=tuple(sorted(owners - {"", target.instance})),
        hit=hit,
        unknown=unknown,
    )


def _wanted(
    lists: Sequence[NetworkAclTypeDef], addresses: Sequence[str]
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """IPv4's ports and the addresses are needed; IPv6's ports, TCP first, as far as AWS's limit lets them in."""
    needed = (*by_port(PORTS, 4), *by_address(addresses))
    entries: list[Entry] = []
    omitted: set[str] = set()
    for acl in lists:
        more = by_port(PORTS, 6) if allows_six(acl) else ()
        made = entries_for(acl, needed, more)
        entries += made
        there = {e.denial for e in made} | {denial_of(e) for e in acl.get("Entries", [])}
        omitted |= {d.says for d in more if d not in there}
    return tuple(entries), tuple(sorted(omitted))


async def _impact(
    aws: Account,
    vpc: str,
    subnets: Sequence[str],
    cards: Sequence[NetworkInterfaceTypeDef],
    addresses: Sequence[str],
) -> tuple[tuple[str, ...], str]:
    ids = [n.get("NetworkInterfaceId", "") for n in cards]
    four = [a.get("PrivateIpAddress", "") for n in cards for a in n.get("PrivateIpAddresses", [])]
    six = [a.get("Ipv6Address", "") for n in cards for a in n.get("Ipv6Addresses", [])]
    owner = {n.get("NetworkInterfaceId", ""): n.get("Attachment", {}).get("InstanceId", "") for n in cards}
    try:
        lines = await impact(aws, [vpc, *subnets, *ids], ids, [*four, *six], ports=PORTS, addresses=addresses)
    except StepFailed as reason:
        # Only good to know: a plan that blocks must not wait for logs that can't be read.
        return (), reason.what
    named = (line.partition(":") for line in lines)
    return tuple(f"{owner.get(card) or card}:{said}" for card, _, said in named), ""


async def _standing(plan: PortBlock, aws: Account) -> dict[tuple[str, bool, int], Denial | None]:
    """What stands now in the planned places; None for something that is no such denial."""
    answer = await aws.call(
        aws.ec2.describe_network_acls,
        Filters=[{"Name": "network-acl-id", "Values": sorted({e.acl for e in plan.entries})}],
    )
    return {
        (acl.get("NetworkAclId", ""), e.get("Egress", False), e.get("RuleNumber", 0)): denial_of(e)
        for acl in answer["NetworkAcls"]
        for e in acl.get("Entries", [])
    }


async def _ours(plan: PortBlock, aws: Account) -> frozenset[tuple[str, bool, int]]:
    """The planned places that hold the planned denial. Raises Drift where one holds something else."""
    now = await _standing(plan, aws)
    other = [f"rule {e.number} of {e.acl}" for e in plan.entries if now.get(e.place, e.denial) != e.denial]
    if other:
        raise Drift(
            f"{words(other)} is another rule now.",
            means="Somebody else wrote it, and it was left as it is; nothing was changed.",
            then="Look at that network ACL, then make a new plan.",
        )
    return frozenset(e.place for e in plan.entries if e.place in now)


async def execute(plan: PortBlock, run: Run) -> None:
    """Write the denials that do not stand yet."""
    there = await _ours(plan, run.aws)
    await gather(*(_write(plan, run, entry) for entry in plan.entries if entry.place not in there))


async def _write(plan: PortBlock, run: Run, entry: Entry) -> None:
    denial = entry.denial
    six = ":" in denial.cidr
    more: dict[str, Any] = {"Ipv6CidrBlock" if six else "CidrBlock": denial.cidr}
    if denial.port:
        more["PortRange"] = {"From": denial.port, "To": denial.port}

    async def look() -> bool | None:
        return entry.place in await _ours(plan, run.aws) or None

    async def create() -> bool:
        await run.aws.call(
            run.aws.ec2_once.create_network_acl_entry,
            NetworkAclId=entry.acl,
            RuleNumber=entry.number,
            Protocol=denial.protocol,
            RuleAction="deny",
            Egress=denial.egress,
            **more,
        )
        return True

    await run.write(f"deny {denial.says} in {entry.acl}", create, look=look)


async def verify(plan: PortBlock, look: Look) -> Proof:
    """The rules as they are, and whether the lists still guard the instance's subnets."""
    now, lists = await both(_standing(plan, look.aws), _lists(look.aws, plan.subnets))
    held = sum(now.get(e.place) == e.denial for e in plan.entries)
    says = (f"{held} of {len(plan.entries)} rules deny",)
    guards = {a.get("NetworkAclId", "") for a in lists}
    moved = sorted({a.id for a in plan.lists} - guards)
    if held and moved:
        return Proof(rung=Rung.CONTRADICTED, says=(*says, f"{words(moved)} guards these subnets no more"))
    if held < len(plan.entries):
        return Proof(rung=Rung.APPLIED if held else Rung.ABSENT, says=says)
    return Proof(rung=Rung.PROVED, says=says)


async def undo(plan: PortBlock, run: Run) -> None:
    """Delete exactly the planned rules, where they are still as written."""
    there = await _ours(plan, run.aws)

    async def delete(entry: Entry) -> None:
        async def look() -> bool | None:
            return entry.place not in await _ours(plan, run.aws) or None

        async def call() -> bool:
            await run.aws.call(
                run.aws.ec2_once.delete_network_acl_entry,
                NetworkAclId=entry.acl,
                RuleNumber=entry.number,
                Egress=entry.denial.egress,
            )
            return True

        await run.write(f"delete rule {entry.number} {entry.denial.says} in {entry.acl}", call, look=look)

    await gather(*(delete(e) for e in plan.entries if e.place in there))


def _knew(plan: PortBlock) -> Brief:
    return Brief(indicators=tuple(Indicator(kind=IndicatorKind.IP, value=a) for a in plan.addresses))


block_ports = Action(
    name="block-ports",
    title="Block mining ports and addresses",
    row="M2",
    phase=Phase.MINING,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "ec2:CreateNetworkAclEntry",
            "ec2:DeleteNetworkAclEntry",
            "ec2:DescribeFlowLogs",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkAcls",
            "ec2:DescribeNetworkInterfaces",
            "logs:GetQueryResults",
            "logs:StartQuery",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=_knew,
)
