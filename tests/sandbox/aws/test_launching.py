"""Launches, metadata options and status checks as the EC2 API reference describes them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.golden import PARAMETER
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


def launch(ec2: Any, account: Account, *, token: str = "one", **more: Any) -> Any:
    asked: dict[str, Any] = {
        "ClientToken": token,
        "ImageId": account.golden,
        "InstanceType": "c5.large",
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": account.network.subnets[0],
    }
    return ec2.run_instances(**(asked | more))["Instances"][0]


def options(ec2: Any, instance: str) -> Any:
    found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return found["MetadataOptions"]


def test_a_token_launches_once(ec2: Any, account: Account, refusal: Refusal) -> None:
    first = launch(ec2, account)["InstanceId"]
    assert launch(ec2, account)["InstanceId"] == first
    assert launch(ec2, account, token="two")["InstanceId"] != first
    assert refusal(lambda: launch(ec2, account, InstanceType="c5.xlarge")) == "IdempotentParameterMismatch"
    ec2.terminate_instances(InstanceIds=[first])
    assert refusal(lambda: launch(ec2, account)) == "IdempotentInstanceTerminated"


def test_an_image_must_be_there(ec2: Any, account: Account, refusal: Refusal) -> None:
    assert refusal(lambda: launch(ec2, account, ImageId="ami-00000000000000000")) == "InvalidAMIID.NotFound"
    ec2.deregister_image(ImageId=account.golden)
    assert refusal(lambda: launch(ec2, account)) == "InvalidAMIID.Unavailable"


def test_what_a_mapping_of_the_root_leaves_open_comes_from_the_image(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    image = ec2.describe_images(ImageIds=[account.golden])["Images"][0]
    root = image["BlockDeviceMappings"][0]
    mapping = {"DeviceName": root["DeviceName"], "Ebs": {"Encrypted": True}}
    made = launch(ec2, account, BlockDeviceMappings=[mapping])
    volumes = [{"Name": "attachment.instance-id", "Values": [made["InstanceId"]]}]
    (volume,) = ec2.describe_volumes(Filters=volumes)["Volumes"]
    assert (volume["Size"], volume["SnapshotId"], volume["Encrypted"]) == (
        root["Ebs"]["VolumeSize"],
        root["Ebs"]["SnapshotId"],
        True,
    )
    other = [{"DeviceName": "/dev/sdz", "Ebs": {"Encrypted": True}}]
    code = refusal(lambda: launch(ec2, account, token="two", BlockDeviceMappings=other))
    assert code == "MissingParameter"


def test_the_golden_image_is_our_own_of_today_and_named_by_a_parameter(box: AwsBox, account: Account) -> None:
    ssm, ec2 = box.client("ssm"), box.client("ec2")
    named = ssm.get_parameter(Name=PARAMETER)["Parameter"]
    image = ec2.describe_images(ImageIds=[named["Value"]])["Images"][0]
    assert (image["ImageId"], image["OwnerId"], image["State"]) == (
        account.golden,
        account.account,
        "available",
    )
    public = ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    assert ec2.describe_images(ImageIds=[public["Parameter"]["Value"]])["Images"]


def test_metadata_options_hold_from_the_launch_on(ec2: Any, account: Account) -> None:
    made = launch(ec2, account, MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2})
    seen = options(ec2, made["InstanceId"])
    assert (seen["HttpTokens"], seen["HttpPutResponseHopLimit"], seen["State"]) == ("required", 2, "applied")


def test_a_change_of_metadata_options_touches_only_what_it_names_and_takes_a_moment(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    box.controls.delays(metadata=20)
    web = account.web
    ec2.modify_instance_metadata_options(InstanceId=web, HttpPutResponseHopLimit=3)
    answer = ec2.modify_instance_metadata_options(InstanceId=web, HttpTokens="required")
    assert answer["InstanceMetadataOptions"]["State"] == "pending"
    assert (options(ec2, web)["HttpPutResponseHopLimit"], options(ec2, web)["State"]) == (3, "pending")
    box.controls.advance(20)
    assert (options(ec2, web)["HttpTokens"], options(ec2, web)["State"]) == ("required", "applied")

    def change(**wanted: Any) -> str:
        return refusal(lambda: ec2.modify_instance_metadata_options(InstanceId=web, **wanted))

    assert change(HttpPutResponseHopLimit=65) == "InvalidParameterValue"
    assert change(HttpTokens="never") == "InvalidParameterValue"
    ec2.terminate_instances(InstanceIds=[web])
    assert change(HttpTokens="optional") == "IncorrectInstanceState"


def test_a_new_instance_is_pending_then_judged(box: AwsBox, ec2: Any, account: Account) -> None:
    box.controls.delays(instance=20, status=60)
    made = launch(ec2, account)["InstanceId"]

    def status(**more: Any) -> list[str]:
        found = ec2.describe_instance_status(InstanceIds=[made], **more)["InstanceStatuses"]
        return [s["InstanceStatus"]["Status"] for s in found]

    assert (status(), status(IncludeAllInstances=True)) == ([], ["not-applicable"])
    box.controls.advance(20)
    assert status() == ["initializing"]
    box.controls.advance(60)
    assert status() == ["ok"]


def test_calls_without_a_token_are_counted_until_one_is_required(
    box: AwsBox, ec2: Any, account: Account, refusal: Refusal
) -> None:
    cloudwatch = box.client("cloudwatch")
    box.controls.tokenless(account.web, 2)
    ec2.modify_instance_metadata_options(InstanceId=account.web, HttpTokens="required")
    now = ec2.describe_images(ImageIds=[account.golden])["Images"][0]["CreationDate"]

    def calls(instance: str, **more: Any) -> Any:
        asked: dict[str, Any] = {
            "Namespace": "AWS/EC2",
            "MetricName": "MetadataNoToken",
            "Dimensions": [{"Name": "InstanceId", "Value": instance}],
            "StartTime": now,
            "EndTime": now,
            "Period": 3600,
            "Statistics": ["Sum"],
        }
        return cloudwatch.get_metric_statistics(**(asked | more))["Datapoints"]

    end = datetime.fromisoformat(now)
    box.controls.advance(2 * 3600)
    window = {"StartTime": end - timedelta(hours=1), "EndTime": end + timedelta(hours=1)}
    before, after = sorted(calls(account.web, **window), key=lambda p: p["Timestamp"])
    assert before["Sum"] == pytest.approx(120, abs=1)
    assert after["Sum"] == pytest.approx(0, abs=1)
    assert {p["Sum"] for p in calls(account.bystander, **window)} == {0}
    assert calls("i-0123456789abcdef0", **window) == []
    assert refusal(lambda: calls(account.web)) == "InvalidParameterValue"
    long = {"StartTime": end - timedelta(days=90), "EndTime": end}
    assert refusal(lambda: calls(account.web, **long)) == "InvalidParameterCombination"
    assert refusal(lambda: calls(account.web, **window, Period=90)) == "InvalidParameterValue"


def test_a_new_target_is_initial_until_it_was_checked(box: AwsBox, account: Account) -> None:
    box.controls.delays(health=30)
    elbv2 = box.client("elbv2")
    group = {"TargetGroupArn": account.target_groups[1]}

    def states() -> dict[str, str]:
        found = elbv2.describe_target_health(**group)["TargetHealthDescriptions"]
        return {d["Target"]["Id"]: d["TargetHealth"]["State"] for d in found}

    elbv2.register_targets(**group, Targets=[{"Id": account.bystander}])
    assert states()[account.bystander] == "initial"
    box.controls.advance(30)
    assert states()[account.bystander] == "healthy"
