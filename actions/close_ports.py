"""Close SSH and RDP to the world: revoke the rules that open them in the groups the instance had at first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actions import quarantine
from actions.action import Action, Look
from actions.instance import seen
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both, gather
from playbook.incident import InstanceFacts
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import IpPermissionTypeDef, SecurityGroupRuleTypeDef

PORTS = {22: "SSH", 3389: "RDP"}
_WORLD = frozenset({"0.0.0.0/0", "::/0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An ingress rule without its id, which AWS issues anew: `first` and `last` are its ports, -1 for all."""

    group: str
    protocol: str
    first: int
    last: int
    cidr: str
    description: str
    tags: dict[str, str]

    @property
    def place(self) -> tuple[str, str, int, int, str]:
        """What is unique within an account: AWS refuses a second rule with the same."""
        return self.group, self.protocol, self.first, self.last, self.cidr

    @property
    def ports(self) -> str:
        """In words."""
        if self.protocol == "-1":
            return "all traffic"
        return f"{self.protocol} {self.first}" + (f"-{self.last}" if self.last != self.first else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The plan: the rules that go. `groups` are all that were looked at; `ids` go with `rules`.

    `shared` says of each group how many network interfaces of others hold it; `lists` are prefix lists that
    open the ports to the world too, and stay.
    """

    target: Target
    groups: tuple[str, ...]
    rules: tuple[Opening, ...]
    ids: tuple[str, ...] = field(metadata=PASSING)
    names: dict[str, str] = field(metadata=PASSING)
    shared: dict[str, int] = field(metadata=PASSING)
    lists: tuple[str, ...] = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        touched = sorted({r.group for r in self.rules})
        wide = [r for r in self.rules if r.first != r.last or r.protocol == "-1"]
        return Shown(
            changes=tuple(
                Change(
                    subject=f"{plain(self.names.get(r.group, r.group), 80)} ({r.group}), {r.ports}",
                    before=f"open to {r.cidr}",
                    after="closed",
                )
                for r in self.rules
            ),
            calls=(f"{len(touched)} × RevokeSecurityGroupIngress",),
            breaks=(
                "new SSH and RDP connections from the Internet; use Session Manager instead",
                *(f"everything else that {r.ports} from {r.cidr} let in through {r.group}" for r in wide),
            ),
            keeps=(
                "connections that stand now: a changed rule does not cut what is tracked",
                "rules for narrower addresses and other groups",
            ),
            warnings=(
                *(
                    f"{g} is shared; network interfaces of others that are closed with it: {self.shared[g]}."
                    for g in touched
                    if self.shared.get(g)
                ),
                *(f"{entry} opens a port to the world as well, and is not touched." for entry in self.lists),
            ),
            undo="yes: the same rules with descriptions and tags; AWS gives them other ids",
        )


def _reaches(rule: SecurityGroupRuleTypeDef) -> bool:
    """Whether an ingress rule lets SSH or RDP in; RDP comes over UDP too."""
    protocol = rule.get("IpProtocol", "")
    if rule.get("IsEgress", False) or protocol not in ("-1", "tcp", "udp"):
        return False
    ports = PORTS if protocol != "udp" else (3389,)
    return protocol == "-1" or any(rule.get("FromPort", -1) <= p <= rule.get("ToPort", -1) for p in ports)


def _opening(rule: SecurityGroupRuleTypeDef) -> Opening:
    return Opening(
        group=rule.get("GroupId", ""),
        protocol=rule.get("IpProtocol", ""),
        first=rule.get("FromPort", -1),
        last=rule.get("ToPort", -1),
        cidr=rule.get("CidrIpv4") or rule.get("CidrIpv6", ""),
        description=rule.get("Description", ""),
        tags={t.get("Key", ""): t.get("Value", "") for t in rule.get("Tags", [])},
    )


async def _rules(aws: Account, groups: Iterable[str]) -> list[SecurityGroupRuleTypeDef]:
    """The rules of these groups that let SSH or RDP in; a group that is gone has none."""
    ids = sorted(set(groups))

    def read() -> list[SecurityGroupRuleTypeDef]:
        pages = aws.ec2.get_paginator("describe_security_group_rules").paginate(
            Filters=[{"Name": "group-id", "Values": ids}]
        )
        return [r for page in pages for r in page["SecurityGroupRules"]]

    return [r for r in await aws.call(read) if _reaches(r)]


def _open(rules: Iterable[SecurityGroupRuleTypeDef]) -> dict[str, Opening]:
    """Those from the world, by rule id."""
    found = {r.get("SecurityGroupRuleId", ""): _opening(r) for r in rules}
    return {i: o for i, o in sorted(found.items(), key=lambda f: f[1].place) if o.cidr in _WORLD}


async def _groups(target: Target, aws: Account) -> dict[str, str]:
    """Names by id of the groups that the instance had when the incident opened, else has now; never ours."""
    first = aws.brief.first
    ids = {g for groups in first.groups.values() for g in groups} if first is not None else set[str]()
    if not ids:
        found = await seen(aws, target.instance)
        cards = found.get("NetworkInterfaces", []) if found is not None else []
        ids = {g.get("GroupId", "") for card in cards for g in card.get("Groups", [])}
    if not ids:
        raise DoesNotApply(
            f"Which security groups {target.instance} had is not known: it is gone, and was not seen before.",
            then="Look through the account's groups by hand, and tick this row.",
        )
    # A filter, because an id that is gone would make the whole call fail.
    answer = await aws.call(
        aws.ec2.describe_security_groups, Filters=[{"Name": "group-id", "Values": sorted(ids)}]
    )
    ours = (quarantine.open_name(), "ec2ir-deny-")
    names = {g.get("GroupId", ""): g.get("GroupName", "") for g in answer["SecurityGroups"]}
    return {i: name for i, name in sorted(names.items()) if not name.startswith(ours)}


async def plan(target: Target, aws: Account) -> Closing:
    """Find the rules, who else stands behind their groups, and prefix lists that open the same."""
    names = await _groups(target, aws)
    if not names:
        raise DoesNotApply("The groups that the instance had are deleted: nothing of them is open.")
    rules = await _rules(aws, names)
    found = _open(rules)
    if not found:
        raise DoesNotApply(
            f"No rule of {words(list(names))} opens SSH (22) or RDP (3389) to the whole Internet."
        )
    touched = sorted({o.group for o in found.values()})
    counted, lists = await both(gather(*(_others(aws, target, g) for g in touched)), _lists(aws, rules))
    return Closing(
        target=target,
        groups=tuple(names),
        rules=tuple(found.values()),
        ids=tuple(found),
        names=names,
        shared=dict(zip(touched, counted, strict=True)),
        lists=lists,
    )


async def _others(aws: Account, target: Target, group: str) -> int:
    """How many interfaces that are not the instance's hold the group."""

    def read() -> int:
        pages = aws.ec2.get_paginator("describe_network_interfaces").paginate(
            Filters=[{"Name": "group-id", "Values": [group]}]
        )
        every = (n for page in pages for n in page["NetworkInterfaces"])
        return sum(n.get("Attachment", {}).get("InstanceId") != target.instance for n in every)

    return await aws.call(read)


async def _lists(aws: Account, rules: Iterable[SecurityGroupRuleTypeDef]) -> tuple[str, ...]:
    """Prefix lists of these rules that hold the whole Internet, with their groups, in words."""
    named = sorted(
        {(r.get("PrefixListId", ""), r.get("GroupId", "")) for r in rules if r.get("PrefixListId")}
    )
    ids = sorted({name for name, _ in named})

    def read(name: str) -> bool:
        pages = aws.ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=name)
        return any(e.get("Cidr") in _WORLD for page in pages for e in page["Entries"])

    answers = await gather(*(aws.call(read, name) for name in ids))
    wide = {name for name, open_ in zip(ids, answers, strict=True) if open_}
    return tuple(f"prefix list {name} in {group}" for name, group in named if name in wide)


