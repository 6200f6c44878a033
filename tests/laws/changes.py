"""What happens in the account besides ec2ir: before a plan is made, or behind a finished step's back."""

from __future__ import annotations

import json
from typing import Any

from tests.laws.world import INCIDENT, World


def _volumes(world: World, instance: str) -> list[dict[str, Any]]:
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return world.client("ec2").describe_volumes(Filters=mine)["Volumes"]


def lock(world: World, instance: str) -> None:
    world.client("ec2").modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})


def shutdown_terminates(world: World, instance: str) -> None:
    world.client("ec2").modify_instance_attribute(
        InstanceId=instance, InstanceInitiatedShutdownBehavior={"Value": "terminate"}
    )


def slow_snapshots(world: World, instance: str) -> None:
    world.box.controls.delays(snapshot=90)


def slow_instances(world: World, instance: str) -> None:
    world.box.controls.delays(instance=10)


def encrypted_volume(world: World, instance: str) -> None:
    """Two more disks: one under the key that AWS manages, one under the account's own."""
    ec2 = world.client("ec2")
    own = world.client("kms").create_key()["KeyMetadata"]["Arn"]
    aws = world.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]
    zone = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["Placement"]
    for key, device in ((own, "/dev/sdx"), (aws, "/dev/sdy")):
        made = ec2.create_volume(
            AvailabilityZone=zone["AvailabilityZone"], Size=8, Encrypted=True, KmsKeyId=key
        )
        ec2.attach_volume(VolumeId=made["VolumeId"], InstanceId=instance, Device=device)


def earlier_snapshot(world: World, instance: str) -> None:
    """The incident has a set of an earlier run already."""
    marks = {"ec2ir:incident": INCIDENT, "ec2ir:run": "run-0"}
    world.client("ec2").create_snapshots(
        InstanceSpecification={"InstanceId": instance},
        TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [{"Key": k, "Value": v} for k, v in marks.items()]}
        ],
    )


def _status(world: World, resources: list[str], value: str) -> None:
    world.client("ec2").create_tags(Resources=resources, Tags=[{"Key": "Status", "Value": value}])


def status_review(world: World, instance: str) -> None:
    """The instance and a volume had a status of their own, the other volumes none."""
    _status(world, [instance, _volumes(world, instance)[0]["VolumeId"]], "In review")


def status_clean(world: World, instance: str) -> None:
    _status(world, [instance], "Clean")


def exchange_volume(world: World, instance: str) -> None:
    """A disk goes away and another takes its place."""
    ec2 = world.client("ec2")
    old = _volumes(world, instance)[0]
    device = old["Attachments"][0]["Device"]
    ec2.detach_volume(VolumeId=old["VolumeId"], InstanceId=instance)
    new = ec2.create_volume(AvailabilityZone=old["AvailabilityZone"], Size=8)["VolumeId"]
    ec2.attach_volume(VolumeId=new, InstanceId=instance, Device=device)


def open_interface(world: World, instance: str) -> None:
    """Somebody lets the instance back onto the network."""
    ec2 = world.client("ec2")
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    interface = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"][0]
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[world.seeded.network.dev_group]
    )


def slow_commands(world: World, instance: str) -> None:
    """What is run on the host lasts longer than the walk."""
    world.box.controls.delays(command=3000)


def maximum_of_one(world: World, instance: str) -> None:
    world.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=1)


def leave_group(world: World, instance: str) -> None:
    """Somebody takes the instance out of its Auto Scaling group for good."""
    scaling = world.client("autoscaling")
    member = scaling.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    if member:
        scaling.detach_instances(
            InstanceIds=[instance],
            AutoScalingGroupName=member[0]["AutoScalingGroupName"],
            ShouldDecrementDesiredCapacity=False,
        )


def rewrite_denials(world: World, instance: str) -> None:
    """Somebody edits every inline policy that denies something."""
    iam = world.client("iam")
    for role in (r["RoleName"] for r in iam.list_roles()["Roles"]):
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            if "Deny" in json.dumps(document):
                edited = {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
                }
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(edited))


def attach_volume(world: World, instance: str) -> None:
    ec2 = world.client("ec2")
    zone = _volumes(world, instance)[0]["AvailabilityZone"]
    made = ec2.create_volume(AvailabilityZone=zone, Size=8)["VolumeId"]
    ec2.attach_volume(VolumeId=made, InstanceId=instance, Device="/dev/sdz")


def other_profile(world: World, instance: str) -> None:
    """The instance gets a profile, and with it a role, that it did not have."""
    ec2 = world.client("ec2")
    mine = [{"Name": "instance-id", "Values": [instance]}]
    found = ec2.describe_iam_instance_profile_associations(Filters=mine)
    ec2.replace_iam_instance_profile_association(
        AssociationId=found["IamInstanceProfileAssociations"][0]["AssociationId"],
        IamInstanceProfile={"Name": "dev-box"},
    )


HOSTILE = "<!channel> *ok* `rm` <https://x|y> \u202egnp.exe\u200b\r\n" + "A" * 10_000


def hostile_names(world: World, instance: str) -> None:
    """Everything that whoever owns the machine may name, named with malice."""
    ec2 = world.client("ec2")
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    interfaces = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]
    resources = [
        instance,
        *(v["VolumeId"] for v in _volumes(world, instance)),
        *(n["NetworkInterfaceId"] for n in interfaces),
    ]
    for key in ("Name", "Status", "ec2ir:incident", "Environment"):
        ec2.create_tags(Resources=resources, Tags=[{"Key": key, "Value": HOSTILE}])
    for number, interface in enumerate(interfaces):
        group = ec2.create_security_group(
            GroupName=f"{number} {HOSTILE}", Description=HOSTILE, VpcId=interface["VpcId"]
        )["GroupId"]
        ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[group]
        )


def terminate(world: World, instance: str) -> None:
    world.client("ec2").modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    world.client("ec2").terminate_instances(InstanceIds=[instance])
