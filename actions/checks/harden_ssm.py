"""H3: administration goes through Session Manager, and SSH or RDP is open to nobody who does not need it."""

from __future__ import annotations

from actions.check import Check, Of, When
from actions.checks import reads
from actions.checks.harden_ports import groups_of
from actions.checks.openings import administrative, groups_here, openings, shown
from actions.checks.regions import NONE_HERE, fleet_here
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, words


async def look(scene: Scene) -> Answer:
    """The instance's agent and its groups."""
    # Of an instance that is gone, nothing is left to harden.
    _, (managed, groups) = await both(reads.instance(scene), both(reads.managed(scene), reads.groups(scene)))
    open_ports = administrative(openings(groups))
    ping = managed.get("PingStatus", "") if managed else ""
    says = (
        "Systems Manager does not manage it: there is no way in but SSH or RDP."
        if managed is None
        else f"Systems Manager manages it; its agent is {ping or 'of unknown state'}.",
        f"SSH or RDP is open: {shown(open_ports)}." if open_ports else "SSH and RDP are open to nobody.",
    )
    evidence = {"managed": managed is not None, "ping": ping, "open": [shown([o]) for o in open_ports][:50]}
    good = ping == "Online" and not open_ports
    fix = () if not any(o.world for o in open_ports) else ("ec2ir's close-ports closes 22 and 3389.",)
    return answer(Verdict.CLEAR if good else Verdict.NOTABLE, *says, *fix, evidence=evidence)


async def managed_here(scene: Scene) -> dict[str, str]:
    """The ping status of every instance that Systems Manager manages in the region, by id."""

    def listed() -> dict[str, str]:
        pages = scene.aws.ssm.get_paginator("describe_instance_information").paginate()
        return {
            i.get("InstanceId", ""): i.get("PingStatus", "")
            for page in pages
            for i in page["InstanceInformationList"]
        }

    return await scene.once("managed-here", lambda: scene.aws.call(listed))


async def look_around(scene: Scene) -> Answer:
    """Every instance of the region."""
    (instances, groups), managed = await both(
        both(fleet_here(scene), groups_here(scene)), managed_here(scene)
    )
    running = [i for i in instances if i.get("State", {}).get("Name") == "running"]
    unmanaged = sorted(
        i.get("InstanceId", "") for i in running if managed.get(i.get("InstanceId", "")) != "Online"
    )
    exposed = {
        i.get("InstanceId", ""): administrative(openings([groups[g] for g in groups_of(i) if g in groups]))
        for i in instances
    }
    worst = sorted((i for i, o in exposed.items() if o), key=lambda i: not any(o.world for o in exposed[i]))
    evidence = {"running": len(running), "unmanaged": unmanaged[:200], "exposed": worst[:200]}
    if not instances:
        return answer(Verdict.NOT_APPLICABLE, NONE_HERE, evidence=evidence)
    reached = (
        f"Systems Manager does not reach {len(unmanaged)} of {many(len(running), 'running instance')}: "
        f"{words(unmanaged)}."
        if unmanaged
        else f"Systems Manager reaches every running instance, {len(running)} in all."
        if running
        else "No instance is running, so none has to be reached."
    )
    opened = (
        f"SSH or RDP is open on {len(worst)} of {many(len(instances), 'instance')}."
        if worst
        else "SSH and RDP are open on no instance."
    )
    return answer(
        Verdict.NOTABLE if unmanaged or worst else Verdict.CLEAR,
        *((reached, opened) if unmanaged else (opened, reached)),
        *(f"{i}: {shown(exposed[i])}" for i in worst[:5]),
        *(("ec2ir's close-ports closes 22 and 3389, on an instance of an incident.",) if worst else ()),
        evidence=evidence,
    )


h3 = Check(
    name="h3",
    title="Session Manager, no SSH exposed",
    row="H3",
    phase=Phase.HARDEN,
    permissions=reads.INSTANCE | reads.MANAGED | reads.GROUPS,
    look=look,
    when=When.ASKED,
)
audit_h3 = Check(
    name="audit-h3",
    title="Session Manager, no SSH exposed, in the whole region",
    row="H3",
    phase=Phase.HARDEN,
    permissions=frozenset({"ec2:DescribeInstances", "ec2:DescribeSecurityGroups"}) | reads.MANAGED,
    look=look_around,
    when=When.ASKED,
    of=Of.ACCOUNT,
)
