"""Revoke all sessions of the role: deny whatever was issued before the moment of execution, whoever holds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

from actions import roles
from actions.action import Action, Look
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.clock import stamp
from playbook.errors import Drift
from playbook.gathering import both
from playbook.incident import InstanceFacts
from playbook.plan import PASSING, Change, Json, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

_SID = "Ec2irRevokeSessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDenial:
    """The plan: the role, and the cutoff that it has before (ISO 8601, UTC), empty where there is none.

    The new cutoff is no part of it: between plan and run more sessions are issued, and they must be covered.
    """

    target: Target
    role: str
    role_path: str
    role_id: str
    before: str
    users: tuple[str, ...] = field(metadata=PASSING)
    trusts: tuple[str, ...] = field(metadata=PASSING)

    @property
    def policy(self) -> str:
        """The inline policy's name."""
        return policy_name(self.target)

    def show(self) -> Shown:
        """The plan in words."""
        everybody = f"other instances of this region: {words(self.users)}" if self.users else ""
        return Shown(
            changes=(
                Change(
                    subject=f"role {self.role_path}{self.role}",
                    before=f"sessions issued before {self.before} denied"
                    if self.before
                    else "all sessions valid",
                    after="all sessions issued before the moment of execution denied",
                ),
            ),
            calls=("1 × PutRolePolicy",),
            breaks=(
                *((everybody,) if everybody else ()),
                f"everybody else who assumed the role: {words([plain(t, 80) for t in self.trusts]) or 'nobody may'}",
            ),
            keeps=(
                "sessions issued later, also to this instance: revoke or isolate it as well",
                "sessions of other roles that were assumed with these credentials",
            ),
            warnings=(
                f"Everybody with {self.role} is denied until they fetch credentials anew.",
                "Instances do so by themselves, but within hours: restart what must work sooner.",
            ),
            undo="yes, exactly, while nobody changes that policy",
        )


def policy_name(target: Target) -> str:
    """The inline policy's name: one for an incident, whose cutoff moves forward when it is revoked again."""
    return f"ec2ir-revoke-sessions-{target.incident}"


def policy_before(cutoff: str) -> Json:
    """A deny for sessions issued up to `cutoff`.

    Issue times are whole seconds, so the second of the cutoff itself is covered too.
    """
    return roles.deny_all(_SID, {"DateLessThanEquals": {"aws:TokenIssueTime": cutoff}})


def cutoff_of(document: Json | None) -> str | None:
    """The cutoff in a document that is exactly as ours; empty where there is none, None where it is another's."""
    if document is None:
        return ""
    try:
        statement = cast("list[Json]", document["Statement"])[0]
        cutoff = str(statement["Condition"]["DateLessThanEquals"]["aws:TokenIssueTime"])
    except (KeyError, IndexError, TypeError):
        return None
    return cutoff if document == policy_before(cutoff) else None


def moment(cutoff: str) -> datetime | None:
    """The cutoff as a time, or None unless it is UTC and says so."""
    try:
        parsed = datetime.fromisoformat(cutoff)
    except ValueError:
        return None
    return parsed if parsed.utcoffset() == timedelta(0) and cutoff.endswith("Z") else None


async def plan(target: Target, aws: Account) -> RoleDenial:
    """Find the role (once `revoke` took it off, the one of before), the cutoff in it, and everybody who uses it."""
    role = await roles.role_now_or_first(aws, target.instance)
    policy = policy_name(target)
    found, profiles = await both(roles.inline(aws, role.name, policy), roles.profiles_with(aws, role.name))
    users, _ = await both(
        roles.siblings(aws, profiles, target.instance),
        roles.check_room(aws, role.name, policy, policy_before("2026-01-01T00:00:00Z")),
    )
    return RoleDenial(
        target=target,
        role=role.name,
        role_path=role.path,
        role_id=role.id,
        before=_ours(policy, role.name, cutoff_of(found)),
        users=users,
        trusts=role.trusts,
    )


def _ours(policy: str, role: str, cutoff: str | None) -> str:
    if cutoff is None:
        raise Drift(
            f"The policy {policy} of {role} is not what ec2ir writes there.",
            means="Somebody else wrote or changed it, and it was left as it is.",
            then="Read that policy, delete or rename it, then try again.",
        )
    return cutoff


async def _found(plan: RoleDenial, run: Run) -> str:
    document = await roles.inline(run.aws, plan.role, plan.policy)
    return _ours(plan.policy, plan.role, cutoff_of(document))


async def execute(plan: RoleDenial, run: Run) -> None:
    """Put the deny, with this moment as its cutoff; a newer cutoff than the plan's is an earlier attempt's."""
    found = await _found(plan, run)
    if found != plan.before:
        return
    cutoff = run.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    await run.write(
        f"deny in {plan.role}", lambda: roles.put(run.aws, plan.role, plan.policy, policy_before(cutoff))
    )


async def verify(plan: RoleDenial, look: Look) -> Proof:
    """Read the policy again: its cutoff must be UTC, newer than before, and past.

    PROVED means what can be observed, as for `revoke`.
    """
    found, role = await roles.policy_and_id(look.aws, plan.role, plan.policy)
    cutoff = cutoff_of(found)
    if cutoff is None:
        return Proof(rung=Rung.CONTRADICTED, says=(f"{plan.policy} was changed: it denies something else",))
    if cutoff in ("", plan.before):
        return Proof(rung=Rung.ABSENT, says=(f"no new cutoff in {plan.role}",))
    at = moment(cutoff)
    if at is None or at > look.now:
        return Proof(
            rung=Rung.CONTRADICTED, says=(f"the cutoff in {plan.role} is not a past time in UTC: {cutoff}",)
        )
    if role != plan.role_id:
        return Proof(
            rung=Rung.CONTRADICTED, says=(f"{plan.role} was deleted and made anew: its sessions are others",)
        )
    return Proof(
        rung=Rung.PROVED,
        says=(
            f"{plan.role} denies every session issued up to {stamp(at)}",
            "IAM may take minutes to apply it everywhere",
        ),
    )


async def undo(plan: RoleDenial, run: Run) -> None:
    """Put the earlier cutoff back, or delete the deny where there was none."""
    found = await _found(plan, run)
    if found == plan.before:
        return
    if plan.before:
        earlier = policy_before(plan.before)
        await run.write(
            f"restore in {plan.role}", lambda: roles.put(run.aws, plan.role, plan.policy, earlier)
        )
    else:
        await run.write(f"allow in {plan.role}", lambda: roles.delete(run.aws, plan.role, plan.policy))


def _knew(plan: RoleDenial) -> Brief:
    where = plan.target
    return Brief(
        first=InstanceFacts(
            account=where.account, region=where.region, instance=where.instance, role=plan.role
        )
    )


revoke_role = Action(
    name="revoke-role",
    title="Revoke all sessions of the role",
    row="C4",
    phase=Phase.CONTAIN,
    risk=Risk.DRASTIC,
    after=("memory",),
    permissions=frozenset(
        {
            "ec2:DescribeIamInstanceProfileAssociations",
            "ec2:DescribeInstances",
            "iam:DeleteRolePolicy",
            "iam:GetInstanceProfile",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
            "iam:PutRolePolicy",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=_knew,
)
