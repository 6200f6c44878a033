"""The IAM role behind an instance: its profile, who else carries it, and inline policies that deny."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import DoesNotApply, Refused
from playbook.gathering import both, gather
from playbook.plan import Json

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import RoleTypeDef

ROOM = 10_240
"""Characters, without white space, of all inline policies of a role together (IAM User Guide, “IAM quotas”)."""
_LIVE = ("associating", "associated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """An instance's profile; `id` is issued anew at each association."""

    id: str
    profile_arn: str

    @property
    def profile(self) -> str:
        """The profile's name: what follows its path, which may have several parts."""
        return self.profile_arn.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role: its name is not its profile's, and `id` (AROA and more) begins its sessions' ids."""

    name: str
    path: str
    id: str
    trusts: tuple[str, ...]
    """Who may assume it: services, accounts, principals."""

    @property
    def service_linked(self) -> bool:
        """Whether it belongs to an AWS service, which alone can change it."""
        return self.path.startswith("/aws-service-role/")


async def association(aws: Account, instance: str) -> Association | None:
    """The instance's profile now, or None."""
    answer = await aws.call(
        aws.ec2.describe_iam_instance_profile_associations,
        Filters=[{"Name": "instance-id", "Values": [instance]}, {"Name": "state", "Values": list(_LIVE)}],
    )
    live = [a for a in answer["IamInstanceProfileAssociations"] if a.get("State") in _LIVE]
    if not live:
        return None
    return Association(
        id=live[0].get("AssociationId", ""), profile_arn=live[0].get("IamInstanceProfile", {}).get("Arn", "")
    )


async def role_of(aws: Account, instance: str) -> tuple[Association, Role]:
    """The instance's profile and role. Raises DoesNotApply when there is none that could be changed."""
    found = await association(aws, instance)
    if found is None:
        raise DoesNotApply("The instance has no instance profile: it holds no role's credentials.")
    answer = await aws.call(aws.iam.get_instance_profile, InstanceProfileName=found.profile)
    roles = answer["InstanceProfile"]["Roles"]
    if not roles:
        raise DoesNotApply(f"The instance profile {found.profile} has no role in it.")
    return found, _changeable(_role(roles[0]))


async def role_now_or_first(aws: Account, instance: str) -> Role:
    """The instance's role, or the one that it had when the incident opened, if its profile was taken off since.

    Raises DoesNotApply when neither is known, or there is no role that could be changed.
    """
    first = aws.brief.first
    if first is None or not first.role or await association(aws, instance) is not None:
        return (await role_of(aws, instance))[1]
    try:
        answer = await aws.call(aws.iam.get_role, RoleName=first.role)
    except AwsRefused as refusal:
        if refusal.code != "NoSuchEntity":
            raise
        raise DoesNotApply(
            f"The role {first.role}, which the instance had at first, is deleted."
        ) from refusal
    return _changeable(_role(answer["Role"]))


def _changeable(role: Role) -> Role:
    if role.service_linked:
        raise DoesNotApply(
            f"{role.name} is a service-linked role: only the AWS service that owns it can change it.",
            then="Isolate the instance; ask AWS Support about the role.",
        )
    return role


def _role(found: RoleTypeDef) -> Role:
    trust = document(found.get("AssumeRolePolicyDocument"))
    statements = cast("list[Json]", trust.get("Statement", []))
    named = {n for s in statements if s.get("Effect") == "Allow" for n in _names(s.get("Principal"))}
    return Role(name=found["RoleName"], path=found["Path"], id=found["RoleId"], trusts=tuple(sorted(named)))


def _names(principal: object) -> list[str]:
    """The names in a `Principal`: a name, a list of them, or either by kind."""
    if isinstance(principal, dict):
        return [n for part in cast("Json", principal).values() for n in _names(part)]
    if isinstance(principal, list):
        return [str(n) for n in cast("list[object]", principal)]
    return [str(principal)] if principal else []


async def siblings(aws: Account, profiles: Sequence[str], instance: str) -> tuple[str, ...]:
    """The other instances of this region with one of these profiles (ARNs), by id."""

    def listed() -> list[str]:
        pages = aws.ec2.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": "iam-instance-profile.arn", "Values": list(profiles)},
                {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
            ]
        )
        found = (i for page in pages for r in page["Reservations"] for i in r.get("Instances", []))
        return [i.get("InstanceId", "") for i in found]

    return tuple(sorted(i for i in await aws.call(listed) if i != instance))


async def profiles_with(aws: Account, role: str) -> tuple[str, ...]:
    """The ARNs of all instance profiles that carry the role."""

    def listed() -> list[str]:
        pages = aws.iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=role)
        return [p["Arn"] for page in pages for p in page["InstanceProfiles"]]

    return tuple(sorted(await aws.call(listed)))


def document(found: object) -> Json:
    """A policy document as values. IAM sends it URL-encoded; the SDK decodes most, but not all, of them."""
    if isinstance(found, str):
        return cast("Json", json.loads(unquote(found)))
    return cast("Json", found) if isinstance(found, dict) else {}


async def inline(aws: Account, role: str, policy: str) -> Json | None:
    """The document of a role's inline policy, or None when there is none of that name."""
    try:
        answer = await aws.call(aws.iam.get_role_policy, RoleName=role, PolicyName=policy)
    except AwsRefused as refusal:
        if refusal.code == "NoSuchEntity":
            return None
        raise
    return document(answer["PolicyDocument"])


async def check_room(aws: Account, role: str, policy: str, wanted: Json) -> None:
    """Raise Refused when the role's inline policies leave no room for this one."""

    def names() -> list[str]:
        pages = aws.iam.get_paginator("list_role_policies").paginate(RoleName=role)
        return [name for page in pages for name in page["PolicyNames"]]

    others = [name for name in await aws.call(names) if name != policy]
    found = await gather(*(inline(aws, role, name) for name in others))
    taken = sum(_size(other) for other in found if other is not None)
    if taken + _size(wanted) > ROOM:
        raise Refused(
            f"The inline policies of {role} take {taken} of {ROOM} characters: the deny does not fit.",
            means="Its sessions can't be revoked in this way.",
            then="Move an inline policy of the role into a managed one, then plan again.",
        )


def _size(policy: Json) -> int:
    return len(json.dumps(policy, separators=(",", ":"), ensure_ascii=False))


def deny_all(sid: str, condition: Json) -> Json:
    """A policy that denies everything to whom the condition fits."""
    statement = {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


async def put(aws: Account, role: str, policy: str, wanted: Json) -> None:
    """Write the inline policy; repeating it changes nothing."""
    text = json.dumps(wanted, separators=(",", ":"))
    await aws.call(aws.iam.put_role_policy, RoleName=role, PolicyName=policy, PolicyDocument=text)


async def delete(aws: Account, role: str, policy: str) -> None:
    """Delete the inline policy; that it is gone already is no error."""
    try:
        await aws.call(aws.iam.delete_role_policy, RoleName=role, PolicyName=policy)
    except AwsRefused as refusal:
        if refusal.code != "NoSuchEntity":
            raise


async def role_id(aws: Account, role: str) -> str:
    """The role's unique id now, or nothing when there is no such role: a role made anew has another id."""
    try:
        return (await aws.call(aws.iam.get_role, RoleName=role))["Role"]["RoleId"]
    except AwsRefused as refusal:
        if refusal.code == "NoSuchEntity":
            return ""
        raise


async def policy_and_id(aws: Account, role: str, policy: str) -> tuple[Json | None, str]:
    """The inline policy's document and the role's unique id, read at once."""
    return await both(inline(aws, role, policy), role_id(aws, role))
