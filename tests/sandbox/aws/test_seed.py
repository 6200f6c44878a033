"""The seeded account, its findings, and many threads at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.aws import findings
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.seed import Account, Variant, seed

pytestmark = pytest.mark.emulator

AT = datetime(2026, 11, 24, 3, 4, 5, tzinfo=UTC)


def test_the_web_server_is_as_promised(box: AwsBox, ec2: Any, account: Account) -> None:
    web = ec2.describe_instances(InstanceIds=[account.web])["Reservations"][0]["Instances"][0]
    tags = {t["Key"]: t["Value"] for t in web["Tags"]}
    assert (tags["Name"], tags["Environment"], tags["owner"]) == ("web-1", "production", "payments")
    assert tags["aws:autoscaling:groupName"] == account.asg
    assert len(web["BlockDeviceMappings"]) == 3
    assert [n["Groups"][0]["GroupName"] for n in web["NetworkInterfaces"]] == ["web", "administration"]
    assert web["PublicIpAddress"] == "203.0.113.20"
    assert web["NetworkInterfaces"][0]["Ipv6Addresses"]
    rules = ec2.describe_security_groups(GroupIds=[account.network.web_group])["SecurityGroups"][0][
        "IpPermissions"
    ]
    world = {p["FromPort"] for p in rules if {"CidrIp": "0.0.0.0/0"} in p["IpRanges"]}
    assert world == {22, 443}
    assert box.client("sts").get_caller_identity()["Account"] == account.account == "111111111111"
    bucket = box.client("s3").get_object_lock_configuration(Bucket=account.bucket)
    assert bucket["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"
    assert box.client("s3").get_bucket_versioning(Bucket=account.bucket)["Status"] == "Enabled"


@pytest.mark.parametrize("variant", ["asg", "targets", "classic", "spot"])
def test_every_variant_can_be_seeded_in_any_region(variant: Variant) -> None:
    with emulated(region="eu-central-1") as box:
        account = seed(box.client, variant=variant)
        seen = box.client("ec2").describe_instances(InstanceIds=[account.web])["Reservations"][0][
            "Instances"
        ][0]
        assert seen["Placement"]["AvailabilityZone"] == "eu-central-1a"
        assert (account.asg is not None) == (variant == "asg")
        assert len(account.web_volumes) == 3


def test_a_new_box_is_empty() -> None:
    with emulated() as first:
        seed(first.client)
    with emulated() as second:
        assert "QueueUrls" not in second.client("sqs").list_queues()
        assert second.client("ec2").describe_instances()["Reservations"] == []
        assert second.client("ssm").describe_instance_information()["InstanceInformationList"] == []


def test_findings_come_out_of_the_queue_as_they_went_in(box: AwsBox, ec2: Any, account: Account) -> None:
    finding = findings.mining(ec2, account.web, at=AT)
    box.controls.put_finding(account.queue, finding)
    (message,) = box.client("sqs").receive_message(QueueUrl=account.queue_url)["Messages"]
    assert json.loads(message["Body"]) == finding
    detail = finding["detail"]
    assert (finding["source"], finding["detail-type"]) == ("aws.guardduty", "GuardDuty Finding")
    assert detail["type"] == "CryptoCurrency:EC2/BitcoinTool.B"
    named = detail["resource"]["instanceDetails"]
    assert named["instanceId"] == account.web
    assert [n["networkInterfaceId"] for n in named["networkInterfaces"]] == list(account.web_interfaces)
    assert detail["updatedAt"] == "2026-11-24T03:04:05.000Z"


def test_a_repeat_is_the_same_finding_and_a_sample_is_marked(ec2: Any, account: Account) -> None:
    first = findings.command_and_control(ec2, account.web, at=AT)
    later = findings.again(first, at=AT.replace(hour=9), count=7)
    assert later["detail"]["id"] == first["detail"]["id"]
    assert later["id"] != first["id"]
    assert (first["detail"]["service"]["count"], later["detail"]["service"]["count"]) == (1, 7)
    assert later["detail"]["updatedAt"] > first["detail"]["updatedAt"]
    example = findings.sample(first)
    assert example["detail"]["service"]["additionalInfo"]["sample"] is True
    assert example["detail"]["id"] != first["detail"]["id"]


def test_many_threads_may_call_at_once(ec2: Any, account: Account) -> None:
    tags = [f"t{n}" for n in range(64)]

    def call(name: str) -> int:
        ec2.create_tags(Resources=[account.miner], Tags=[{"Key": "shared", "Value": name}])
        return len(ec2.describe_instances(InstanceIds=[account.web])["Reservations"])

    with ThreadPoolExecutor(max_workers=32) as pool:
        assert list(pool.map(call, tags)) == [1] * len(tags)
    seen = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [account.miner]}])["Tags"]
    assert {t["Value"] for t in seen if t["Key"] == "shared"} <= set(tags)


def test_time_is_the_boxes_own_if_a_clock_is_given() -> None:
    with emulated(clock=lambda: AT) as box:
        account = seed(box.client)
        box.controls.advance(90)
        taken = box.client("ec2").create_snapshots(InstanceSpecification={"InstanceId": account.miner})[
            "Snapshots"
        ]
        assert (taken[0]["StartTime"] - AT).total_seconds() == 90


def test_an_unknown_delay_is_named(box: AwsBox) -> None:
    with pytest.raises(ValueError, match="no such delay: snapshoot; there are: command, "):
        box.controls.delays(snapshoot=3)
