"""What holds a thing keeps it, and what does not exist gives nothing: EC2, STS and EventBridge."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


@pytest.fixture
def address(ec2: Any, account: Account) -> str:
    """An elastic address at the web server's second interface; its allocation id."""
    made = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=made, NetworkInterfaceId=account.web_interfaces[1])
    return made


def found(ec2: Any, name: str, value: str) -> dict[str, dict[str, Any]]:
    """Addresses that such a filter finds, by allocation id."""
    answer = ec2.describe_addresses(Filters=[{"Name": name, "Values": [value]}])
    return {each["AllocationId"]: each for each in answer["Addresses"]}


def test_an_address_is_found_by_the_instance_behind_its_interface(
    ec2: Any, account: Account, address: str
) -> None:
    assert found(ec2, "instance-id", account.web)[address]["InstanceId"] == account.web
    assert address not in found(ec2, "instance-id", account.miner)
    assert address in found(ec2, "network-interface-owner-id", account.account)
    assert found(ec2, "network-interface-owner-id", "999999999999") == {}


def test_an_address_in_use_is_not_released(
    ec2: Any, account: Account, address: str, refusal: Refusal
) -> None:
    assert refusal(lambda: ec2.release_address(AllocationId=address)) == "InvalidIPAddress.InUse"
    held = found(ec2, "instance-id", account.web)[address]
    ec2.disassociate_address(AssociationId=held["AssociationId"])
    ec2.release_address(AllocationId=address)
    assert address not in {each.get("AllocationId") for each in ec2.describe_addresses()["Addresses"]}


def test_interfaces_and_subnets_in_use_are_not_deleted(ec2: Any, account: Account, refusal: Refusal) -> None:
    net, attached = account.network, account.web_interfaces[1]
    deletion = refusal(lambda: ec2.delete_network_interface(NetworkInterfaceId=attached))
    assert deletion == "InvalidNetworkInterface.InUse"
    assert refusal(lambda: ec2.delete_subnet(SubnetId=net.subnets[0])) == "DependencyViolation"
    fresh = ec2.create_subnet(VpcId=net.vpc, CidrBlock="10.0.200.0/24")["Subnet"]["SubnetId"]
    loose = ec2.create_network_interface(SubnetId=fresh)["NetworkInterface"]["NetworkInterfaceId"]
    assert refusal(lambda: ec2.delete_subnet(SubnetId=fresh)) == "DependencyViolation"
    ec2.delete_network_interface(NetworkInterfaceId=loose)
    ec2.delete_subnet(SubnetId=fresh)


def test_a_volume_in_use_is_not_deleted(ec2: Any, account: Account, refusal: Refusal) -> None:
    held = [{"Name": "attachment.instance-id", "Values": [account.miner]}]
    volume = ec2.describe_volumes(Filters=held)["Volumes"][0]["VolumeId"]
    assert refusal(lambda: ec2.delete_volume(VolumeId=volume)) == "VolumeInUse"


@pytest.mark.parametrize(
    "change",
    [
        f"{verb}_security_group_{direction}"
        for verb in ("authorize", "revoke")
        for direction in ("ingress", "egress")
    ],
)
def test_rules_of_an_unknown_group_are_refused(
    ec2: Any, account: Account, refusal: Refusal, change: str
) -> None:
    unknown = "sg-0123456789abcdef0"
    to_all = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "192.0.2.1/32"}]}
    call = getattr(ec2, change)
    assert refusal(lambda: call(GroupId=unknown, IpPermissions=[to_all])) == "InvalidGroup.NotFound"
    if change.startswith("authorize"):
        named = {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "UserIdGroupPairs": [{"GroupId": unknown}],
        }
        held = account.network.web_group
        assert refusal(lambda: call(GroupId=held, IpPermissions=[named])) == "InvalidGroup.NotFound"


def test_only_a_role_that_exists_is_assumed(box: AwsBox, account: Account) -> None:
    sts = box.client("sts")
    arn = f"arn:aws:iam::{account.account}:role/nobody"
    with pytest.raises(ClientError) as refused:
        sts.assume_role(RoleArn=arn, RoleSessionName="ana")
    answer: Any = refused.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDenied", 403)
    box.client("iam").create_role(RoleName="nobody", AssumeRolePolicyDocument="{}")
    given = sts.assume_role(RoleArn=arn, RoleSessionName="ana", SourceIdentity="ana@example")
    assert given["SourceIdentity"] == "ana@example"
    assert given["AssumedRoleUser"]["Arn"].endswith(":assumed-role/nobody/ana")


def test_nobody_speaks_for_a_service_of_aws(box: AwsBox) -> None:
    def entry(source: str) -> dict[str, str]:
        return {"Source": source, "DetailType": "Something happened", "Detail": json.dumps({"a": 1})}

    events = box.client("events")
    answer = events.put_events(Entries=[entry("shop.orders"), entry("aws.ec2"), entry("shop.stock")])
    assert answer["FailedEntryCount"] == 1
    assert [e.get("ErrorCode") for e in answer["Entries"]] == [None, "NotAuthorizedForSourceException", None]
    assert answer["Entries"][0]["EventId"] != answer["Entries"][2]["EventId"]
