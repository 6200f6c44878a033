"""What happens in the account around recovery: the incident opens, a replacement is made, renewed or put to use."""

from __future__ import annotations

from typing import Any

from playbook.incident import InstanceFacts
from playbook.policy import Policy, Recovery
from sandbox.aws.environment import ACCOUNT_ID, LINUX_IMAGE, REGION
from sandbox.aws.golden import PARAMETER
from tests.laws.world import BUCKET, INCIDENT, World

GOLDEN = Policy(evidence_bucket=BUCKET, recovery=Recovery(golden_image=f"ssm:{PARAMETER}"))


def _tags(thing: Any) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in thing.get("Tags", [])}


def _described(world: World, instance: str) -> Any:
    return world.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def opened(world: World, instance: str) -> None:
    """The incident opens: what the instance is now, is remembered."""
    found = _described(world, instance)
    scaling, elb, elbv2 = (world.client(name) for name in ("autoscaling", "elb", "elbv2"))
    members = scaling.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    mine = {instance, *(n["PrivateIpAddress"] for n in found["NetworkInterfaces"])}
    ports: dict[str, tuple[int, ...]] = {}
    for group in elbv2.describe_target_groups()["TargetGroups"]:
        health = elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        targets = [d["Target"] for d in health["TargetHealthDescriptions"]]
        held = tuple(t["Port"] for t in targets if t["Id"] in mine)
        ports |= {group["TargetGroupName"]: held} if held else {}
    world.remember(
        InstanceFacts(
            account=ACCOUNT_ID,
            region=REGION,
            instance=instance,
            instance_type=found["InstanceType"],
            image=found["ImageId"],
            vpc=found["VpcId"],
            subnet=found["SubnetId"],
            exposed=("22", "443"),
            autoscaling_group=members[0]["AutoScalingGroupName"] if members else "",
            target_groups=tuple(sorted(ports)),
            ports=ports,
            classics=tuple(
                b["LoadBalancerName"]
                for b in elb.describe_load_balancers()["LoadBalancerDescriptions"]
                if {"InstanceId": instance} in b["Instances"]
            ),
            groups={
                n["NetworkInterfaceId"]: tuple(g["GroupId"] for g in n["Groups"])
                for n in found["NetworkInterfaces"]
            },
            profile=found.get("IamInstanceProfile", {}).get("Arn", ""),
            tags=_tags(found),
        )
    )


def slow_launch(world: World, instance: str) -> None:
    """The incident opens, and machines take their time to start and to be judged."""
    opened(world, instance)
    world.box.controls.delays(instance=20, status=120)


def containers(world: World, instance: str) -> None:
    """The incident opens on a host whose containers ask for metadata from one hop further."""
    world.client("ec2").modify_instance_metadata_options(InstanceId=instance, HttpPutResponseHopLimit=2)
    opened(world, instance)


def replaced(world: World, instance: str) -> None:
    """The incident opened, and a replacement runs."""
    opened(world, instance)
    _launch(world, instance)


def slow_health(world: World, instance: str) -> None:
    """A replacement runs, and balancers take their time to judge it."""
    replaced(world, instance)
    world.box.controls.delays(health=60)


def _launch(world: World, instance: str) -> str:
    found = _described(world, instance)
    marks = {"ec2ir:replaces": instance, "ec2ir:incident": INCIDENT, "ec2ir:run": "run-0"}
    made = world.client("ec2").run_instances(
        ImageId=world.seeded.golden,
        InstanceType="c5.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=found["SubnetId"],
        SecurityGroupIds=[g["GroupId"] for g in found["NetworkInterfaces"][0]["Groups"]],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in marks.items()]}
        ],
    )
    id_: str = made["Instances"][0]["InstanceId"]
    return id_


def _replacements(world: World, instance: str) -> list[str]:
    filters = [{"Name": "tag:ec2ir:replaces", "Values": [instance]}]
    found = world.client("ec2").describe_instances(Filters=filters)["Reservations"]
    return [i["InstanceId"] for r in found for i in r["Instances"]]


def put_to_use(world: World, instance: str) -> None:
    """Somebody lets the replacement serve."""
    for made in _replacements(world, instance):
        group = world.client("elbv2").describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]
        world.client("elbv2").register_targets(TargetGroupArn=group, Targets=[{"Id": made}])


def end_replacement(world: World, instance: str) -> None:
    """Somebody terminates the replacement."""
    world.client("ec2").terminate_instances(InstanceIds=_replacements(world, instance))


def renew_golden(world: World, instance: str) -> None:
    """A newer golden image takes the place of the one of before."""
    made = world.client("ec2").copy_image(SourceImageId=LINUX_IMAGE, SourceRegion=REGION, Name="web-golden-2")
    world.client("ssm").put_parameter(
        Name=PARAMETER, Value=made["ImageId"], Type="String", DataType="aws:ec2:image", Overwrite=True
    )


def _detector(world: World) -> str:
    return world.client("guardduty").list_detectors()["DetectorIds"][0]


def no_detector(world: World, instance: str) -> None:
    """Nobody ever turned GuardDuty on."""
    world.client("guardduty").delete_detector(DetectorId=_detector(world))


def suspend_detector(world: World, instance: str) -> None:
    """Somebody suspends GuardDuty."""
    world.client("guardduty").update_detector(DetectorId=_detector(world), Enable=False)


def make_detector(world: World, instance: str) -> None:
    """Somebody turns GuardDuty on."""
    world.client("guardduty").create_detector(Enable=True)


def tokenless_callers(world: World, instance: str) -> None:
    """An old program on the host asks for metadata without a token, and the host takes changes over slowly."""
    world.box.controls.tokenless(instance, 2)
    world.box.controls.delays(metadata=20)


def more_hops(world: World, instance: str) -> None:
    """Somebody lets metadata answers travel further."""
    world.client("ec2").modify_instance_metadata_options(InstanceId=instance, HttpPutResponseHopLimit=2)
