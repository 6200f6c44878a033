"""EC2 instances and their volumes."""

from datetime import UTC, datetime

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.filters import Facts, chosen, select, tag_facts, tag_list
from bench.aws_stand_in.operations.addresses import group_names, shown
from bench.aws_stand_in.world import Answer, Association, Instance, Params, Volume, World

LAUNCHED = datetime(2026, 1, 1, tzinfo=UTC)
KIND = "m7i.large"
STATE_CODES = {"running": 16, "stopped": 80}
NOT_FOUND = "InvalidInstanceID.NotFound"


def profile_of(world: World, instance_id: str) -> Association | None:
    """The instance's profile association."""
    return next((a for a in world.associations.values() if a.instance_id == instance_id), None)


def disks_of(world: World, instance_id: str) -> list[Volume]:
    """The instance's volumes."""
    return [volume for volume in world.volumes.values() if volume.instance_id == instance_id]


def describe(world: World, params: Params) -> Answer:
    """DescribeInstances."""

    def facts(instance: Instance) -> Facts:
        association = profile_of(world, instance.id)
        return {
            "instance-id": (instance.id,),
            "instance-state-name": (instance.state,),
            "vpc-id": (names.VPC_ID,),
            "iam-instance-profile.arn": (association.profile_arn,) if association else (),
            **tag_facts(world.tags.get(instance.id, {})),
        }

    found = select(chosen(world.instances, params.get("InstanceIds"), NOT_FOUND), params, facts)
    reservation = {"OwnerId": names.ACCOUNT_ID, "ReservationId": "r-0b0b0000000000001"}
    return {"Reservations": [reservation | {"Instances": [one(world, instance)]} for instance in found]}


