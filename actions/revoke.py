"""Revoke this instance's role sessions: deny whatever they ask, and take the instance profile off."""

from __future__ import annotations

from dataclasses import dataclass, field

from actions import roles
from actions.action import Action, Look
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.errors import Drift
from playbook.gathering import both, gather
from playbook.plan import PASSING, Change, Json, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import words


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDenial:
    """The plan: the role whose sessions on this instance are denied, and the profile that is taken off.

    `role_id` is the role's unique id. `association` is reissued by AWS; `siblings` come and go.
    """

    target: Target
    role: str
    role_path: str
    role_id: str
    profile: str
    profile_arn: str
    association: str = field(metadata=PASSING)
    siblings: tuple[str, ...] = field(metadata=PASSING)

    @property
    def policy(self) -> str:
        """The inline policy's name."""
        return policy_of(self.target.instance)

    @property
    def document(self) -> Json:
        """A deny for every session that EC2 opened for this instance, stolen ones among them.

        EC2 names such a session by the instance's id, so its `aws:userid` is the role's unique id, a colon,
        and that (IAM User Guide, “IAM policy elements: variables”, values of aws:userid).
        """
        session = f"{self.role_id}:{self.target.instance}"
        return roles.deny_all("Ec2irRevokeInstance", {"StringEquals": {"aws:userid": session}})

    def show(self) -> Shown:
        """The plan in words."""
        others = len(self.siblings)
        return Shown(
            changes=(
                Change(
                    subject=f"role {self.role_path}{self.role}",
                    before=f"no policy {self.policy}",
                    after=f"{self.policy} denies everything to {self.role_id}:{self.target.instance}",
                ),
                Change(subject="instance profile", before=self.profile, after="none"),
            ),
            calls=("1 × PutRolePolicy", "1 × DisassociateIamInstanceProfile"),
            notes=("covers credentials that were stolen from this instance, wherever they are used",),
            breaks=(
                "whatever the instance does with its role, SSM among it: capture memory before",
                "its applications keep cached credentials for hours, and are denied with them",
            ),
            keeps=(
                f"{others} other instance{'s' if others != 1 else ''} with this profile, untouched: "
                f"{words(self.siblings)}"
                if others
                else "no other instance of this region has this profile",
                "sessions of other roles that were assumed with these credentials: revoke those roles too",
            ),
            undo="yes, exactly, while nobody changes that policy; the association gets a new id",
        )


def policy_of(instance: str) -> str:
    """The inline policy's name: one for an instance."""
    return f"ec2ir-revoke-{instance}"


async def plan(target: Target, aws: Account) -> SessionDenial:
    """Find profile, role and siblings, and see that the deny fits into the role."""
    association, role = await roles.role_of(aws, target.instance)
    made = SessionDenial(
        target=target,
        role=role.name,
        role_path=role.path,
        role_id=role.id,
        profile=association.profile,
        profile_arn=association.profile_arn,
        association=association.id,
        siblings=await roles.siblings(aws, [association.profile_arn], target.instance),
    )
    await roles.check_room(aws, role.name, made.policy, made.document)
    return made


async def execute(plan: SessionDenial, run: Run) -> None:
    """Put the deny and take the profile off, at once: neither needs the other."""
    found, association = await _current(plan, run.aws)
    _refuse_drift(plan, found, association)
    await gather(
        _deny(plan, run, found),
        *((_disassociate(plan, run, association),) if association is not None else ()),
    )


async def _current(plan: SessionDenial, aws: Account) -> tuple[Json | None, roles.Association | None]:
    return await both(roles.inline(aws, plan.role, plan.policy), roles.association(aws, plan.target.instance))


def _refuse_drift(plan: SessionDenial, found: Json | None, association: roles.Association | None) -> None:
    if found is not None and found != plan.document:
        raise Drift(
            f"The policy {plan.policy} of {plan.role} is not what ec2ir writes there.",
            means="Somebody else wrote or changed it, and it was left as it is.",
            then="Read that policy, delete or rename it, then retry this step.",
        )
    if association is not None and association.profile_arn != plan.profile_arn:
        raise Drift(
            f"The instance has the profile {association.profile} now, not {plan.profile}.",
            means="Somebody changed it since the plan was made; it was left as it is.",
            then="Make a new plan and look at it.",
        )


