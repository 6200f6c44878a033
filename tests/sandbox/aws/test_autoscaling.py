"""Standby as the EC2 Auto Scaling API reference and user guide describe it."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


@pytest.fixture
def autoscaling(box: AwsBox) -> Any:
    return box.client("autoscaling")


def group(autoscaling: Any) -> dict[str, Any]:
    return autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]


def lifecycle(autoscaling: Any, instance: str) -> str:
    rows = autoscaling.describe_auto_scaling_instances(InstanceIds=[instance])["AutoScalingInstances"]
    return rows[0]["LifecycleState"]


def enter(autoscaling: Any, instance: str, *, decrement: bool) -> Any:
    return autoscaling.enter_standby(
        AutoScalingGroupName="web", InstanceIds=[instance], ShouldDecrementDesiredCapacity=decrement
    )


def leave(autoscaling: Any, instance: str) -> Any:
    return autoscaling.exit_standby(AutoScalingGroupName="web", InstanceIds=[instance])


def states(box: AwsBox, arn: str, instance: str) -> list[str]:
    health = box.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [h["TargetHealth"]["State"] for h in health if h["Target"]["Id"] == instance]


def test_standby_takes_a_moment(box: AwsBox, autoscaling: Any, account: Account) -> None:
    box.controls.delays(standby=20)
    enter(autoscaling, account.web, decrement=False)
    assert lifecycle(autoscaling, account.web) == "EnteringStandby"
    box.controls.advance(20)
    assert lifecycle(autoscaling, account.web) == "Standby"


def test_without_decrementing_a_replacement_is_launched(
    box: AwsBox, autoscaling: Any, ec2: Any, account: Account
) -> None:
    enter(autoscaling, account.web, decrement=False)
    after = group(autoscaling)
    assert after["DesiredCapacity"] == 1
    fresh = [i["InstanceId"] for i in after["Instances"] if i["InstanceId"] != account.web]
    assert len(fresh) == 1
    assert lifecycle(autoscaling, fresh[0]) == "InService"
    launched = ec2.describe_instances(InstanceIds=fresh)["Reservations"][0]["Instances"][0]
    assert launched["IamInstanceProfile"]["Arn"] == account.profile_arn
    for arn in account.target_groups:
        assert states(box, arn, account.web) == ["draining"]
        assert states(box, arn, fresh[0]) == ["healthy"]


def test_decrementing_below_the_minimum_is_refused(
    autoscaling: Any, account: Account, refusal: Refusal
) -> None:
    assert refusal(lambda: enter(autoscaling, account.web, decrement=True)) == "ValidationError"
    assert lifecycle(autoscaling, account.web) == "InService"
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=0)
    enter(autoscaling, account.web, decrement=True)
    assert group(autoscaling)["DesiredCapacity"] == 0
    assert [i["InstanceId"] for i in group(autoscaling)["Instances"]] == [account.web]


def test_leaving_standby_raises_the_capacity_and_registers_again(
    box: AwsBox, autoscaling: Any, account: Account
) -> None:
    enter(autoscaling, account.web, decrement=False)
    leave(autoscaling, account.web)
    assert lifecycle(autoscaling, account.web) == "InService"
    assert group(autoscaling)["DesiredCapacity"] == 2
    for arn in account.target_groups:
        assert states(box, arn, account.web) == ["healthy"]


def test_leaving_standby_above_the_maximum_is_refused(
    autoscaling: Any, account: Account, refusal: Refusal
) -> None:
    enter(autoscaling, account.web, decrement=False)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=1)
    assert lifecycle(autoscaling, account.web) == "Standby"
    assert refusal(lambda: leave(autoscaling, account.web)) == "ValidationError"
    assert lifecycle(autoscaling, account.web) == "Standby"


def test_scaling_in_never_takes_an_instance_on_standby(autoscaling: Any, ec2: Any, account: Account) -> None:
    enter(autoscaling, account.web, decrement=False)
    autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=0, DesiredCapacity=0)
    assert [i["InstanceId"] for i in group(autoscaling)["Instances"]] == [account.web]
    seen = ec2.describe_instances(InstanceIds=[account.web])["Reservations"][0]["Instances"][0]
    assert seen["State"]["Name"] == "running"


def test_an_isolated_member_is_terminated_and_replaced_unless_it_is_on_standby(
    box: AwsBox, autoscaling: Any, ec2: Any, account: Account
) -> None:
    box.controls.health_checks()
    ec2.modify_instance_attribute(InstanceId=account.web, DisableApiTermination={"Value": True})
    closed = ec2.create_security_group(GroupName="deny", Description="deny", VpcId=account.network.vpc)[
        "GroupId"
    ]
    box.controls.tick()
    assert [i["InstanceId"] for i in group(autoscaling)["Instances"]] == [account.web]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=account.web_interfaces[0], Groups=[closed])
    box.controls.tick()
    (fresh,) = [i["InstanceId"] for i in group(autoscaling)["Instances"]]
    assert fresh != account.web
    enter(autoscaling, fresh, decrement=False)
    ec2.modify_instance_attribute(InstanceId=fresh, Groups=[closed])
    box.controls.tick()
    assert lifecycle(autoscaling, fresh) == "Standby"
    states = {
        i["InstanceId"]: i["State"]["Name"]
        for r in ec2.describe_instances(InstanceIds=[account.web, fresh])["Reservations"]
        for i in r["Instances"]
    }
    assert states == {account.web: "terminated", fresh: "running"}


def test_new_sizes_pull_the_capacity_along_without_counting_standby(
    autoscaling: Any, account: Account, refusal: Refusal
) -> None:
    def resize(**sizes: int) -> int:
        autoscaling.update_auto_scaling_group(AutoScalingGroupName="web", **sizes)
        return group(autoscaling)["DesiredCapacity"]

    enter(autoscaling, account.web, decrement=False)
    assert resize(MaxSize=3) == 1
    assert resize(MinSize=2) == 2
    assert len(group(autoscaling)["Instances"]) == 3
    assert resize(MinSize=1, MaxSize=1) == 1
    assert lifecycle(autoscaling, account.web) == "Standby"
    assert refusal(lambda: resize(MinSize=2)) == "ValidationError"
    assert refusal(lambda: resize(DesiredCapacity=2)) == "ValidationError"


def test_only_members_in_the_right_state_move(autoscaling: Any, account: Account, refusal: Refusal) -> None:
    assert refusal(lambda: enter(autoscaling, account.bystander, decrement=False)) == "ValidationError"
    assert refusal(lambda: leave(autoscaling, account.web)) == "ValidationError"
    enter(autoscaling, account.web, decrement=False)
    assert refusal(lambda: enter(autoscaling, account.web, decrement=False)) == "ValidationError"