def one(world: World, instance: Instance) -> Answer:
    """An instance as DescribeInstances shows it."""
    cards = sorted(
        (card for card in world.interfaces.values() if card.instance_id == instance.id),
        key=lambda card: card.index,
    )
    association = profile_of(world, instance.id)
    answer: Answer = {
        "InstanceId": instance.id,
        "ImageId": names.IMAGE_ID,
        "InstanceType": KIND,
        "LaunchTime": LAUNCHED,
        "State": state(instance.state),
        "Placement": {"AvailabilityZone": names.ZONE, "Tenancy": "default"},
        "VpcId": names.VPC_ID,
        "SubnetId": names.SUBNET_ID,
        "PrivateIpAddress": cards[0].ipv4,
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "RootDeviceType": "ebs",
        "MetadataOptions": {"State": "applied", "HttpTokens": "optional", "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [mapping(volume) for volume in disks_of(world, instance.id)],
        "NetworkInterfaces": [shown(world, card, within_instance=True) for card in cards],
        "SecurityGroups": group_names(world, cards[0].groups),
        "Tags": tag_list(world.tags.get(instance.id, {})),
    }
    if association:
        answer["IamInstanceProfile"] = {"Arn": association.profile_arn, "Id": "AIPAB0B00000000000001"}
    return answer


def state(name: str) -> Answer:
    """An instance state with its code."""
    return {"Code": STATE_CODES[name], "Name": name}


def mapping(volume: Volume) -> Answer:
    """A block device of an instance."""
    ebs = {"VolumeId": volume.id, "Status": "attached", "DeleteOnTermination": volume.delete_on_termination}
    return {"DeviceName": volume.device, "Ebs": ebs | {"AttachTime": LAUNCHED}}


def known(world: World, instance_id: str) -> Instance:
    """The instance, or AWS's refusal."""
    return chosen(world.instances, [instance_id], NOT_FOUND)[0]


def describe_attribute(world: World, params: Params) -> Answer:
    """DescribeInstanceAttribute."""
    instance = known(world, params["InstanceId"])
    answers: dict[str, Answer] = {
        "disableApiTermination": {"DisableApiTermination": {"Value": instance.disable_api_termination}},
        "disableApiStop": {"DisableApiStop": {"Value": instance.disable_api_stop}},
        "instanceInitiatedShutdownBehavior": {
            "InstanceInitiatedShutdownBehavior": {"Value": instance.shutdown_behavior}
        },
        "blockDeviceMapping": {"BlockDeviceMappings": [mapping(v) for v in disks_of(world, instance.id)]},
    }
    answer = answers.get(params["Attribute"])
    if answer is None:
        raise Refusal("InvalidParameterValue", f"The attribute {params['Attribute']} is not kept here")
    return {"InstanceId": instance.id} | answer


def modify_attribute(world: World, params: Params) -> Answer:
    """ModifyInstanceAttribute: one attribute a call, and no groups where there are several interfaces."""
    instance = known(world, params["InstanceId"])
    attributes = set(params) - {"InstanceId", "Attribute", "Value", "DryRun"}
    if len(attributes) > 1:
        raise Refusal("InvalidParameterCombination", "Fields for multiple attribute types specified")
    for attribute in attributes:
        change_attribute(world, instance, attribute, params[attribute])
    if "Attribute" in params:
        change_attribute(world, instance, params["Attribute"], {"Value": params.get("Value")})
    return {}


def change_attribute(world: World, instance: Instance, attribute: str, value: Answer | list[Answer]) -> None:
    """Set one attribute."""
    match attribute, value:
        case (("DisableApiTermination" | "disableApiTermination"), {"Value": setting}):
            instance.disable_api_termination = setting in (True, "true")
        case (("DisableApiStop" | "disableApiStop"), {"Value": setting}):
            instance.disable_api_stop = setting in (True, "true")
        case (
            ("InstanceInitiatedShutdownBehavior" | "instanceInitiatedShutdownBehavior"),
            {"Value": setting},
        ):
            instance.shutdown_behavior = str(setting)
        case "BlockDeviceMappings", list(mappings):
            change_disks(world, instance, mappings)
        case "Groups", list(groups):
            change_groups(world, instance, [str(group) for group in groups])
        case _:
            raise Refusal("InvalidParameterValue", f"The attribute {attribute} is not kept here")


def change_disks(world: World, instance: Instance, mappings: list[Answer]) -> None:
    """Set DeleteOnTermination by device name."""
    disks = {volume.device: volume for volume in disks_of(world, instance.id)}
    for entry in mappings:
        volume = disks.get(entry["DeviceName"])
        if volume is None:
            raise Refusal("InvalidInstanceAttributeValue", f"No device {entry['DeviceName']} is attached")
        volume.delete_on_termination = entry["Ebs"]["DeleteOnTermination"]


def change_groups(world: World, instance: Instance, groups: list[str]) -> None:
    """Set the groups of the only interface."""
    cards = [card for card in world.interfaces.values() if card.instance_id == instance.id]
    if len(cards) > 1:
        message = "There are multiple interfaces attached to the instance; specify an interface ID instead."
        raise Refusal("InvalidInstanceID", message)
    cards[0].groups = groups


def stop(world: World, params: Params) -> Answer:
    """StopInstances; the stop is over at once."""
    instances = chosen(world.instances, params["InstanceIds"], NOT_FOUND)
    for instance in instances:
        if instance.disable_api_stop:
            message = (
                f"The instance '{instance.id}' may not be stopped. Modify its 'disableApiStop' attribute"
            )
            raise Refusal("OperationNotPermitted", message)
    return {"StoppingInstances": [moved(instance, "stopped") for instance in instances]}


def start(world: World, params: Params) -> Answer:
    """StartInstances; the start is over at once."""
    instances = chosen(world.instances, params["InstanceIds"], NOT_FOUND)
    return {"StartingInstances": [moved(instance, "running") for instance in instances]}


def moved(instance: Instance, to: str) -> Answer:
    """Change the state and show the change."""
    before, instance.state = instance.state, to
    return {"InstanceId": instance.id, "PreviousState": state(before), "CurrentState": state(to)}


def describe_types(world: World, params: Params) -> Answer:
    """DescribeInstanceTypes: none of them has an instance store."""
    del world
    kinds = params.get("InstanceTypes") or [KIND]
    return {"InstanceTypes": [{"InstanceType": kind, "InstanceStorageSupported": False} for kind in kinds]}


def describe_volumes(world: World, params: Params) -> Answer:
    """DescribeVolumes."""

    def facts(volume: Volume) -> Facts:
        return {
            "attachment.instance-id": (volume.instance_id,),
            "attachment.device": (volume.device,),
            "volume-id": (volume.id,),
            **tag_facts(world.tags.get(volume.id, {})),
        }

    found = select(chosen(world.volumes, params.get("VolumeIds"), "InvalidVolume.NotFound"), params, facts)
    return {"Volumes": [one_volume(world, volume) for volume in found]}


def one_volume(world: World, volume: Volume) -> Answer:
    """A volume as DescribeVolumes shows it."""
    attachment = {
        "InstanceId": volume.instance_id,
        "VolumeId": volume.id,
        "Device": volume.device,
        "State": "attached",
        "AttachTime": LAUNCHED,
        "DeleteOnTermination": volume.delete_on_termination,
    }
    return {
        "VolumeId": volume.id,
        "Size": 8,
        "State": "in-use",
        "VolumeType": "gp3",
        "Encrypted": False,
        "AvailabilityZone": names.ZONE,
        "CreateTime": LAUNCHED,
        "Attachments": [attachment],
        "Tags": tag_list(world.tags.get(volume.id, {})),
    }
