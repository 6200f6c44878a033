"""What checks read of an instance and its surroundings: each call made once a round, however many ask.

Every read has its permissions beside it, so that a check can declare what it asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.instance import alive, seen, volumes_of
from actions.scene import Scene
from aws.errors import AwsRefused

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import (
        ImageTypeDef,
        InstanceTypeDef,
        NetworkInterfaceTypeDef,
        RouteTableTypeDef,
        SecurityGroupTypeDef,
        VolumeTypeDef,
    )
    from mypy_boto3_iam.type_defs import RoleTypeDef
    from mypy_boto3_ssm.type_defs import InstanceInformationTypeDef

INSTANCE = frozenset({"ec2:DescribeInstances"})
INTERFACES = frozenset({"ec2:DescribeNetworkInterfaces"})
GROUPS = INTERFACES | {"ec2:DescribeSecurityGroups"}
VOLUMES = frozenset({"ec2:DescribeVolumes"})
IMAGE = INSTANCE | {"ec2:DescribeImages"}
ROLE = INSTANCE | {"iam:GetInstanceProfile"}
SCALING = frozenset({"autoscaling:DescribeAutoScalingInstances"})
ROUTES = INSTANCE | {"ec2:DescribeRouteTables"}
MANAGED = frozenset({"ssm:DescribeInstanceInformation"})


async def instance(scene: Scene) -> InstanceTypeDef:
    """The instance as EC2 describes it. Raises DoesNotApply when it is gone."""
    name = scene.target.instance
    return alive(await scene.once("instance", lambda: seen(scene.aws, name)), scene.target)


async def interfaces(scene: Scene) -> list[NetworkInterfaceTypeDef]:
    """Every network interface attached to it, the first device first."""

    async def read() -> list[NetworkInterfaceTypeDef]:
        answer = await scene.aws.call(
            scene.aws.ec2.describe_network_interfaces,
            Filters=[{"Name": "attachment.instance-id", "Values": [scene.target.instance]}],
        )
        found = answer["NetworkInterfaces"]
        return sorted(found, key=lambda i: i.get("Attachment", {}).get("DeviceIndex", 0))

    return await scene.once("interfaces", read)


async def groups(scene: Scene) -> list[SecurityGroupTypeDef]:
    """The security groups of all its interfaces."""

    async def read() -> list[SecurityGroupTypeDef]:
        every = {g.get("GroupId", "") for i in await interfaces(scene) for g in i.get("Groups", [])}
        if not every:
            return []
        answer = await scene.aws.call(scene.aws.ec2.describe_security_groups, GroupIds=sorted(every))
        return answer["SecurityGroups"]

    return await scene.once("groups", read)


async def volumes(scene: Scene) -> list[VolumeTypeDef]:
    """The EBS volumes attached to it."""
    return await scene.once("volumes", lambda: volumes_of(scene.aws, scene.target.instance))


async def image(scene: Scene) -> ImageTypeDef | None:
    """The image it was launched from; None when that is gone, or no longer shared with this account."""

    async def read() -> ImageTypeDef | None:
        name = (await instance(scene)).get("ImageId", "")
        try:
            answer = await scene.aws.call(
                scene.aws.ec2.describe_images, ImageIds=[name], IncludeDeprecated=True
            )
        except AwsRefused as refusal:
            if refusal.code.startswith(("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")):
                return None
            raise
        return next(iter(answer["Images"]), None)

    return await scene.once("image", read)


async def profile(scene: Scene) -> str:
    """The ARN of its instance profile, or nothing."""
    return (await instance(scene)).get("IamInstanceProfile", {}).get("Arn", "")


async def role(scene: Scene) -> RoleTypeDef | None:
    """The role inside its instance profile. The profile's name and the role's need not be the same."""

    async def read() -> RoleTypeDef | None:
        name = (await profile(scene)).rpartition("/")[2]
        if not name:
            return None
        answer = await scene.aws.call(scene.aws.iam.get_instance_profile, InstanceProfileName=name)
        return next(iter(answer["InstanceProfile"].get("Roles", [])), None)

    return await scene.once("role", read)


async def scaling(scene: Scene) -> str:
    """The name of the Auto Scaling group that it is a member of, or nothing."""

    async def read() -> str:
        answer = await scene.aws.call(
            scene.aws.autoscaling.describe_auto_scaling_instances, InstanceIds=[scene.target.instance]
        )
        return next((i.get("AutoScalingGroupName", "") for i in answer["AutoScalingInstances"]), "")

    return await scene.once("scaling", read)


async def route_tables(scene: Scene) -> list[RouteTableTypeDef]:
    """The route tables of its VPC."""

    async def read() -> list[RouteTableTypeDef]:
        vpc = (await instance(scene)).get("VpcId", "")

        def pages() -> list[RouteTableTypeDef]:
            every = scene.aws.ec2.get_paginator("describe_route_tables").paginate(
                Filters=[{"Name": "vpc-id", "Values": [vpc]}]
            )
            return [table for page in every for table in page["RouteTables"]]

        return await scene.aws.call(pages)

    return await scene.once("route_tables", read)


async def managed(scene: Scene) -> InstanceInformationTypeDef | None:
    """What Systems Manager knows of its agent; None when the instance is not managed by it."""

    async def read() -> InstanceInformationTypeDef | None:
        answer = await scene.aws.call(
            scene.aws.ssm.describe_instance_information,
            Filters=[{"Key": "InstanceIds", "Values": [scene.target.instance]}],
        )
        return next(iter(answer["InstanceInformationList"]), None)

    return await scene.once("managed", read)
