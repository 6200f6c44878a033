"""What the page shows of the account, and the faults that it orders, over HTTP as the demo asks for them."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.box import AwsBox, started
from sandbox.aws.seed import Account, seed

pytestmark = [pytest.mark.emulator, pytest.mark.process]

DENY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
)


@pytest.fixture(scope="module")
def server() -> Generator[AwsBox]:
    with started() as made:
        yield made


@pytest.fixture(scope="module")
def seeded(server: AwsBox) -> Account:
    return seed(server.client)


def got(server: AwsBox, path: str) -> dict[str, Any]:
    with urlopen(f"{server.endpoint_url}/sandbox/{path}") as answer:
        return json.load(answer)


def shown(server: AwsBox, instance: str) -> dict[str, str]:
    cards = got(server, "truth")["instances"]
    return dict(next(card for card in cards if card["key"] == instance)["rows"])


def changes_since(server: AwsBox, number: int) -> list[tuple[str, int]]:
    return [(each["operation"], each["status"]) for each in got(server, f"calls?after={number}")["changes"]]


def test_an_instance_is_shown_as_it_is_and_as_it_becomes(server: AwsBox, seeded: Account) -> None:
    before = shown(server, seeded.web)
    assert before["State"] == "running"
    assert (before["eth0 groups"], before["eth1 groups"]) == ("web", "administration")
    assert (before["Target web:443"], before["Auto Scaling web"]) == ("healthy", "InService")
    assert (before["Profile"], before["Metadata"]) == ("web-instances", "IMDSv1 allowed")

    ec2, elbv2 = server.client("ec2"), server.client("elbv2")
    snapshot = ec2.create_snapshot(VolumeId=seeded.web_volumes[0])["SnapshotId"]
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=30)
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=seeded.web_interfaces[0], Groups=[seeded.network.dev_group]
    )
    ec2.modify_instance_attribute(InstanceId=seeded.web, DisableApiTermination={"Value": True})
    ec2.create_tags(Resources=[seeded.web], Tags=[{"Key": "Status", "Value": "Compromised"}])
    ec2.modify_instance_metadata_options(InstanceId=seeded.web, HttpTokens="required")
    elbv2.deregister_targets(TargetGroupArn=seeded.target_groups[0], Targets=[{"Id": seeded.web}])

    after = shown(server, seeded.web)
    assert after["eth0 groups"] == "dev"
    assert after["Target web:443"] == "draining"
    assert after["Snapshot /dev/sda1"] == "completed, locked (governance)"
    assert (after["Protection"], after["Tag Status"], after["Metadata"]) == (
        "from termination",
        "Compromised",
        "IMDSv2 only",
    )


def test_roles_and_what_the_network_denies_are_shown(server: AwsBox, seeded: Account) -> None:
    server.client("iam").put_role_policy(RoleName=seeded.role, PolicyName="deny", PolicyDocument=DENY)
    acl = server.client("ec2").describe_network_acls(
        Filters=[{"Name": "vpc-id", "Values": [seeded.network.vpc]}]
    )["NetworkAcls"][0]["NetworkAclId"]
    server.client("ec2").create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=5, Protocol="6", RuleAction="deny", Egress=True,
        CidrBlock="198.51.100.7/32", PortRange={"From": 3333, "To": 3333},
    )  # fmt: skip
    roles, network = (dict(card["rows"]) for card in got(server, "truth")["account"])
    assert "deny" in roles[seeded.role]
    assert network[f"{acl} rule 5 out"] == "deny 198.51.100.7/32 port 3333"


def test_looking_makes_no_call_and_only_changes_are_listed(server: AwsBox, seeded: Account) -> None:
    number = got(server, "calls")["made"]
    got(server, "truth")
    assert got(server, "calls")["made"] == number
    ec2 = server.client("ec2")
    ec2.describe_instances(InstanceIds=[seeded.web])
    ec2.create_tags(Resources=[seeded.web], Tags=[{"Key": "a", "Value": "b"}])
    with pytest.raises(ClientError):
        ec2.delete_snapshot(SnapshotId="snap-00000000000000000")
    assert changes_since(server, number) == [("CreateTags", 200), ("DeleteSnapshot", 400)]


def test_a_throttled_call_is_refused_as_ec2_does_and_comes_through_when_repeated(
    server: AwsBox, seeded: Account
) -> None:
    number = got(server, "calls")["made"]
    server.controls.call("faults", {"throttle": 1})
    server.client("ec2").create_tags(Resources=[seeded.web], Tags=[{"Key": "c", "Value": "d"}])
    assert changes_since(server, number) == [("CreateTags", 503), ("CreateTags", 200)]


def test_a_lost_answer_leaves_the_work_done(server: AwsBox, seeded: Account) -> None:
    number = got(server, "calls")["made"]
    server.controls.call("faults", {"lose": 1})
    server.client("ec2").create_tags(Resources=[seeded.web], Tags=[{"Key": "e", "Value": "f"}])
    assert changes_since(server, number) == [("CreateTags", 200), ("CreateTags", 200)]
    assert shown(server, seeded.web)["Tag e"] == "f"
