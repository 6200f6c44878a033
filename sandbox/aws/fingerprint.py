"""What an instance looks like from outside at one moment, read with boto3, to be compared later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sandbox.aws.seed import Account

Clients = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """An instance's state, part by part; two are equal if nothing was touched."""

    instance: str
    state: str
    groups: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, str]
    profile: str | None
    volumes: Mapping[str, bool]
    volume_tags: Mapping[str, Mapping[str, str]]
    attributes: Mapping[str, str]
    targets: Mapping[str, tuple[str, ...]]
    classic: tuple[str, ...]
    lifecycle: str | None

    def differences(self, later: "Fingerprint") -> tuple[str, ...]:
        """What is not the same later, in words; empty if nothing changed."""
        names = [
            field.name for field in fields(self) if getattr(self, field.name) != getattr(later, field.name)
        ]
        return tuple(f"{n}: {getattr(self, n)} became {getattr(later, n)}" for n in names)


ATTRIBUTES = {
    "disableApiTermination": "DisableApiTermination",
    "disableApiStop": "DisableApiStop",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
}


def tags_of(thing: dict[str, Any]) -> dict[str, str]:
    """A resource's tags as a mapping."""
    return {t["Key"]: t["Value"] for t in thing.get("Tags", [])}


def interfaces_of(ec2: Any, instance: str) -> list[dict[str, Any]]:
    """The interfaces attached to an instance."""
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"]


def volumes_of(ec2: Any, instance: str) -> list[dict[str, Any]]:
    """The EBS volumes attached to an instance."""
    mine = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return ec2.describe_volumes(Filters=mine)["Volumes"]


def targets_of(clients: Clients, account: Account, instance: str) -> dict[str, tuple[str, ...]]:
    """By target group, the states of this instance's targets (its id, or an address of its interfaces)."""
    ids = {instance} | {
        address["PrivateIpAddress"]
        for eni in interfaces_of(clients("ec2"), instance)
        for address in eni["PrivateIpAddresses"]
    }
    found: dict[str, tuple[str, ...]] = {}
    for arn in account.target_groups:
        health = clients("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        found[arn] = tuple(sorted(h["TargetHealth"]["State"] for h in health if h["Target"]["Id"] in ids))
    return found


def classic_of(clients: Clients, account: Account, instance: str) -> tuple[str, ...]:
    """The classic balancers that send to this instance."""
    if account.classic is None:
        return ()
    listed = clients("elb").describe_load_balancers(LoadBalancerNames=[account.classic])
    balancers = listed["LoadBalancerDescriptions"]
    return tuple(
        b["LoadBalancerName"] for b in balancers if instance in {i["InstanceId"] for i in b["Instances"]}
    )


def lifecycle_of(clients: Clients, instance: str) -> str | None:
    """The instance's lifecycle state in its Auto Scaling group, or None."""
    rows = clients("autoscaling").describe_auto_scaling_instances(InstanceIds=[instance])
    return next((row["LifecycleState"] for row in rows["AutoScalingInstances"]), None)


def attributes_of(ec2: Any, instance: str) -> dict[str, str]:
    """Protection and shutdown behaviour."""
    return {
        name: str(ec2.describe_instance_attribute(InstanceId=instance, Attribute=name)[member]["Value"])
        for name, member in ATTRIBUTES.items()
    }


def take(clients: Clients, account: Account, instance: str) -> Fingerprint:
    """Look at the instance now."""
    ec2 = clients("ec2")
    seen = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    disks = volumes_of(ec2, instance)
    return Fingerprint(
        instance=instance,
        state=seen["State"]["Name"],
        groups={
            eni["NetworkInterfaceId"]: tuple(sorted(g["GroupId"] for g in eni["Groups"]))
            for eni in interfaces_of(ec2, instance)
        },
        tags=tags_of(seen),
        profile=seen.get("IamInstanceProfile", {}).get("Arn"),
        volumes={v["VolumeId"]: v["Attachments"][0]["DeleteOnTermination"] for v in disks},
        volume_tags={v["VolumeId"]: tags_of(v) for v in disks},
        attributes=attributes_of(ec2, instance),
        targets=targets_of(clients, account, instance),
        classic=classic_of(clients, account, instance),
        lifecycle=lifecycle_of(clients, instance),
    )
