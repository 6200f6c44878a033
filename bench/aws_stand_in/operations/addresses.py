"""EC2 network interfaces, and the flow logs over them."""

from datetime import UTC, datetime

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.filters import Facts, chosen, select, tag_facts, tag_list
from bench.aws_stand_in.world import Answer, Interface, Params, World

ATTACHED = datetime(2026, 1, 1, tzinfo=UTC)
NOT_FOUND = "InvalidNetworkInterfaceID.NotFound"


def group_names(world: World, groups: list[str]) -> list[Answer]:
    """Groups as instances and interfaces show them."""
    return [{"GroupId": group, "GroupName": world.groups[group].name} for group in groups]


def shown(world: World, card: Interface, *, within_instance: bool) -> Answer:
    """An interface, alone or as a part of its instance (which names its attachment's owner itself)."""
    attachment: Answer = {
        "AttachmentId": f"eni-attach-{card.id[4:]}",
        "DeviceIndex": card.index,
        "Status": "attached",
        "AttachTime": ATTACHED,
        "DeleteOnTermination": card.index == 0,
    }
    if not within_instance:
        attachment |= {"InstanceId": card.instance_id, "InstanceOwnerId": names.ACCOUNT_ID}
    answer: Answer = {
        "NetworkInterfaceId": card.id,
        "OwnerId": names.ACCOUNT_ID,
        "Status": "in-use",
        "InterfaceType": "interface",
        "VpcId": names.VPC_ID,
        "SubnetId": names.SUBNET_ID,
        "SourceDestCheck": True,
        "PrivateIpAddress": card.ipv4,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": card.ipv4}],
        "Ipv6Addresses": [{"Ipv6Address": card.ipv6}] if card.ipv6 else [],
        "Groups": group_names(world, card.groups),
        "Attachment": attachment,
    }
    if not within_instance:
        answer |= {"AvailabilityZone": names.ZONE, "TagSet": tag_list(world.tags.get(card.id, {}))}
    return answer


def describe(world: World, params: Params) -> Answer:
    """DescribeNetworkInterfaces."""

    def facts(card: Interface) -> Facts:
        return {
            "attachment.instance-id": (card.instance_id,),
            "network-interface-id": (card.id,),
            "group-id": card.groups,
            "vpc-id": (names.VPC_ID,),
            "subnet-id": (names.SUBNET_ID,),
            **tag_facts(world.tags.get(card.id, {})),
        }

    found = select(chosen(world.interfaces, params.get("NetworkInterfaceIds"), NOT_FOUND), params, facts)
    return {"NetworkInterfaces": [shown(world, card, within_instance=False) for card in found]}


def modify_attribute(world: World, params: Params) -> Answer:
    """ModifyNetworkInterfaceAttribute, of which only the groups are kept."""
    card = chosen(world.interfaces, [params["NetworkInterfaceId"]], NOT_FOUND)[0]
    groups = params.get("Groups")
    if not groups:
        raise Refusal("InvalidParameterCombination", "Groups is the only attribute kept here")
    card.groups = [group.id for group in chosen(world.groups, groups, "InvalidGroup.NotFound")]
    return {}


def describe_flow_logs(world: World, params: Params) -> Answer:
    """DescribeFlowLogs: one over the whole VPC, or none."""
    flow_log = {
        "FlowLogId": "fl-0b0b0000000000001",
        "FlowLogStatus": "ACTIVE",
        "ResourceId": names.VPC_ID,
        "TrafficType": "ALL",
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": names.FLOW_LOG_GROUP,
        "DeliverLogsStatus": "SUCCESS",
        "MaxAggregationInterval": 60,
        "CreationTime": ATTACHED,
    }
    wanted = {"Filters": params.get("Filter")}
    kept = [flow_log] if world.config.flow_logs else []
    return {"FlowLogs": select(kept, wanted, lambda _: {"resource-id": (names.VPC_ID,)})}
