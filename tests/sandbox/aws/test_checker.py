"""The checker sees what was done and what was left out; the hands here are the test's own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.aws import fingerprint
from sandbox.aws.box import AwsBox
from sandbox.aws.checker import Expectation, check
from sandbox.aws.host import memory_image
from sandbox.aws.seed import Account

pytestmark = pytest.mark.emulator

Hands = Callable[[], None]
INCIDENT = {"Status": "Compromised", "ec2ir:incident": "INC-1"}


def wrong(box: AwsBox, account: Account, expected: Expectation) -> list[str]:
    return [fact.words for fact in check(box.client, account, account.web, expected) if not fact.ok]


def isolate(ec2: Any, account: Account, interfaces: tuple[str, ...]) -> None:
    group = ec2.create_security_group(GroupName="deny", Description="deny", VpcId=account.network.vpc)[
        "GroupId"
    ]
    egress = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=egress)
    for interface in interfaces:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])


def shoot(ec2: Any, account: Account) -> None:
    for snapshot in ec2.create_snapshots(InstanceSpecification={"InstanceId": account.web})["Snapshots"]:
        ec2.lock_snapshot(SnapshotId=snapshot["SnapshotId"], LockMode="governance", LockDuration=30)


def revoke(box: AwsBox, account: Account, condition: dict[str, Any]) -> None:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", **condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    box.client("iam").put_role_policy(RoleName=account.role, PolicyName="stop", PolicyDocument=policy)
    mine = [{"Name": "instance-id", "Values": [account.web]}]
    ec2 = box.client("ec2")
    for found in ec2.describe_iam_instance_profile_associations(Filters=mine)[
        "IamInstanceProfileAssociations"
    ]:
        ec2.disassociate_iam_instance_profile(AssociationId=found["AssociationId"])


def session(account: Account, *instances: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"aws:userid": [f"{account.role_id}:{i}" for i in instances]}}}


def test_isolation_needs_every_interface(box: AwsBox, ec2: Any, account: Account) -> None:
    isolate(ec2, account, account.web_interfaces[:1])
    left = wrong(box, account, Expectation(isolated=True))
    assert len(left) == 1
    assert account.network.admin_group in left[0]
    ec2.delete_tags(Resources=[account.web], Tags=[{"Key": "note"}])
    put = ec2.describe_network_interfaces(NetworkInterfaceIds=[account.web_interfaces[0]])[
        "NetworkInterfaces"
    ][0]
    closed = put["Groups"][0]["GroupId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=account.web_interfaces[1], Groups=[closed])
    assert wrong(box, account, Expectation(isolated=True)) == []


def test_isolation_with_egress_left_open_is_none(box: AwsBox, ec2: Any, account: Account) -> None:
    group = ec2.create_security_group(GroupName="half", Description="half", VpcId=account.network.vpc)[
        "GroupId"
    ]
    v4 = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[v4])
    for interface in account.web_interfaces:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    assert any("::/0" in words for words in wrong(box, account, Expectation(isolated=True)))


def test_an_interface_left_in_an_open_group_is_seen(box: AwsBox, ec2: Any, account: Account) -> None:
    group = ec2.create_security_group(GroupName="open", Description="open", VpcId=account.network.vpc)[
        "GroupId"
    ]
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[everything])
    isolate(ec2, account, account.web_interfaces)
    ec2.modify_instance_attribute(InstanceId=account.miner, Groups=[group])
    assert [w for w in wrong(box, account, Expectation(isolated=True)) if "open group" in w]


def test_one_locked_set_of_snapshots_is_right_and_two_are_not(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    assert len(wrong(box, account, Expectation(snapshots=True))) == 3
    shoot(ec2, account)
    assert wrong(box, account, Expectation(snapshots=True)) == []
    shoot(ec2, account)
    assert len(wrong(box, account, Expectation(snapshots=True))) == 3


def test_unfinished_and_unlocked_snapshots_do_not_count(box: AwsBox, ec2: Any, account: Account) -> None:
    box.controls.delays(snapshot=600)
    shoot(ec2, account)
    assert len(wrong(box, account, Expectation(snapshots=True))) == 3
    box.controls.advance(600)
    assert wrong(box, account, Expectation(snapshots=True)) == []


def test_deregistration_is_standby_and_no_target(box: AwsBox, account: Account) -> None:
    assert len(wrong(box, account, Expectation(deregistered=True))) == 3
    box.client("autoscaling").enter_standby(
        AutoScalingGroupName="web", InstanceIds=[account.web], ShouldDecrementDesiredCapacity=False
    )
    assert wrong(box, account, Expectation(deregistered=True)) == []


def test_revocation_is_of_this_session_only(box: AwsBox, account: Account) -> None:
    assert wrong(box, account, Expectation(revoked=True))
    revoke(box, account, session(account, account.web))
    assert wrong(box, account, Expectation(revoked=True)) == []
    revoke(box, account, session(account, account.web, account.bystander))
    assert wrong(box, account, Expectation(revoked=True))
    revoke(box, account, {})
    assert wrong(box, account, Expectation(revoked=True))


def test_tags_belong_on_instance_volumes_and_interfaces(box: AwsBox, ec2: Any, account: Account) -> None:
    tags = [{"Key": key, "Value": value} for key, value in INCIDENT.items()]
    ec2.create_tags(Resources=[account.web, *account.web_volumes], Tags=tags)
    assert len(wrong(box, account, Expectation(tags=INCIDENT))) == 2
    ec2.create_tags(Resources=list(account.web_interfaces), Tags=tags)
    assert wrong(box, account, Expectation(tags=INCIDENT)) == []


def test_protection_keeps_instance_and_volumes(box: AwsBox, ec2: Any, account: Account) -> None:
    assert len(wrong(box, account, Expectation(protected=True))) == 2
    ec2.modify_instance_attribute(InstanceId=account.web, DisableApiTermination={"Value": True})
    root = {"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}
    ec2.modify_instance_attribute(InstanceId=account.web, BlockDeviceMappings=[root])
    assert wrong(box, account, Expectation(protected=True)) == []


def test_a_memory_image_is_known_by_its_bytes(box: AwsBox, account: Account) -> None:
    s3 = box.client("s3")
    s3.put_object(Bucket=account.bucket, Key="notes.txt", Body=b"hello")
    assert wrong(box, account, Expectation(memory=True))
    s3.put_object(Bucket=account.bucket, Key="image.lime", Body=memory_image(account.web))
    assert wrong(box, account, Expectation(memory=True)) == []


def test_an_undone_step_is_compared_with_before(box: AwsBox, ec2: Any, account: Account) -> None:
    before = fingerprint.take(box.client, account, account.web)
    expected = Expectation(
        before=before, undone=("isolate", "protect", "tag", "revoke", "deregister", "stop")
    )
    assert wrong(box, account, expected) == []
    isolate(ec2, account, account.web_interfaces)
    revoke(box, account, session(account, account.web))
    left = wrong(box, account, expected)  # the isolated target is unhealthy too
    assert [words.split()[0] for words in left if "undone" in words] == [
        "isolate",
        "revoke",
        "deregister",
    ]


@pytest.mark.parametrize("touch", ["tag", "stop", "groups", "profile"])
def test_a_bystander_that_was_touched_is_seen(box: AwsBox, ec2: Any, account: Account, touch: str) -> None:
    before = fingerprint.take(box.client, account, account.bystander)
    quiet = check(box.client, account, account.web, Expectation(), bystanders=(before,))
    assert [fact.ok for fact in quiet] == [True]
    if touch == "tag":
        ec2.create_tags(Resources=[account.bystander], Tags=[{"Key": "Status", "Value": "Compromised"}])
    elif touch == "stop":
        ec2.stop_instances(InstanceIds=[account.bystander])
    elif touch == "groups":
        ec2.modify_instance_attribute(InstanceId=account.bystander, Groups=[account.network.dev_group])
    else:
        mine = [{"Name": "instance-id", "Values": [account.bystander]}]
        found = ec2.describe_iam_instance_profile_associations(Filters=mine)["IamInstanceProfileAssociations"]
        ec2.disassociate_iam_instance_profile(AssociationId=found[0]["AssociationId"])
    (fact,) = check(box.client, account, account.web, Expectation(), bystanders=(before,))
    assert not fact.ok
