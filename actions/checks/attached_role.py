"""A4: the role whose credentials the instance holds, how much it may do, and who else uses it."""

from __future__ import annotations

from typing import cast

from actions import roles
from actions.check import Check
from actions.checks import reads
from actions.checks.policies import breadth
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both, gather
from playbook.plan import Json
from playbook.rows import Phase
from playbook.text import words

MOST = 20
"""Policies of one role that are read: IAM allows 10 attached ones unless the quota was raised, to 20."""


async def look(scene: Scene) -> Answer:
    """The profile, the role in it, its policies, and the other instances with the same profile."""
    arn = await reads.profile(scene)
    if not arn:
        return answer(Verdict.CLEAR, "It has no instance profile: it holds no role's credentials.")
    profile = arn.rpartition("/")[2]
    role, others = await both(
        reads.role(scene), roles.siblings(scene.aws, [arn], scene.target.instance)
    )  # fmt: skip
    if role is None:
        return answer(Verdict.CLEAR, f"Its instance profile {profile} has no role in it.")
    name = role.get("RoleName", "")
    attached, inline = await both(_attached(scene, name), _inline(scene, name))
    wide = breadth(document for _, document in (*attached, *inline))
    listed = [policy for policy, _ in (*attached, *inline)]
    within = "" if name == profile else f", in instance profile {profile}"
    says = [
        f"Role {name}{within}; its policies, {len(listed)} of them: {words(listed) or 'none'}.",
        wide.words,
        f"Other instances here with the same role: {len(others)}, {words(others)}."
        if others
        else "No other instance here uses it.",
    ]
    evidence = {
        "profile": profile,
        "role": name,
        "policies": listed,
        "administrator": wide.everything,
        "services": list(wide.services),
        "escalates": list(wide.escalates),
        "others": list(others[:50]),
    }
    notable = wide.everything or bool(wide.escalates) or "iam" in wide.services
    return answer(Verdict.NOTABLE if notable else Verdict.CLEAR, *says, evidence=evidence)


async def _inline(scene: Scene, role: str) -> list[tuple[str, Json]]:
    names = await scene.aws.call(scene.aws.iam.list_role_policies, RoleName=role)
    wanted = names["PolicyNames"][:MOST]
    found = await gather(*(roles.inline(scene.aws, role, name) for name in wanted))
    return [(name, document or {}) for name, document in zip(wanted, found, strict=True)]


async def _attached(scene: Scene, role: str) -> list[tuple[str, Json]]:
    answer = await scene.aws.call(scene.aws.iam.list_attached_role_policies, RoleName=role)
    wanted = answer["AttachedPolicies"][:MOST]
    documents = await gather(*(_document(scene, p.get("PolicyArn", "")) for p in wanted))
    return [(p.get("PolicyName", ""), d) for p, d in zip(wanted, documents, strict=True)]


async def _document(scene: Scene, arn: str) -> Json:
    iam = scene.aws.iam
    policy = await scene.aws.call(iam.get_policy, PolicyArn=arn)
    version = policy["Policy"].get("DefaultVersionId", "v1")
    answer = await scene.aws.call(iam.get_policy_version, PolicyArn=arn, VersionId=version)
    return roles.document(cast("object", answer["PolicyVersion"].get("Document", {})))


role = Check(
    name="role",
    title="IAM role attached",
    row="A4",
    phase=Phase.INVESTIGATE,
    permissions=reads.ROLE
    | {
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:GetRolePolicy",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
    },
    look=look,
)
