"""What happens in the account besides ec2ir: before a plan is made, or behind a finished step's back."""

from __future__ import annotations

import json
from typing import Any

from sandbox.aws.environment import LINUX_IMAGE
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


def take_profile_off(world: World, instance: str) -> None:
    """As after `revoke`: the instance has no profile any more."""
    ec2 = world.client("ec2")
    mine = [{"Name": "instance-id", "Values": [instance]}]
    for found in ec2.describe_iam_instance_profile_associations(Filters=mine)[
        "IamInstanceProfileAssociations"
    ]:
        ec2.disassociate_iam_instance_profile(AssociationId=found["AssociationId"])


def keep_evidence(world: World, instance: str) -> None:
    """As after `protect` and `snapshot`: protected, every volume in a completed and locked snapshot."""
    lock(world, instance)
    earlier_snapshot(world, instance)
    ec2 = world.client("ec2")
    for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        ec2.lock_snapshot(SnapshotId=snapshot["SnapshotId"], LockMode="governance", LockDuration=30)


def user_with_keys(world: World, instance: str) -> None:
    """A user for the build, with two active keys."""
    iam = world.client("iam")
    iam.create_user(UserName="build", Path="/ci/")
    for _ in range(2):
        iam.create_access_key(UserName="build")


def delete_keys(world: World, instance: str) -> None:
    iam = world.client("iam")
    for key in iam.list_access_keys(UserName="build")["AccessKeyMetadata"][:1]:
        iam.delete_access_key(UserName="build", AccessKeyId=key["AccessKeyId"])


def tag_key_pair(world: World, instance: str) -> None:
    ec2 = world.client("ec2")
    pair = ec2.describe_key_pairs()["KeyPairs"][0]["KeyPairId"]
    ec2.create_tags(Resources=[pair], Tags=[{"Key": "owner", "Value": "operations"}])


def exchange_key_pair(world: World, instance: str) -> None:
    """Another key gets the name of the instance's."""
    ec2 = world.client("ec2")
    found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    ec2.delete_key_pair(KeyName=found["KeyName"])
    ec2.create_key_pair(KeyName=found["KeyName"], KeyType="ed25519")


def _open(world: World, *ranges: dict[str, str], first: int, last: int, group: str = "", **more: Any) -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": first,
        "ToPort": last,
        "IpRanges": [r for r in ranges if "CidrIp" in r],
        "Ipv6Ranges": [r for r in ranges if "CidrIpv6" in r],
    }
    world.client("ec2").authorize_security_group_ingress(
        GroupId=group or world.seeded.network.web_group, IpPermissions=[permission], **more
    )


def open_wide(world: World, instance: str) -> None:
    """Both addresses, a range of ports, a description, a tag, and a prefix list that holds everything."""
    ec2 = world.client("ec2")
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "ticket", "Value": "OPS-7"}]}]
    _open(world, {"CidrIpv6": "::/0", "Description": "from home"}, first=20, last=30, TagSpecifications=tags)
    _open(world, {"CidrIp": "0.0.0.0/0", "Description": "vendor"}, first=3389, last=3389)
    listed = ec2.create_managed_prefix_list(
        PrefixListName="everybody", Entries=[{"Cidr": "0.0.0.0/0"}], MaxEntries=2, AddressFamily="IPv4"
    )["PrefixList"]["PrefixListId"]
    ec2.authorize_security_group_ingress(
        GroupId=world.seeded.network.web_group,
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "PrefixListIds": [{"PrefixListId": listed}],
            }
        ],
    )


def reopen(world: World, instance: str) -> None:
    """Somebody opens SSH to the world again, for a reason of their own."""
    _open(world, {"CidrIp": "0.0.0.0/0", "Description": "needed for the audit"}, first=22, last=22)


def rewrite_first_rule(world: World, instance: str) -> None:
    """Rule 1 outbound of the list that guards the instance is somebody else's now."""
    ec2 = world.client("ec2")
    subnet = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["SubnetId"]
    guards = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])
    acl = guards["NetworkAcls"][0]
    rule: dict[str, Any] = {"NetworkAclId": acl["NetworkAclId"], "RuleNumber": 1, "Egress": True}
    if any(e["RuleNumber"] == 1 and e["Egress"] for e in acl["Entries"]):
        ec2.delete_network_acl_entry(**rule)
    ec2.create_network_acl_entry(**rule, Protocol="-1", RuleAction="deny", CidrBlock="192.0.2.0/24")


def slow_firewall(world: World, instance: str) -> None:
    world.box.controls.delays(firewall=45)


def add_domain(world: World, instance: str) -> None:
    """Somebody uses the list that a step made for a domain of their own."""
    resolver = world.client("route53resolver")
    listed = resolver.list_firewall_domain_lists()["FirewallDomainLists"][0]["Id"]
    resolver.update_firewall_domains(FirewallDomainListId=listed, Operation="ADD", Domains=["ads.example"])


