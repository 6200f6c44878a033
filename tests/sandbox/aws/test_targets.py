"""Targets of load balancers as the Elastic Load Balancing API references describe them."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account, seed
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


@pytest.fixture
def elbv2(box: AwsBox) -> Any:
    return box.client("elbv2")


def health(elbv2: Any, arn: str, **asked: Any) -> dict[tuple[str, int], tuple[str, str | None]]:
    rows = elbv2.describe_target_health(TargetGroupArn=arn, **asked)["TargetHealthDescriptions"]
    return {
        (r["Target"]["Id"], r["Target"]["Port"]): (
            r["TargetHealth"]["State"],
            r["TargetHealth"].get("Reason"),
        )
        for r in rows
    }


def test_a_target_drains_for_the_groups_delay_and_is_then_gone(
    box: AwsBox, elbv2: Any, account: Account
) -> None:
    arn, target = account.target_groups[0], {"Id": account.bystander}
    key = (account.bystander, 443)
    assert health(elbv2, arn)[key] == ("healthy", None)
    elbv2.deregister_targets(TargetGroupArn=arn, Targets=[target])
    assert health(elbv2, arn)[key] == ("draining", "Target.DeregistrationInProgress")
    box.controls.advance(301)
    assert key not in health(elbv2, arn)
    assert health(elbv2, arn, Targets=[target])[key] == ("unused", "Target.NotRegistered")
    elbv2.register_targets(TargetGroupArn=arn, Targets=[target])
    assert health(elbv2, arn)[key] == ("healthy", None)


def test_registering_a_draining_target_brings_it_back(elbv2: Any, account: Account) -> None:
    arn, target = account.target_groups[0], {"Id": account.bystander}
    elbv2.deregister_targets(TargetGroupArn=arn, Targets=[target])
    elbv2.register_targets(TargetGroupArn=arn, Targets=[target])
    assert health(elbv2, arn)[account.bystander, 443] == ("healthy", None)


def test_one_id_under_two_ports_is_two_targets(elbv2: Any, account: Account) -> None:
    arn = account.target_groups[0]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": account.bystander, "Port": 8443}])
    elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": account.bystander}])
    seen = health(elbv2, arn)
    assert seen[account.bystander, 443][0] == "draining"
    assert seen[account.bystander, 8443][0] in {"healthy", "unhealthy"}


def test_deregistering_what_is_not_there_succeeds(elbv2: Any, account: Account) -> None:
    before = health(elbv2, account.target_groups[0])
    elbv2.deregister_targets(TargetGroupArn=account.target_groups[0], Targets=[{"Id": account.miner}])
    assert health(elbv2, account.target_groups[0]) == before


def test_targets_that_do_not_exist_run_or_fit_are_refused(
    elbv2: Any, ec2: Any, account: Account, refusal: Refusal
) -> None:
    def register(target: str) -> Any:
        return elbv2.register_targets(TargetGroupArn=account.target_groups[0], Targets=[{"Id": target}])

    assert refusal(lambda: register("i-0123456789abcdef0")) == "InvalidTarget"
    assert refusal(lambda: register("10.0.1.21")) == "ValidationError"
    ec2.stop_instances(InstanceIds=[account.miner])
    assert refusal(lambda: register(account.miner)) == "InvalidTarget"


def test_a_stopped_target_is_unused_and_an_isolated_one_unhealthy(
    elbv2: Any, ec2: Any, account: Account
) -> None:
    arn = account.target_groups[0]
    closed = ec2.create_security_group(GroupName="deny", Description="deny", VpcId=account.network.vpc)[
        "GroupId"
    ]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=account.web_interfaces[0], Groups=[closed])
    assert health(elbv2, arn)[account.web, 443] == ("unhealthy", "Target.Timeout")
    ec2.stop_instances(InstanceIds=[account.bystander])
    assert health(elbv2, arn)[account.bystander, 443] == ("unused", "Target.InvalidState")


def test_a_group_without_a_balancer_is_not_in_use(elbv2: Any, account: Account) -> None:
    made = elbv2.create_target_group(Name="idle", Protocol="HTTP", Port=80, VpcId=account.network.vpc)
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": account.bystander}])
    assert health(elbv2, arn)[account.bystander, 80] == ("unused", "Target.NotInUse")


def test_targets_may_be_addresses(box: AwsBox, elbv2: Any, refusal: Refusal) -> None:
    account = seed(box.client, variant="targets")
    by_instance, by_address = account.target_groups
    assert health(elbv2, by_instance)[account.web, 443] == ("healthy", None)
    assert health(elbv2, by_address) == {("10.0.1.21", 8080): ("healthy", None)}
    wrong = refusal(lambda: elbv2.register_targets(TargetGroupArn=by_address, Targets=[{"Id": account.web}]))
    assert wrong == "ValidationError"
    assert account.asg is None


def test_classic_balancers_take_and_lose_instances(box: AwsBox, refusal: Refusal) -> None:
    account, elb = seed(box.client, variant="classic"), box.client("elb")

    def members() -> set[str]:
        listed = elb.describe_load_balancers(LoadBalancerNames=[account.classic])["LoadBalancerDescriptions"]
        return {i["InstanceId"] for i in listed[0]["Instances"]}

    def call(name: str, instance: str) -> Any:
        return getattr(elb, name)(LoadBalancerName=account.classic, Instances=[{"InstanceId": instance}])

    assert members() == {account.web, account.bystander}
    call("deregister_instances_from_load_balancer", account.web)
    assert members() == {account.bystander}
    call("register_instances_with_load_balancer", account.web)
    call("register_instances_with_load_balancer", account.web)
    listed = elb.describe_load_balancers(LoadBalancerNames=[account.classic])["LoadBalancerDescriptions"]
    assert len(listed[0]["Instances"]) == 2
    unknown = refusal(lambda: call("register_instances_with_load_balancer", "i-0123456789abcdef0"))
    assert unknown == "InvalidInstance"
