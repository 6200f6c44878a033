"""Build the forensic instance: volumes of this incident's snapshots, on a machine of ours that nobody can reach."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from actions import evidence, quarantine
from actions.action import Action, Look
from actions.dismantle import dismantle
from actions.evidence import BASELINE_TAG, LAB_TAG, SOURCE_TAG, Lab
from actions.instance import state_of
from actions.lab_plan import Copy, LabPlan, plan
from actions.polling import settled
from actions.run import Run
from playbook.approval import Risk
from playbook.errors import StepFailed
from playbook.gathering import both, gather
from playbook.proof import Proof, Rung
from playbook.rows import Phase

if TYPE_CHECKING:
    from mypy_boto3_ec2.literals import InstanceTypeType
    from mypy_boto3_ec2.type_defs import TagSpecificationTypeDef

_PATIENCE = (1.0, 2.0, 4.0, *(8.0 for _ in range(20)))
"""Seconds between looks while it boots and the volumes are made: under three minutes, then the step fails."""


async def execute(plan: LabPlan, run: Run) -> None:
    """Make group, volumes and instance; once all of them are there, attach."""
    group = plan.group or await _group(plan, run)
    _, instance = await both(
        gather(*(_volume(plan, run, copy) for copy in plan.copies)), _launch(plan, run, group)
    )
    there = await settled(lambda: evidence.find(run.aws, plan.target), _ready, run.pause, _PATIENCE)
    if not _ready(there):
        raise StepFailed(
            "The forensic instance or its volumes are still being made.",
            means="Nothing is attached yet.",
            then="Retry this step in a minute: it goes on where it is.",
        )
    volumes = {evidence.volume_tag(v, SOURCE_TAG): v.get("VolumeId", "") for v in there.copies}
    await gather(*(_attach(plan, run, instance, volumes[c.snapshot], c) for c in plan.copies))
    run.opens()


async def _group(plan: LabPlan, run: Run) -> str:
    name = evidence.group_name(plan.target)
    found = await quarantine.find(run.aws, frozenset({plan.vpc}), (name,))
    rules = frozenset({("out", "tcp:443-443", plan.cidr)})
    return await quarantine.ensure(run, plan.vpc, name, rules, found.get((plan.vpc, name)))


def _token(run: Run, what: str) -> str:
    """Up to 64 ASCII characters; the same at every attempt of the run."""
    return hashlib.sha256(f"{run.incident} {run.id} {what}".encode()).hexdigest()


def _marked(kind: str, plan: LabPlan, run: Run, **more: str) -> TagSpecificationTypeDef:
    tags = run.tags | {LAB_TAG: plan.target.instance} | more
    spec = {"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
    return cast("TagSpecificationTypeDef", spec)


async def _volume(plan: LabPlan, run: Run, copy: Copy) -> str:
    aws = run.aws
    more = {SOURCE_TAG: copy.snapshot} | ({BASELINE_TAG: copy.image} if copy.image else {})

    async def look() -> str | None:
        there = await evidence.find(aws, plan.target)
        mine = (v for v in there.copies if evidence.volume_tag(v, SOURCE_TAG) == copy.snapshot)
        return next((v.get("VolumeId") for v in mine), None)

    async def create() -> str:
        made = await aws.call(
            aws.ec2.create_volume,
            AvailabilityZone=plan.zone,
            SnapshotId=copy.snapshot,
            VolumeType="gp3",
            ClientToken=_token(run, copy.snapshot),
            TagSpecifications=[_marked("volume", plan, run, **more)],
        )
        return made["VolumeId"]

    return await run.write(f"volume of {copy.snapshot}", create, look=look)


async def _launch(plan: LabPlan, run: Run, group: str) -> str:
    aws = run.aws

    async def look() -> str | None:
        found = (await evidence.find(aws, plan.target)).instance
        return found.get("InstanceId") if found is not None else None

    async def launch() -> str:
        answer = await aws.call(
            aws.ec2.run_instances,
            ImageId=plan.image,
            InstanceType=cast("InstanceTypeType", plan.instance_type),
            MinCount=1,
            MaxCount=1,
            ClientToken=_token(run, "instance"),
            IamInstanceProfile={"Name": plan.profile},
            MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
            NetworkInterfaces=[
                {
                    "DeviceIndex": 0,
                    "SubnetId": plan.subnet,
                    "Groups": [group],
                    "AssociatePublicIpAddress": False,
                    "DeleteOnTermination": True,
                }
            ],
            TagSpecifications=[
                _marked("instance", plan, run, Name=f"ec2ir forensics {plan.target.instance}"),
                _marked("volume", plan, run),
            ],
        )
        return answer["Instances"][0].get("InstanceId", "")

    return await run.write("launch", launch, look=look)


def _ready(there: Lab) -> bool:
    made = all(v.get("State") in ("available", "in-use") for v in there.copies)
    return there.instance is not None and state_of(there.instance) == "running" and made


async def _attach(plan: LabPlan, run: Run, instance: str, volume: str, copy: Copy) -> None:
    aws = run.aws

    async def look() -> bool | None:
        there = await evidence.find(aws, plan.target)
        return any(v.get("VolumeId") == volume and v.get("Attachments") for v in there.copies) or None

    async def attach() -> bool:
        await aws.call(aws.ec2.attach_volume, VolumeId=volume, InstanceId=instance, Device=copy.device)
        return True

    await run.write(f"attach {copy.snapshot}", attach, look=look)


async def verify(plan: LabPlan, look: Look) -> Proof:
    """It runs, it holds a volume of every snapshot, and Systems Manager reaches it."""
    there = await evidence.find(look.aws, plan.target)
    if there.instance is None:
        return Proof(rung=Rung.ABSENT, says=("there is no forensic instance",))
    instance = there.instance.get("InstanceId", "")
    wanted = {c.snapshot for c in plan.copies}
    held = {
        evidence.volume_tag(v, SOURCE_TAG)
        for v in there.copies
        if any(a.get("InstanceId") == instance for a in v.get("Attachments", []))
    }
    says = (
        f"{instance} is {state_of(there.instance)}",
        f"{len(held & wanted)} of {len(wanted)} volumes attached",
    )
    if state_of(there.instance) != "running" or not wanted <= held:
        return Proof(
            rung=Rung.APPLIED, says=says, waits="the instance and its volumes", again=timedelta(minutes=1)
        )
    if not await evidence.is_online(look.aws, instance):
        return Proof(
            rung=Rung.CONFIGURED,
            says=says,
            waits="its SSM agent: the subnet needs VPC endpoints for ssm, ssmmessages and ec2messages",
            again=timedelta(minutes=1),
        )
    return Proof(rung=Rung.PROVED, says=(*says, "its SSM agent is online"))


async def undo(plan: LabPlan, run: Run) -> None:
    """Take it down again."""
    await dismantle(plan.target, run)


# It costs money but touches nothing of the target and breaks nothing, like `snapshot`: harmless.
lab = Action(
    name="lab",
    title="Build the forensic instance",
    row="F2",
    phase=Phase.FORENSICS,
    risk=Risk.HARMLESS,
    after=("snapshot",),
    permissions=frozenset(
        {
            "ec2:AttachVolume",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:CreateSecurityGroup",
            "ec2:CreateTags",
            "ec2:CreateVolume",
            "ec2:DeleteSecurityGroup",
            "ec2:DeleteVolume",
            "ec2:DescribeImages",
            "ec2:DescribeInstances",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSubnets",
            "ec2:DescribeVolumes",
            "ec2:DescribeVpcs",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RunInstances",
            "ec2:TerminateInstances",
            "iam:PassRole",
            "ssm:DescribeInstanceInformation",
            "ssm:GetParameter",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