def associate_group(world: World, instance: str) -> None:
    """Another rule group gets the first place at the VPC."""
    resolver = world.client("route53resolver")
    group = resolver.create_firewall_rule_group(CreatorRequestId="theirs", Name="theirs")
    resolver.associate_firewall_rule_group(
        CreatorRequestId="theirs-too",
        FirewallRuleGroupId=group["FirewallRuleGroup"]["Id"],
        VpcId=world.seeded.network.vpc,
        Priority=101,
        Name="theirs",
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
        _open(world, {"CidrIp": "0.0.0.0/0"}, first=22, last=22, group=group)
        ec2.modify_network_interface_attribute(
            NetworkInterfaceId=interface["NetworkInterfaceId"], Groups=[group]
        )


def terminate(world: World, instance: str) -> None:
    world.client("ec2").modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    world.client("ec2").terminate_instances(InstanceIds=[instance])


def _marked(kind: str, **tags: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


def evidence(world: World, instance: str, run: str = "run-0") -> None:
    """The instance's volumes were snapshotted for this incident."""
    tags = {"ec2ir:incident": INCIDENT, "ec2ir:run": run, "ec2ir:instance": instance}
    ec2 = world.client("ec2")
    devices = {v["VolumeId"]: v["Attachments"][0]["Device"] for v in _volumes(world, instance)}
    taken = ec2.create_snapshots(
        InstanceSpecification={"InstanceId": instance}, TagSpecifications=_marked("snapshot", **tags)
    )
    for one in taken["Snapshots"]:
        ec2.create_tags(
            Resources=[one["SnapshotId"]], Tags=[{"Key": "ec2ir:device", "Value": devices[one["VolumeId"]]}]
        )


def newer_evidence(world: World, instance: str) -> None:
    """A minute later they were snapshotted again."""
    world.advance(60)
    evidence(world, instance, "run-9")


def evidence_of_the_gone(world: World, instance: str) -> None:
    """The instance was snapshotted, and terminated since: nobody knows its image any more."""
    evidence(world, instance)
    terminate(world, instance)


def slow_lab(world: World, instance: str) -> None:
    """There is evidence, and machines and volumes take a while."""
    evidence(world, instance)
    slow_instances(world, instance)


def forensic_instance(world: World, instance: str) -> None:
    """One was built on the evidence: a volume of each snapshot and one of the image's, attached to a machine."""
    evidence(world, instance)
    ec2, place = world.client("ec2"), world.policy.forensics
    subnet = ec2.describe_subnets(SubnetIds=[place.subnet])["Subnets"][0]
    marks = {"ec2ir:incident": INCIDENT, "ec2ir:lab": instance, "ec2ir:run": "run-0"}
    group = ec2.create_security_group(
        GroupName=f"ec2ir-lab-{INCIDENT}-{instance}", Description="-", VpcId=subnet["VpcId"]
    )["GroupId"]
    machine = ec2.run_instances(
        ImageId=LINUX_IMAGE,
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": place.instance_profile},
        NetworkInterfaces=[
            {
                "DeviceIndex": 0,
                "SubnetId": place.subnet,
                "Groups": [group],
                "AssociatePublicIpAddress": False,
                "DeleteOnTermination": True,
            }
        ],
        TagSpecifications=_marked("instance", **marks),
    )["Instances"][0]["InstanceId"]
    image = ec2.describe_images(ImageIds=[LINUX_IMAGE])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]
    mine = [{"Name": "tag:ec2ir:instance", "Values": [instance]}]
    taken = ec2.describe_snapshots(OwnerIds=["self"], Filters=mine)["Snapshots"]
    taken = [s["SnapshotId"] for s in sorted(taken, key=lambda s: s["VolumeSize"])]
    for device, snapshot in zip("fghijk", [*taken, image["SnapshotId"]], strict=False):
        baseline = {"ec2ir:baseline": LINUX_IMAGE} if snapshot == image["SnapshotId"] else {}
        tags = marks | baseline | {"ec2ir:snapshot": snapshot}
        made = ec2.create_volume(
            AvailabilityZone=subnet["AvailabilityZone"],
            SnapshotId=snapshot,
            TagSpecifications=_marked("volume", **tags),
        )["VolumeId"]
        ec2.attach_volume(VolumeId=made, InstanceId=machine, Device=f"/dev/sd{device}")


def slow_analysis(world: World, instance: str) -> None:
    """There is a forensic instance, and what is run on it lasts longer than the walk."""
    forensic_instance(world, instance)
    slow_commands(world, instance)


def _labs(world: World) -> list[str]:
    mine = [{"Name": "tag-key", "Values": ["ec2ir:lab"]}]
    found = world.client("ec2").describe_instances(Filters=mine)["Reservations"]
    return [i["InstanceId"] for r in found for i in r["Instances"]]


def lose_lab(world: World, instance: str) -> None:
    """Somebody terminates the forensic instance."""
    world.client("ec2").terminate_instances(InstanceIds=_labs(world))


def lost_lab(world: World, instance: str) -> None:
    """There was a forensic instance, and somebody terminated it: its volumes are left."""
    forensic_instance(world, instance)
    lose_lab(world, instance)


def protect_lab(world: World, instance: str) -> None:
    """Somebody wants to keep the forensic instance, and protects it."""
    for machine in _labs(world):
        world.client("ec2").modify_instance_attribute(
            InstanceId=machine, DisableApiTermination={"Value": True}
        )
