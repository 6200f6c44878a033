"""What an Auto Scaling group starts its instances from: it replaces them by itself, clean or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws.account import Account
from aws.errors import AwsRefused

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, LaunchTemplateSpecificationTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupImage:
    """A group, its template in words, and the image that it names: empty if that can't be told."""

    group: str
    template: str
    image: str


async def group_image(aws: Account, name: str, instance: str) -> tuple[GroupImage | None, tuple[str, ...]]:
    """The group's template, and who serves in it besides the instance; None when there is no such group."""
    if not name:
        return None, ()
    answer = await aws.call(aws.autoscaling.describe_auto_scaling_groups, AutoScalingGroupNames=[name])
    found = next(iter(answer["AutoScalingGroups"]), None)
    if found is None:
        return None, ()
    specification = _template(found)
    serving = (m for m in found.get("Instances", []) if m["LifecycleState"] in ("InService", "Pending"))
    members = tuple(sorted({m["InstanceId"] for m in serving} - {instance}))
    made = GroupImage(
        group=name,
        template=specification.get("LaunchTemplateName", "") or specification.get("LaunchTemplateId", ""),
        image=await _image(aws, specification) if specification else "",
    )
    return made, members


def _template(group: AutoScalingGroupTypeDef) -> LaunchTemplateSpecificationTypeDef:
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("LaunchTemplateSpecification")
    return group.get("LaunchTemplate") or mixed or {}


async def _image(aws: Account, specification: LaunchTemplateSpecificationTypeDef) -> str:
    version = specification.get("Version", "") or "$Default"
    try:
        if "LaunchTemplateId" in specification:
            answer = await aws.call(
                aws.ec2.describe_launch_template_versions,
                LaunchTemplateId=specification["LaunchTemplateId"],
                Versions=[version],
            )
        else:
            answer = await aws.call(
                aws.ec2.describe_launch_template_versions,
                LaunchTemplateName=specification.get("LaunchTemplateName", ""),
                Versions=[version],
            )
    except AwsRefused:
        return ""
    data = (v.get("LaunchTemplateData", {}) for v in answer["LaunchTemplateVersions"])
    return next((d.get("ImageId", "") for d in data), "")