async def _deny(plan: SessionDenial, run: Run, found: Json | None) -> None:
    if found is None:
        await run.write(
            f"deny in {plan.role}", lambda: roles.put(run.aws, plan.role, plan.policy, plan.document)
        )


async def _disassociate(plan: SessionDenial, run: Run, association: roles.Association) -> None:
    async def disassociate() -> None:
        change = run.aws.ec2.disassociate_iam_instance_profile
        try:
            await run.aws.call(change, AssociationId=association.id)
        except AwsRefused as refusal:
            if refusal.code != "InvalidAssociationID.NotFound":
                raise

    await run.write(f"take {plan.profile} off", disassociate)


async def verify(plan: SessionDenial, look: Look) -> Proof:
    """Read policy, role and profile again.

    PROVED means what can be observed: IAM holds the deny, for the role that the sessions belong to, and EC2
    gives the instance no more credentials. IAM shows nobody when a change has reached all its endpoints.
    """
    (found, role), association = await both(
        roles.policy_and_id(look.aws, plan.role, plan.policy),
        roles.association(look.aws, plan.target.instance),
    )
    if found is not None and found != plan.document:
        return Proof(
            rung=Rung.CONTRADICTED,
            says=(f"{plan.policy} of {plan.role} was changed: it denies something else",),
        )
    if found is not None and role != plan.role_id:
        return Proof(
            rung=Rung.CONTRADICTED, says=(f"{plan.role} was deleted and made anew: its sessions are others",)
        )
    off = association is None
    says = (
        f"{plan.role} denies every session of this instance" if found is not None else "no deny in the role",
        "no instance profile" if association is None else f"instance profile {association.profile}",
    )
    if found is None or not off:
        return Proof(rung=Rung.APPLIED if found is not None or off else Rung.ABSENT, says=says)
    return Proof(
        rung=Rung.PROVED,
        says=(*says, "IAM may take minutes to apply it everywhere"),
    )


async def undo(plan: SessionDenial, run: Run) -> None:
    """Delete the deny if it is ours still, and give the recorded profile back."""
    found, association = await _current(plan, run.aws)
    _refuse_drift(plan, found, association)
    await gather(
        *((_allow(plan, run),) if found is not None else ()),
        *((_associate(plan, run),) if association is None else ()),
    )


async def _allow(plan: SessionDenial, run: Run) -> None:
    await run.write(f"allow in {plan.role}", lambda: roles.delete(run.aws, plan.role, plan.policy))


async def _associate(plan: SessionDenial, run: Run) -> None:
    async def look() -> str | None:
        found = await roles.association(run.aws, plan.target.instance)
        return found.id if found is not None and found.profile_arn == plan.profile_arn else None

    async def associate() -> str:
        answer = await run.aws.call(
            run.aws.ec2_once.associate_iam_instance_profile,
            InstanceId=plan.target.instance,
            IamInstanceProfile={"Arn": plan.profile_arn},
        )
        return answer["IamInstanceProfileAssociation"].get("AssociationId", "")

    await run.write(f"give {plan.profile} back", associate, look=look)


revoke = Action(
    name="revoke",
    title="Revoke this instance's sessions",
    row="C4",
    phase=Phase.CONTAIN,
    risk=Risk.REVERSIBLE,
    after=("memory",),
    permissions=frozenset(
        {
            "ec2:AssociateIamInstanceProfile",
            "ec2:DescribeIamInstanceProfileAssociations",
            "ec2:DescribeInstances",
            "ec2:DisassociateIamInstanceProfile",
            "iam:DeleteRolePolicy",
            "iam:GetInstanceProfile",
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListRolePolicies",
            "iam:PassRole",
            "iam:PutRolePolicy",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
