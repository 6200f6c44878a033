"""Tear the forensic instance down: the snapshots stay, so it can be built again."""

from __future__ import annotations

from dataclasses import dataclass

from actions import evidence
from actions.action import Action, Look
from actions.dismantle import dismantle
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.errors import DoesNotApply
from playbook.plan import Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume that goes, `size` in GiB."""

    id: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Teardown:
    """The plan: everything that carries this incident's and this instance's marks of a forensic instance."""

    target: Target
    instances: tuple[str, ...]
    volumes: tuple[Volume, ...]
    groups: tuple[str, ...]

    def show(self) -> Shown:
        """The plan in words."""
        return Shown(
            changes=(
                *(
                    Change(subject=i, before="the forensic instance", after="terminated")
                    for i in self.instances
                ),
                *(
                    Change(subject=f"{v.id} ({v.size} GiB)", before="a copy of a snapshot", after="deleted")
                    for v in self.volumes
                ),
                *(Change(subject=g, before="its security group", after="deleted") for g in self.groups),
            ),
            calls=(
                f"{len(self.instances)} × TerminateInstances",
                f"{len(self.volumes)} × DeleteVolume",
                f"{len(self.groups)} × DeleteSecurityGroup",
            ),
            keeps=("the evidence snapshots", "what analyses found: it is in the ledger"),
            undo="no, but it can be built again from the snapshots",
        )


async def plan(target: Target, aws: Account) -> Teardown:
    """Find what is there."""
    there = await evidence.find(aws, target)
    if not there:
        raise DoesNotApply("There is no forensic instance for it.")
    return Teardown(
        target=target,
        instances=tuple(sorted(i.get("InstanceId", "") for i in there.instances)),
        volumes=tuple(
            sorted(
                (Volume(id=v.get("VolumeId", ""), size=v.get("Size", 0)) for v in there.volumes),
                key=lambda v: v.id,
            )
        ),
        groups=tuple(sorted(g.get("GroupId", "") for g in there.groups)),
    )


async def execute(plan: Teardown, run: Run) -> None:
    """Terminate and delete; what came since with the same marks goes too."""
    await dismantle(plan.target, run)
    run.opens()


async def verify(plan: Teardown, look: Look) -> Proof:
    """Nothing is left that carries the marks."""
    there = await evidence.find(look.aws, plan.target)
    if there:
        left = f"{len(there.instances)} instances, {len(there.volumes)} volumes, {len(there.groups)} groups"
        return Proof(rung=Rung.ABSENT, says=(f"still there: {left}",))
    return Proof(rung=Rung.PROVED, says=("no instance, no volume and no group of it is left",))


# It removes only copies that ec2ir made, which can be made again: harmless.
teardown = Action(
    name="teardown",
    title="Tear the forensic instance down",
    row="F2",
    phase=Phase.FORENSICS,
    risk=Risk.HARMLESS,
    after=("analyse",),
    permissions=frozenset(
        {
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteVolume",
            "ec2:DescribeInstances",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeVolumes",
            "ec2:TerminateInstances",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=None,
)
