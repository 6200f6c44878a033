"""The seeded instances: their role, their disks and tags, alone or in an Auto Scaling group."""

import json
from collections.abc import Callable
from typing import Any, Final

from sandbox.aws.environment import LINUX_IMAGE
from sandbox.aws.network import Network

Clients = Callable[[str], Any]

ROLE, ROLE_PATH = "web-service", "/service/"
PROFILE, PROFILE_PATH = "web-instances", "/prod/"
KEY_PAIR: Final = "operations"
PUBLIC_KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEGYgpgBE5y+mMPvftP5CzALLjB4HleM01EBJEzXKibo"
"""A key that nobody has the private half of."""
HOSTILE: Final = "<!channel> *approved* & `rm -rf /` https://198.51.100.7/x"


def _tags(kind: str, **tags: str) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def make_role(iam: Any, role: str, role_path: str, profile: str, profile_path: str) -> tuple[str, str]:
    """A role that SSM may manage, inside a profile of another name and path; role id and profile ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName=role, Path=role_path, AssumeRolePolicyDocument=document)["Role"]
    managed = ["ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*"]
    for name, actions in (("managed-by-ssm", managed), ("application", ["s3:GetObject", "sqs:SendMessage"])):
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)
    arn = iam.create_instance_profile(InstanceProfileName=profile, Path=profile_path)["InstanceProfile"][
        "Arn"
    ]
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    return made["RoleId"], arn


def disks(*sizes: int) -> list[dict[str, Any]]:
    """Block device mappings of these sizes in GiB; only the first, the root, goes with the instance."""
    names = ("/dev/sda1", "/dev/sdf", "/dev/sdg")
    return [
        {
            "DeviceName": name,
            "Ebs": {"VolumeSize": size, "VolumeType": "gp3", "DeleteOnTermination": name == names[0]},
        }
        for name, size in zip(names, sizes, strict=False)
    ]


def web_tags() -> dict[str, str]:
    """The web server's tags, one of them written by somebody who knows what chat clients render."""
    return {"Name": "web-1", "Environment": "production", "owner": "payments", "note": HOSTILE}


def launch(
    ec2: Any, net: Network, group: str, *, disks: list[dict[str, Any]], tags: dict[str, str], **more: Any
) -> str:
    """Run one instance in the first subnet; its id."""
    answer = ec2.run_instances(
        ImageId=LINUX_IMAGE,
        InstanceType="c5.large",
        KeyName=KEY_PAIR,
        MinCount=1,
        MaxCount=1,
        SubnetId=net.subnets[0],
        SecurityGroupIds=[group],
        BlockDeviceMappings=disks,
        TagSpecifications=[_tags("instance", **tags)],
        **more,
    )
    return answer["Instances"][0]["InstanceId"]


def launch_in_group(clients: Clients, net: Network, target_groups: tuple[str, ...]) -> str:
    """Let an Auto Scaling group of one (at most two) launch the web server; its id."""
    ec2, autoscaling = clients("ec2"), clients("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "ImageId": LINUX_IMAGE,
            "InstanceType": "c5.large",
            "KeyName": KEY_PAIR,
            "SecurityGroupIds": [net.web_group],
            "IamInstanceProfile": {"Name": PROFILE},
            "BlockDeviceMappings": disks(20, 100, 50),
            "TagSpecifications": [_tags("instance", **web_tags())],
        },
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateName": "web"},
        MinSize=1,
        MaxSize=2,
        DesiredCapacity=1,
        VPCZoneIdentifier=net.subnets[0],
        TargetGroupARNs=list(target_groups),
        HealthCheckType="ELB",
        HealthCheckGracePeriod=60,
    )
    members = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0][
        "Instances"
    ]
    return members[0]["InstanceId"]


def furnish(ec2: Any, net: Network, web: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the web server its second interface, addresses and volume tags; its interfaces and volumes."""
    instance = ec2.describe_instances(InstanceIds=[web])["Reservations"][0]["Instances"][0]
    first = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    made = ec2.create_network_interface(
        SubnetId=net.subnets[0],
        Groups=[net.admin_group],
        Description="administration",
        PrivateIpAddress="10.0.1.21",
    )
    second = made["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=web, DeviceIndex=1)
    ec2.assign_ipv6_addresses(NetworkInterfaceId=first, Ipv6AddressCount=1)
    address = ec2.allocate_address(Domain="vpc", Address="203.0.113.20")["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=first)
    volumes = tuple(m["Ebs"]["VolumeId"] for m in instance["BlockDeviceMappings"])
    ec2.create_tags(Resources=list(volumes), Tags=[{"Key": "Backup", "Value": "daily"}])
    return (first, second), volumes