async def _still_open(plan: Closing, aws: Account) -> dict[str, Opening]:
    """The planned rules that stand, by the ids that they have now. Raises Drift where one is another's."""
    planned = {r.place: r for r in plan.rules}
    now = {i: o for i, o in _open(await _rules(aws, plan.groups)).items() if o.place in planned}
    changed = [f"{o.ports} from {o.cidr} in {o.group}" for o in now.values() if o != planned[o.place]]
    if changed:
        raise Drift(
            f"Somebody changed the description or tags of {words(changed)}, or made the rule anew.",
            means="Nothing was changed.",
            then="Ask who did that and why; make a new plan if the rule is to go.",
        )
    return now


async def execute(plan: Closing, run: Run) -> None:
    """Revoke by rule id what of the plan is there still, group by group."""
    now = await _still_open(plan, run.aws)

    async def close(group: str) -> None:
        ids = sorted(i for i, o in now.items() if o.group == group)
        revoke = run.aws.ec2.revoke_security_group_ingress

        async def call() -> None:
            await run.aws.call(revoke, GroupId=group, SecurityGroupRuleIds=ids)

        async def look() -> bool | None:
            left = {r.get("SecurityGroupRuleId") for r in await _rules(run.aws, [group])}
            return None if left & set(ids) else True

        await run.write(f"close {group}", call, look=look)

    await gather(*(close(group) for group in sorted({o.group for o in now.values()})))


