"""Interfaces and security groups as the EC2 API reference describes them."""

from typing import Any

import pytest

from sandbox.aws.environment import LINUX_IMAGE
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


def held(ec2: Any, interface: str) -> set[str]:
    found = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    return {g["GroupId"] for g in found["Groups"]}


def shown(ec2: Any, instance: str) -> dict[str, Any]:
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def new_group(ec2: Any, account: Account, name: str = "deny") -> str:
    return ec2.create_security_group(GroupName=name, Description=name, VpcId=account.network.vpc)["GroupId"]


def test_groups_given_to_an_interface_replace_those_it_had(ec2: Any, account: Account) -> None:
    first, second = account.web_interfaces
    group = new_group(ec2, account)
    ec2.modify_network_interface_attribute(NetworkInterfaceId=first, Groups=[group])
    assert held(ec2, first) == {group}
    assert held(ec2, second) == {account.network.admin_group}
    instance = shown(ec2, account.web)
    by_id = {n["NetworkInterfaceId"]: n["Groups"] for n in instance["NetworkInterfaces"]}
    assert [g["GroupId"] for g in by_id[first]] == [group]
    assert [g["GroupId"] for g in instance["SecurityGroups"]] == [group]
    assert [g["GroupId"] for g in shown(ec2, account.bystander)["SecurityGroups"]] == [
        account.network.web_group
    ]


def test_the_secondary_interface_does_not_show_in_the_instances_groups(ec2: Any, account: Account) -> None:
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=account.web_interfaces[1], Groups=[new_group(ec2, account)]
    )
    assert [g["GroupName"] for g in shown(ec2, account.web)["SecurityGroups"]] == ["web"]


def test_several_groups_are_all_held(ec2: Any, account: Account) -> None:
    wanted = {account.network.web_group, new_group(ec2, account)}
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=account.web_interfaces[0], Groups=sorted(wanted)
    )
    assert held(ec2, account.web_interfaces[0]) == wanted


@pytest.mark.parametrize(
    ("groups", "code"),
    [
        (["sg-0123456789abcdef0"], "InvalidGroup.NotFound"),
        (["web"], "InvalidGroupId.Malformed"),
        ([f"sg-0123456789abcde{n:02}" for n in range(6)], "SecurityGroupsPerInterfaceLimitExceeded"),
    ],
)
def test_groups_that_cannot_be_held_are_refused(
    ec2: Any, account: Account, refusal: Refusal, groups: list[str], code: str
) -> None:
    interface = account.web_interfaces[0]
    before = held(ec2, interface)
    assert (
        refusal(lambda: ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=groups))
        == code
    )
    assert held(ec2, interface) == before


def test_interfaces_named_at_launch_hold_the_groups_named_with_them(ec2: Any, account: Account) -> None:
    net = account.network
    specs = [
        {"DeviceIndex": index, "SubnetId": net.subnets[0], "Groups": [held]}
        for index, held in enumerate((net.dev_group, net.admin_group))
    ]
    made = ec2.run_instances(ImageId=LINUX_IMAGE, MinCount=1, MaxCount=1, NetworkInterfaces=specs)
    instance = shown(ec2, made["Instances"][0]["InstanceId"])
    assert [g["GroupId"] for g in instance["SecurityGroups"]] == [net.dev_group]
    groups = {
        n["Attachment"]["DeviceIndex"]: n["Groups"][0]["GroupId"] for n in instance["NetworkInterfaces"]
    }
    assert groups == {0: net.dev_group, 1: net.admin_group}


def test_groups_of_an_instance_with_two_interfaces_cannot_be_set_at_once(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    group = new_group(ec2, account)
    code = refusal(lambda: ec2.modify_instance_attribute(InstanceId=account.web, Groups=[group]))
    assert code == "InvalidInstanceID"
    ec2.modify_instance_attribute(InstanceId=account.miner, Groups=[group])
    assert [g["GroupId"] for g in shown(ec2, account.miner)["NetworkInterfaces"][0]["Groups"]] == [group]


def test_a_group_in_use_cannot_be_deleted(ec2: Any, account: Account, refusal: Refusal) -> None:
    group = new_group(ec2, account)
    interface = account.web_interfaces[1]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    assert refusal(lambda: ec2.delete_security_group(GroupId=group)) == "DependencyViolation"
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[account.network.admin_group])
    ec2.delete_security_group(GroupId=group)
    gone = refusal(lambda: ec2.describe_security_groups(GroupIds=[group]))
    assert gone == "InvalidGroup.NotFound"


def test_a_group_named_by_another_groups_rule_cannot_be_deleted(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    code = refusal(lambda: ec2.delete_security_group(GroupId=account.network.balancer_group))
    assert code == "DependencyViolation"


def test_a_new_group_in_a_dual_stack_vpc_lets_everything_out_in_both_families(
    ec2: Any, account: Account
) -> None:
    group = new_group(ec2, account)
    made = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    out = made["IpPermissionsEgress"]
    assert {r["CidrIp"] for p in out for r in p["IpRanges"]} == {"0.0.0.0/0"}
    assert {r["CidrIpv6"] for p in out for r in p["Ipv6Ranges"]} == {"::/0"}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=out)
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"] == []


def test_ipv6_egress_can_be_revoked_in_a_vpc_of_ipv4_alone(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="four", Description="four", VpcId=vpc)["GroupId"]
    six = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}

    def revoke() -> Any:
        return ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[six])

    assert refusal(revoke) == "InvalidPermission.NotFound"
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[six])
    revoke()
    left = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    assert [(p["IpProtocol"], p["Ipv6Ranges"]) for p in left] == [("-1", [])]


def test_a_groups_name_is_unique_in_its_vpc(ec2: Any, account: Account, refusal: Refusal) -> None:
    new_group(ec2, account, "twice")
    assert refusal(lambda: new_group(ec2, account, "twice")) == "InvalidGroup.Duplicate"


def test_interfaces_are_found_by_any_of_several_groups(ec2: Any, account: Account) -> None:
    net = account.network
    names = [{"Name": "group-id", "Values": [net.admin_group, net.dev_group]}]
    found = ec2.describe_network_interfaces(Filters=names)["NetworkInterfaces"]
    assert {e["Attachment"]["InstanceId"] for e in found} == {account.web, account.miner}


def test_interfaces_are_found_by_instance_and_by_public_address(ec2: Any, account: Account) -> None:
    for name, value, count in (
        ("attachment.instance-id", account.web, 2),
        ("association.public-ip", "203.0.113.20", 1),
        ("status", "in-use", 4),
    ):
        found = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": [value]}])
        assert len(found["NetworkInterfaces"]) == count, name
