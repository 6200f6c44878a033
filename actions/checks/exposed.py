"""A5: what the security groups of every interface let in, prefix lists and referenced groups named."""

from __future__ import annotations

from dataclasses import replace

from actions.check import Check
from actions.checks import reads
from actions.checks.openings import Opening, careless, openings
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both, gather
from playbook.rows import Phase
from playbook.text import words

ENTRIES = 100
"""Entries of a prefix list that are read: as many as one page holds."""


async def look(scene: Scene) -> Answer:
    """Every inbound rule of every group of every interface."""
    interfaces, groups = await both(reads.interfaces(scene), reads.groups(scene))
    rules = openings(groups)
    lists = sorted({o.peer for o in rules if o.peer.startswith("pl-")})
    entries = dict(zip(lists, await gather(*(_entries(scene, name) for name in lists)), strict=True))
    every = tuple(e for o in rules for e in expanded(o, entries))
    where = {
        g.get("GroupId", ""): sorted(
            i.get("NetworkInterfaceId", "")
            for i in interfaces
            if g.get("GroupId") in {m.get("GroupId") for m in i.get("Groups", [])}
        )
        for g in groups
    }
    bad = careless(every)
    says = [
        f"{o.ports} from {o.peer}, by group {o.group} on {words(where.get(o.group, []))}: open to the world."
        for o in sorted(bad, key=lambda o: (o.first, o.peer))
    ]
    fine = sorted({o.ports for o in every if o.world and o not in bad})
    if fine:
        says.append(f"Open to the world as a web server is: {words(fine)}.")
    inner = sorted({f"{o.ports} from {o.peer}" for o in every if not o.world})
    if inner:
        says.append(f"Open to some: {words(inner)}.")
    if not says:
        says.append("No rule lets anything in.")
    says.append(
        f"Interfaces: {len(interfaces)}; security groups: {len(groups)}; inbound rules: {len(rules)}."
    )
    evidence = {
        "groups": where,
        "rules": [f"{o.group} {o.ports} {o.peer}" for o in every][:200],
        "careless": [f"{o.group} {o.ports} {o.peer}" for o in bad][:50],
    }
    return answer(Verdict.NOTABLE if bad else Verdict.CLEAR, *says, evidence=evidence)


def expanded(opening: Opening, lists: dict[str, list[str]]) -> tuple[Opening, ...]:
    """The same opening for each range of its prefix list; any other stays as it is."""
    ranges = lists.get(opening.peer)
    return tuple(replace(opening, peer=cidr) for cidr in ranges) if ranges else (opening,)


async def _entries(scene: Scene, name: str) -> list[str]:
    answer = await scene.aws.call(
        scene.aws.ec2.get_managed_prefix_list_entries, PrefixListId=name, MaxResults=ENTRIES
    )
    return [e.get("Cidr", "") for e in answer["Entries"] if e.get("Cidr")]


exposed = Check(
    name="exposed",
    title="Security groups: what is exposed",
    row="A5",
    phase=Phase.INVESTIGATE,
    permissions=reads.GROUPS | {"ec2:GetManagedPrefixListEntries"},
    look=look,
)