async def verify(plan: Closing, look: Look) -> Proof:
    """The rules as they are now; one that somebody added since contradicts the step."""
    now = _open(await _rules(look.aws, plan.groups))
    planned = {r.place for r in plan.rules}
    left = sum(o.place in planned for o in now.values())
    new = [f"{o.ports} from {o.cidr} in {o.group}" for o in now.values() if o.place not in planned]
    says = (f"{len(planned) - left} of {len(planned)} rules are closed",)
    if new:
        return Proof(rung=Rung.CONTRADICTED, says=(*says, f"open to the world since: {words(new)}"))
    if left:
        return Proof(rung=Rung.APPLIED if left < len(planned) else Rung.ABSENT, says=says)
    return Proof(rung=Rung.PROVED, says=(*says, "SSH and RDP are closed to the Internet in these groups"))


async def undo(plan: Closing, run: Run) -> None:
    """Authorise the recorded rules again, with descriptions and tags."""
    now, groups = await both(
        _still_open(plan, run.aws),
        run.aws.call(
            run.aws.ec2.describe_security_groups,
            Filters=[{"Name": "group-id", "Values": sorted({r.group for r in plan.rules})}],
        ),
    )
    there = {g.get("GroupId", "") for g in groups["SecurityGroups"]}
    gone = sorted({r.group for r in plan.rules} - there)
    if gone:
        raise Drift(
            f"{words(gone)} was deleted since.",
            means="Its rules can't be put back; nothing was restored.",
            then="Nothing of that group is left to undo; add rules by hand where they belong now.",
        )
    standing = {o.place for o in now.values()}
    await gather(*(_reopen(run, rule) for rule in plan.rules if rule.place not in standing))


async def _reopen(run: Run, rule: Opening) -> None:
    aws = run.aws

    async def look() -> bool | None:
        now = _open(await _rules(aws, [rule.group]))
        return any(o.place == rule.place for o in now.values()) or None

    async def authorise() -> bool:
        tags = [{"Key": key, "Value": value} for key, value in rule.tags.items()]
        await aws.call(
            aws.ec2_once.authorize_security_group_ingress,
            GroupId=rule.group,
            IpPermissions=[_permission(rule)],
            TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": tags}] if tags else [],  # pyright: ignore[reportArgumentType]
        )
        return True

    await run.write(f"open {rule.ports} from {rule.cidr} in {rule.group}", authorise, look=look)


def _permission(rule: Opening) -> IpPermissionTypeDef:
    ports: IpPermissionTypeDef = {"IpProtocol": rule.protocol}
    if rule.protocol != "-1":
        ports |= {"FromPort": rule.first, "ToPort": rule.last}
    said = {"Description": rule.description} if rule.description else {}
    if ":" in rule.cidr:
        return ports | {"Ipv6Ranges": [{"CidrIpv6": rule.cidr, **said}]}  # pyright: ignore[reportReturnType]
    return ports | {"IpRanges": [{"CidrIp": rule.cidr, **said}]}  # pyright: ignore[reportReturnType]


def _knew(plan: Closing) -> Brief:
    where = plan.target
    return Brief(
        first=InstanceFacts(
            account=where.account, region=where.region, instance=where.instance, groups={"": plan.groups}
        )
    )


close_ports = Action(
    name="close-ports",
    title="Close SSH and RDP to the world",
    row="E5",
    also=("R4",),
    phase=Phase.ERADICATE,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:CreateTags",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroupRules",
            "ec2:DescribeSecurityGroups",
            "ec2:GetManagedPrefixListEntries",
            "ec2:RevokeSecurityGroupIngress",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=_knew,
)
