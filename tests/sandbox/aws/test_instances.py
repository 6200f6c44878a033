"""Instances as the EC2 API reference and user guide describe them."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.environment import LINUX_IMAGE
from sandbox.aws.seed import Account, seed
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


def state(ec2: Any, instance: str) -> str:
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]


def value(ec2: Any, instance: str, attribute: str) -> Any:
    answer = ec2.describe_instance_attribute(InstanceId=instance, Attribute=attribute)
    return answer[attribute[0].upper() + attribute[1:]]["Value"]


def found(ec2: Any, name: str, *values: str) -> set[str]:
    answer = ec2.describe_instances(Filters=[{"Name": name, "Values": list(values)}])
    return {i["InstanceId"] for r in answer["Reservations"] for i in r["Instances"]}


@pytest.mark.parametrize("wrong", ["i-123", "web-1", "i-0123456789abcdefg", "'; drop"])
def test_a_malformed_id_is_malformed_and_not_unknown(ec2: Any, refusal: Refusal, wrong: str) -> None:
    assert refusal(lambda: ec2.describe_instances(InstanceIds=[wrong])) == "InvalidInstanceID.Malformed"


def test_an_unknown_id_is_not_found(ec2: Any, refusal: Refusal) -> None:
    code = refusal(lambda: ec2.describe_instances(InstanceIds=["i-0123456789abcdef0"]))
    assert code == "InvalidInstanceID.NotFound"


def test_instances_are_found_by_profile_interface_volume_and_lifecycle(ec2: Any, account: Account) -> None:
    siblings = {account.web, account.bystander}
    assert found(ec2, "iam-instance-profile.arn", account.profile_arn) == siblings
    assert found(ec2, "network-interface.network-interface-id", account.web_interfaces[1]) == {account.web}
    assert found(ec2, "network-interface.group-id", account.network.admin_group) == {account.web}
    assert found(ec2, "instance.group-id", account.network.web_group) == siblings
    assert found(ec2, "block-device-mapping.volume-id", account.web_volumes[2]) == {account.web}
    assert found(ec2, "tag:Name", "web-*") == siblings
    assert found(ec2, "instance-lifecycle", "spot") == set()


def test_protection_set_at_launch_is_enforced(ec2: Any, refusal: Refusal) -> None:
    made = ec2.run_instances(
        ImageId=LINUX_IMAGE, MinCount=1, MaxCount=1, DisableApiTermination=True, DisableApiStop=True
    )
    instance = made["Instances"][0]["InstanceId"]
    assert value(ec2, instance, "disableApiTermination") is True
    assert refusal(lambda: ec2.terminate_instances(InstanceIds=[instance])) == "OperationNotPermitted"
    assert refusal(lambda: ec2.stop_instances(InstanceIds=[instance])) == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiStop={"Value": False})
    ec2.terminate_instances(InstanceIds=[instance])
    assert state(ec2, instance) == "terminated"


def test_each_attribute_is_set_alone_and_read_back(ec2: Any, account: Account, refusal: Refusal) -> None:
    web = account.web
    ec2.modify_instance_attribute(InstanceId=web, DisableApiTermination={"Value": True})
    ec2.modify_instance_attribute(InstanceId=web, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    assert value(ec2, web, "disableApiTermination") is True
    assert value(ec2, web, "instanceInitiatedShutdownBehavior") == "terminate"
    both = refusal(
        lambda: ec2.modify_instance_attribute(
            InstanceId=web, DisableApiStop={"Value": True}, DisableApiTermination={"Value": True}
        )
    )
    assert both == "InvalidParameterCombination"
    assert value(ec2, web, "disableApiStop") is False
    assert (
        refusal(
            lambda: ec2.modify_instance_attribute(
                InstanceId=web, InstanceInitiatedShutdownBehavior={"Value": "hibernate"}
            )
        )
        == "InvalidParameterValue"
    )


def test_spot_instances_refuse_termination_protection(box: AwsBox, ec2: Any, refusal: Refusal) -> None:
    spot = seed(box.client, variant="spot").web
    listed = ec2.describe_instances(InstanceIds=[spot])["Reservations"][0]["Instances"][0]
    assert listed["InstanceLifecycle"] == "spot"
    code = refusal(
        lambda: ec2.modify_instance_attribute(InstanceId=spot, DisableApiTermination={"Value": True})
    )
    assert code == "UnsupportedOperation"


def test_delete_on_termination_is_one_flag_seen_from_instance_and_volume(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    def seen(volume: str) -> tuple[bool, bool]:
        instance = ec2.describe_instances(InstanceIds=[account.web])["Reservations"][0]["Instances"][0]
        mapped = {
            m["Ebs"]["VolumeId"]: m["Ebs"]["DeleteOnTermination"] for m in instance["BlockDeviceMappings"]
        }
        attached = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"][0]
        return mapped[volume], attached["DeleteOnTermination"]

    root, data = account.web_volumes[:2]
    assert (seen(root), seen(data)) == ((True, True), (False, False))

    def keep(device: str) -> None:
        mapping = {"DeviceName": device, "Ebs": {"DeleteOnTermination": False}}
        ec2.modify_instance_attribute(InstanceId=account.web, BlockDeviceMappings=[mapping])

    keep("/dev/sda1")
    assert seen(root) == (False, False)
    assert refusal(lambda: keep("/dev/xvdz")) == "InvalidInstanceAttributeValue"


def test_an_attached_volume_cannot_be_attached_again(ec2: Any, account: Account, refusal: Refusal) -> None:
    code = refusal(
        lambda: ec2.attach_volume(
            VolumeId=account.web_volumes[1], InstanceId=account.miner, Device="/dev/sdh"
        )
    )
    assert code == "VolumeInUse"


def test_stop_and_start_pass_through_their_transitions(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    box.controls.delays(instance=30)
    miner = account.miner
    change = ec2.stop_instances(InstanceIds=[miner])["StoppingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    assert state(ec2, miner) == "stopping"
    assert refusal(lambda: ec2.start_instances(InstanceIds=[miner])) == "IncorrectInstanceState"
    box.controls.advance(30)
    assert state(ec2, miner) == "stopped"
    change = ec2.start_instances(InstanceIds=[miner])["StartingInstances"][0]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("stopped", "pending")
    assert state(ec2, miner) == "pending"
    box.controls.advance(30)
    assert state(ec2, miner) == "running"


def test_an_operation_that_is_not_emulated_is_refused_at_once(
    box: AwsBox, account: Account, refusal: Refusal
) -> None:
    assert (
        refusal(lambda: box.client("ec2").get_console_screenshot(InstanceId=account.web)) == "InvalidAction"
    )
    assert refusal(lambda: box.client("ssm").describe_available_patches()) == "InvalidAction"
    assert refusal(lambda: box.client("health").describe_events()) == "InvalidAction"
    assert (
        refusal(lambda: box.client("guardduty").list_coverage(DetectorId="5ec2a1c0ffee")) == "InvalidAction"
    )


def test_each_answer_has_a_request_id_of_its_own(ec2: Any) -> None:
    answers = [ec2.describe_vpcs() for _ in range(3)]
    assert len({answer["ResponseMetadata"]["RequestId"] for answer in answers}) == 3


def test_what_does_not_exist_cannot_be_tagged(ec2: Any, refusal: Refusal) -> None:
    def tag(thing: str) -> Any:
        return ec2.create_tags(Resources=[thing], Tags=[{"Key": "Status", "Value": "Compromised"}])

    assert refusal(lambda: tag("i-0123456789abcdef0")) == "InvalidInstanceID.NotFound"
    assert refusal(lambda: tag("eni-0123456789abcdef0")) == "InvalidNetworkInterfaceID.NotFound"
    assert refusal(lambda: tag("vol-0123456789abcdef0")) == "InvalidVolume.NotFound"
    assert refusal(lambda: tag("snap-0123456789abcdef0")) == "InvalidSnapshot.NotFound"


def test_a_tag_is_deleted_only_with_the_value_it_has(ec2: Any, account: Account) -> None:
    def values() -> list[str]:
        names = [{"Name": "resource-id", "Values": [account.miner]}, {"Name": "key", "Values": ["owner"]}]
        return [t["Value"] for t in ec2.describe_tags(Filters=names)["Tags"]]

    ec2.delete_tags(Resources=[account.miner], Tags=[{"Key": "owner", "Value": "payments"}])
    assert values() == ["platform"]
    ec2.delete_tags(Resources=[account.miner], Tags=[{"Key": "owner", "Value": "platform"}])
    assert values() == []


def test_dry_runs_change_nothing(ec2: Any, account: Account) -> None:
    with pytest.raises(ec2.exceptions.ClientError, match="DryRunOperation"):
        ec2.modify_instance_attribute(
            InstanceId=account.web, DisableApiTermination={"Value": True}, DryRun=True
        )
    with pytest.raises(ec2.exceptions.ClientError, match="DryRunOperation"):
        ec2.create_snapshots(InstanceSpecification={"InstanceId": account.web}, DryRun=True)
    assert value(ec2, account.web, "disableApiTermination") is False
    volumes = [{"Name": "volume-id", "Values": list(account.web_volumes)}]
    assert ec2.describe_snapshots(OwnerIds=["self"], Filters=volumes)["Snapshots"] == []
