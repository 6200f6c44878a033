"""H1: security groups let nobody in from everywhere beyond a web server's ports; of an instance, of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.check import Check, Of, When
from actions.checks import reads
from actions.checks.openings import ADMINISTRATION, careless, groups_here, openings, shown
from actions.checks.regions import NONE_HERE, fleet_here
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

FIX = "ec2ir's close-ports closes SSH and RDP; anything else is closed in the group by hand."


def groups_of(instance: InstanceTypeDef) -> frozenset[str]:
    """The ids of the groups of all its interfaces."""
    return frozenset(
        g.get("GroupId", "") for n in instance.get("NetworkInterfaces", []) for g in n.get("Groups", [])
    )


async def look(scene: Scene) -> Answer:
    """The instance's own groups."""
    _, groups = await both(reads.instance(scene), reads.groups(scene))
    found = careless(openings(groups))
    evidence = {"groups": [g.get("GroupId", "") for g in groups], "open": [shown([o]) for o in found][:50]}
    if not found:
        says = f"It stands in {many(len(groups), 'security group')}; none is open to the world beyond ports 80 and 443."
        return answer(Verdict.CLEAR, says, evidence=evidence)
    return answer(Verdict.NOTABLE, f"Open to the world: {shown(found)}.", FIX, evidence=evidence)


async def look_around(scene: Scene) -> Answer:
    """The groups that any instance of the region stands in."""
    instances, groups = await both(fleet_here(scene), groups_here(scene))
    open_by = {name: careless(openings([g])) for name, g in groups.items()}
    exposed = {
        i.get("InstanceId", ""): [o for g in sorted(groups_of(i)) for o in open_by.get(g, ())]
        for i in instances
    }
    worst = sorted((i for i, found in exposed.items() if found), key=lambda i: (-len(exposed[i]), i))
    administered = [i for i in worst if any(o.lets_in(port) for o in exposed[i] for port in ADMINISTRATION)]
    idle = sorted(set(groups) - {g for i in instances for g in groups_of(i)})
    unused = [g for g in idle if open_by[g]]
    evidence = {
        "instances": len(instances),
        "exposed": {i: [shown([o]) for o in exposed[i]] for i in worst[:50]},
        "unused_open_groups": unused[:50],
    }
    spare = (
        (f"Open, and used by no instance: {many(len(unused), 'group')}, {words(unused)}.",) if unused else ()
    )
    if not worst:
        says = (
            f"{many(len(instances), 'instance')} looked at: none is open to the world beyond ports 80 and 443."
            if instances
            else NONE_HERE
        )
        return answer(Verdict.CLEAR, says, *spare, evidence=evidence)
    return answer(
        Verdict.NOTABLE,
        f"Open to the world beyond ports 80 and 443: {len(worst)} of {many(len(instances), 'instance')}"
        + (
            f", {len(administered)} of them to SSH or RDP."
            if administered
            else ", none of them to SSH or RDP."
        ),
        *(f"{i}: {shown(exposed[i])}" for i in worst[:5]),
        *spare,
        FIX,
        evidence=evidence,
    )


h1 = Check(
    name="h1",
    title="Security groups restrict ports",
    row="H1",
    phase=Phase.HARDEN,
    permissions=reads.INSTANCE | reads.GROUPS,
    look=look,
    when=When.ASKED,
)
audit_h1 = Check(
    name="audit-h1",
    title="Security groups restrict ports, in the whole region",
    row="H1",
    also=("H6",),
    phase=Phase.HARDEN,
    permissions=frozenset({"ec2:DescribeInstances", "ec2:DescribeSecurityGroups"}),
    look=look_around,
    when=When.ASKED,
    of=Of.ACCOUNT,
)
