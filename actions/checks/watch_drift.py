"""R7: whether what was changed stays changed: groups, exposed ports, metadata options, and the role's deny."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from actions import roles
from actions.check import Check, When
from actions.checks import reads
from actions.checks.harden_imds import requires_token
from actions.checks.openings import Opening, careless, openings, shown
from actions.revoke import policy_of as revoked_session
from actions.revoke_role import policy_name
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import Ec2irError
from playbook.gathering import both, gather
from playbook.incident import InstanceFacts
from playbook.plan import Json
from playbook.rows import Phase
from playbook.text import words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef


def back(first: Mapping[str, tuple[str, ...]], now: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The interfaces that stand in one of their first groups again, and those that were not there at first."""
    again = [f"{eni} stands in {words(sorted(now[eni] & {*groups}))}" for eni, groups in first.items()
             if eni in now and now[eni] & {*groups}]  # fmt: skip
    new = [f"{eni} is a new interface" for eni in now if eni not in first]
    return (*again, *new)


def drifted(
    first: InstanceFacts,
    instance: InstanceTypeDef,
    opened: Iterable[Opening],
    denies: frozenset[str] | None,
    settled: frozenset[str],
) -> tuple[str, ...]:
    """What is not as the settled rows left it, in words; `denies` is None where the role could not be read."""
    now = {
        n.get("NetworkInterfaceId", ""): frozenset(g.get("GroupId", "") for g in n.get("Groups", []))
        for n in instance.get("NetworkInterfaces", [])
    }
    says: list[str] = []
    if "C2" in settled and (found := back(first.groups, now)):
        says.append(f"Isolation does not hold: {words(found)}.")
    wide = careless(opened)
    if wide and settled & {"C2", "E5", "R4"}:
        says.append(f"It is open to the world again: {shown(wide)}.")
    if "R6" in settled and not requires_token(instance):
        says.append("Metadata is given without a session token again (IMDSv1).")
    if "C4" in settled:
        if denies is not None and not denies:
            says.append(f"The role {first.role} has no deny of ec2ir any more: revoked sessions work again.")
        if first.profile and instance.get("IamInstanceProfile", {}).get("Arn", "") == first.profile:
            says.append("It carries its first instance profile again.")
    return tuple(says)


async def _denies(scene: Scene, role: str) -> frozenset[str]:
    """The names of the policies that ec2ir writes into a role, of those that are there and deny."""
    names = (revoked_session(scene.target.instance), policy_name(scene.target))
    found = await gather(*(roles.inline(scene.aws, role, name) for name in names))
    return frozenset(n for n, body in zip(names, found, strict=True) if body and _deny(body))


def _deny(document: Json) -> bool:
    statements = cast("list[Json]", document.get("Statement", []))
    return any(s.get("Effect") == "Deny" for s in statements)


async def look(scene: Scene) -> Answer:
    """The instance and its role now, against what the incident began with and has settled."""
    first, settled = scene.brief.first, scene.brief.settled
    if first is None:
        return gap("How the instance was at first is not known: nothing to compare with.")
    instance, groups = await both(reads.instance(scene), reads.groups(scene))
    gaps: list[str] = []
    denies: frozenset[str] | None = None
    if first.role:
        try:
            denies = await _denies(scene, first.role)
        except Ec2irError as trouble:
            gaps.append(f"The role {first.role} could not be read. {trouble}")
    found = drifted(first, instance, openings(groups), denies, settled)
    evidence = {
        "settled": sorted(settled),
        "groups": [g.get("GroupId", "") for g in groups],
        "metadata": dict(instance.get("MetadataOptions", {})),
        "profile": instance.get("IamInstanceProfile", {}).get("Arn", ""),
        "denies": sorted(denies) if denies is not None else None,
    }
    if found:
        return answer(Verdict.NOTABLE, *found, evidence=evidence, gaps=tuple(gaps))
    watched = settled & {"C2", "C4", "E5", "R4", "R6"}
    if not watched:
        return answer(
            Verdict.NOT_APPLICABLE, "No step is settled yet whose effect could drift.", evidence=evidence
        )
    says = f"What {words(sorted(watched))} changed is still so: groups, ports, metadata and role."
    return answer(Verdict.CLEAR if not gaps else Verdict.GAP, says, evidence=evidence, gaps=tuple(gaps))


watch_drift = Check(
    name="watch-drift",
    title="Watch: drift of groups, metadata and role",
    row="R7",
    phase=Phase.RECOVER,
    permissions=reads.INSTANCE | reads.GROUPS | {"iam:GetRolePolicy"},
    look=look,
    when=When.ASKED,
)
