"""Instance profiles as the EC2 and IAM API references describe them."""

import json
from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


def carried(ec2: Any, instance: str) -> str | None:
    seen = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return seen.get("IamInstanceProfile", {}).get("Arn")


def associations(ec2: Any, instance: str) -> list[dict[str, Any]]:
    mine = [{"Name": "instance-id", "Values": [instance]}]
    return ec2.describe_iam_instance_profile_associations(Filters=mine)["IamInstanceProfileAssociations"]


def test_what_is_associated_is_what_the_instance_carries(ec2: Any, account: Account) -> None:
    assert carried(ec2, account.web) == account.profile_arn
    (association,) = associations(ec2, account.web)
    ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    assert carried(ec2, account.web) is None
    assert associations(ec2, account.web) == []
    assert carried(ec2, account.bystander) == account.profile_arn
    ec2.associate_iam_instance_profile(
        InstanceId=account.web, IamInstanceProfile={"Arn": account.profile_arn}
    )
    assert carried(ec2, account.web) == account.profile_arn
    assert associations(ec2, account.web)[0]["State"] == "associated"


def test_the_profile_shown_is_the_profiles_own_id(box: AwsBox, ec2: Any, account: Account) -> None:
    profile = box.client("iam").get_instance_profile(InstanceProfileName=account.profile)["InstanceProfile"]
    seen = ec2.describe_instances(InstanceIds=[account.web])["Reservations"][0]["Instances"][0]
    assert seen["IamInstanceProfile"]["Id"] == profile["InstanceProfileId"]
    assert profile["Roles"][0]["RoleName"] == account.role != account.profile
    assert (profile["Path"], profile["Roles"][0]["Path"]) == ("/prod/", "/service/")


def test_replacing_shows_the_new_profile(ec2: Any, account: Account) -> None:
    (association,) = associations(ec2, account.web)
    ec2.replace_iam_instance_profile_association(
        AssociationId=association["AssociationId"], IamInstanceProfile={"Name": "dev-box"}
    )
    assert str(carried(ec2, account.web)).endswith("/dev-box")


def test_a_second_profile_and_an_unknown_one_are_refused(
    ec2: Any, account: Account, refusal: Refusal
) -> None:
    def associate(name: str) -> Any:
        return ec2.associate_iam_instance_profile(InstanceId=account.web, IamInstanceProfile={"Name": name})

    assert refusal(lambda: associate("dev-box")) == "IncorrectState"
    assert refusal(lambda: associate("nobody")) == "InvalidParameterValue"
    unknown = refusal(lambda: ec2.disassociate_iam_instance_profile(AssociationId="iip-assoc-0"))
    assert unknown == "InvalidAssociationID.NotFound"


def test_an_inline_policy_comes_and_goes(box: AwsBox, account: Account) -> None:
    iam = box.client("iam")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=account.role, PolicyName="stop", PolicyDocument=json.dumps(deny))
    assert iam.get_role_policy(RoleName=account.role, PolicyName="stop")["PolicyDocument"] == deny
    iam.delete_role_policy(RoleName=account.role, PolicyName="stop")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role_policy(RoleName=account.role, PolicyName="stop")


def test_a_service_linked_role_cannot_be_changed(box: AwsBox) -> None:
    iam = box.client("iam")
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]["RoleName"]
    with pytest.raises(iam.exceptions.UnmodifiableEntityException):
        iam.put_role_policy(
            RoleName=role,
            PolicyName="stop",
            PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}',
        )
