"""Instance refreshes as the EC2 Auto Scaling API reference and user guide describe them."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


@pytest.fixture
def autoscaling(box: AwsBox, account: Account) -> Any:
    """Its group has three members."""
    client = box.client("autoscaling")
    client.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=4, DesiredCapacity=3)
    return client


def members(autoscaling: Any) -> set[str]:
    group = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0]
    return {each["InstanceId"] for each in group["Instances"]}


def start(autoscaling: Any, **preferences: Any) -> str:
    answer = autoscaling.start_instance_refresh(
        AutoScalingGroupName="web", Preferences={"InstanceWarmup": 60, **preferences}
    )
    return answer["InstanceRefreshId"]


def seen(autoscaling: Any) -> tuple[str, int, int]:
    """The latest refresh: status, percentage, instances left."""
    latest = autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"][0]
    return latest["Status"], latest["PercentageComplete"], latest["InstancesToUpdate"]


def test_members_are_replaced_one_by_one_as_they_warm_up(box: AwsBox, autoscaling: Any) -> None:
    before = members(autoscaling)
    start(autoscaling)
    assert seen(autoscaling) == ("InProgress", 0, 3)
    assert len(before & members(autoscaling)) == 2
    box.controls.advance(59)
    assert seen(autoscaling) == ("InProgress", 0, 3)
    box.controls.advance(1)
    assert seen(autoscaling) == ("InProgress", 33, 2)
    assert len(before & members(autoscaling)) == 1
    box.controls.advance(60)
    box.controls.advance(60)
    assert seen(autoscaling) == ("Successful", 100, 0)
    assert len(members(autoscaling)) == 3
    assert not before & members(autoscaling)


def test_the_minimum_of_healthy_members_sets_the_pace(box: AwsBox, autoscaling: Any) -> None:
    before = members(autoscaling)
    start(autoscaling, MinHealthyPercentage=0)
    assert seen(autoscaling) == ("InProgress", 0, 3)
    assert not before & members(autoscaling)
    box.controls.advance(60)
    assert seen(autoscaling) == ("Successful", 100, 0)


def test_one_refresh_at_a_time_which_can_be_cancelled(
    box: AwsBox, autoscaling: Any, refusal: Refusal
) -> None:
    def cancel(**named: Any) -> Any:
        return autoscaling.cancel_instance_refresh(AutoScalingGroupName="web", **named)

    assert refusal(cancel) == "ActiveInstanceRefreshNotFound"
    first = start(autoscaling)
    assert refusal(lambda: start(autoscaling)) == "InstanceRefreshInProgress"
    kept = members(autoscaling)
    assert cancel()["InstanceRefreshId"] == first
    assert seen(autoscaling)[0] == "Cancelling"
    box.controls.advance(60)
    assert seen(autoscaling) == ("Cancelled", 33, 2)
    assert members(autoscaling) == kept
    second = start(autoscaling)
    cancel(WaitForTransitioningInstances=False)
    assert seen(autoscaling)[0] == "Cancelled"
    listed = autoscaling.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"]
    assert [each["InstanceRefreshId"] for each in listed] == [second, first]


@pytest.mark.parametrize(
    ("standby", "after", "stays"),
    [("Wait", "Failed", True), ("Ignore", "Successful", True), ("Terminate", "Successful", False)],
)
def test_a_member_on_standby_is_waited_for_an_hour_unless_told_otherwise(
    box: AwsBox, autoscaling: Any, account: Account, standby: str, after: str, stays: bool
) -> None:
    autoscaling.enter_standby(
        AutoScalingGroupName="web", InstanceIds=[account.web], ShouldDecrementDesiredCapacity=True
    )
    start(autoscaling, MinHealthyPercentage=0, StandbyInstances=standby)
    for _ in range(3):
        box.controls.advance(60)
    assert seen(autoscaling)[0] == ("InProgress" if standby == "Wait" else "Successful")
    box.controls.advance(3_600)
    assert seen(autoscaling)[0] == after
    assert (account.web in members(autoscaling)) is stays


def test_unknown_groups_and_what_is_not_emulated_are_refused(autoscaling: Any, refusal: Refusal) -> None:
    unknown = {"AutoScalingGroupName": "nobody"}
    for call in (
        lambda: autoscaling.start_instance_refresh(**unknown),
        lambda: autoscaling.describe_instance_refreshes(**unknown),
        lambda: autoscaling.cancel_instance_refresh(**unknown),
        lambda: start(autoscaling, MinHealthyPercentage=101),
    ):
        assert refusal(call) == "ValidationError"
    assert refusal(lambda: start(autoscaling, CheckpointPercentages=[50, 100])) == "InvalidAction"
