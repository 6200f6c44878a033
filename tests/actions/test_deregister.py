from __future__ import annotations

import pytest

from actions.deregister import deregister
from playbook.errors import DoesNotApply, Drift
from playbook.plan import fingerprint
from playbook.proof import Rung
from tests.actions.scene import Scene
from tests.fakes.gate import OpenGate

pytestmark = pytest.mark.emulator


def lifecycle(scene: Scene) -> str:
    found = scene.client("autoscaling").describe_auto_scaling_instances(InstanceIds=[scene.seeded.web])
    return found["AutoScalingInstances"][0]["LifecycleState"]


def health(scene: Scene, group: str) -> dict[str, str]:
    found = scene.client("elbv2").describe_target_health(TargetGroupArn=group)
    return {d["Target"]["Id"]: d["TargetHealth"]["State"] for d in found["TargetHealthDescriptions"]}


@pytest.mark.row("C3")
async def test_a_scaled_instance_goes_on_standby_and_its_group_takes_care_of_the_balancers(
    asg: Scene,
) -> None:
    step = asg.step(deregister)
    plan = await step.plan()
    assert (plan.group, plan.lifecycle, len(plan.registrations)) == ("web", "InService", 2)
    assert plan.own == ()

    run = asg.run()
    await step.execute(run)

    assert lifecycle(asg) == "Standby"
    assert isinstance(run.gate, OpenGate)
    assert run.gate.opened


async def test_standby_that_takes_long_holds_nobody_up_once_it_began(asg: Scene) -> None:
    asg.box.controls.delays(standby=300)
    step = asg.step(deregister)
    await step.plan()
    run = asg.run()
    await step.execute(run)

    assert lifecycle(asg) == "EnteringStandby"
    assert asg.clock.paused == []
    proof = await step.verify()
    assert proof.rung is Rung.CONFIGURED
    assert proof.again is not None
    assert proof.says[0] == "entering standby in web"


async def test_draining_is_waited_for_and_then_proved(asg: Scene) -> None:
    step = asg.step(deregister)
    await step.execute()

    draining = await step.verify()
    assert draining.rung is Rung.CONFIGURED
    assert draining.waits == "connections drain until 2026-03-02 12:05:00 UTC"
    assert draining.again is not None

    asg.clock.advance(301)
    assert (await step.verify()).rung is Rung.PROVED


async def test_a_registration_that_the_group_does_not_know_is_taken_out_by_hand(asg: Scene) -> None:
    elbv2 = asg.client("elbv2")
    extra = elbv2.create_target_group(
        Name="by-hand", Protocol="HTTP", Port=9000, VpcId=asg.seeded.network.vpc, TargetType="instance"
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=extra, Targets=[{"Id": asg.seeded.web, "Port": 9001}])
    step = asg.step(deregister)
    plan = await step.execute()
    assert [(r.name, r.port) for r in plan.own] == [("by-hand", 9001)]
    asg.clock.advance(301)
    assert (await step.verify()).rung is Rung.PROVED

    await step.undo()
    again = await step.plan()
    assert fingerprint(again) == fingerprint(plan)


async def test_undo_puts_it_back_into_service_beside_its_replacement(asg: Scene) -> None:
    step = asg.step(deregister)
    plan = await step.execute()
    assert "then wants 2 instances instead of 1" in plan.show().undo
    await step.undo()

    assert lifecycle(asg) == "InService"
    group = asg.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert (group["DesiredCapacity"], group["MaxSize"]) == (2, 2)
    assert fingerprint(await step.plan()) == fingerprint(plan)


async def test_undo_raises_the_maximum_when_the_plan_said_so(asg: Scene) -> None:
    asg.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=1)
    step = asg.step(deregister)
    plan = await step.execute()
    assert "its maximum is raised from 1 to 2, and stays so" in plan.show().undo
    await step.undo()

    assert lifecycle(asg) == "InService"
    group = asg.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert (group["DesiredCapacity"], group["MaxSize"]) == (2, 2)


async def test_undo_leaves_a_maximum_alone_that_the_plan_did_not_speak_of(asg: Scene) -> None:
    step = asg.step(deregister)
    await step.execute()
    asg.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=1)

    with pytest.raises(Drift, match="grew to its maximum of 1"):
        await step.undo()
    group = asg.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
    assert (group["MaxSize"], lifecycle(asg)) == (1, "Standby")


async def test_an_instance_that_left_its_group_is_drift_both_ways(asg: Scene) -> None:
    step = asg.step(deregister)
    await step.plan()
    asg.client("autoscaling").detach_instances(
        InstanceIds=[asg.seeded.web], AutoScalingGroupName="web", ShouldDecrementDesiredCapacity=False
    )
    with pytest.raises(Drift, match="is in no Auto Scaling group now"):
        await step.execute()
    with pytest.raises(Drift, match="left web"):
        await step.undo()


async def test_an_ip_target_on_a_second_interface_is_found_and_comes_back_exactly(targets: Scene) -> None:
    web, api = targets.seeded.target_groups
    step = targets.step(deregister)
    plan = await step.execute()
    assert [(r.name, r.id) for r in plan.registrations] == [("api", "10.0.1.21"), ("web", targets.seeded.web)]
    assert health(targets, api) == {"10.0.1.21": "draining"}
    assert health(targets, web)[targets.seeded.bystander] == "healthy"

    targets.clock.advance(301)
    assert (await step.verify()).rung is Rung.PROVED
    await step.undo()
    assert fingerprint(await step.plan()) == fingerprint(plan)
    assert (await step.verify()).rung is Rung.ABSENT


async def test_a_target_group_that_was_deleted_is_drift_for_undo_and_nothing_is_registered(
    targets: Scene,
) -> None:
    web, api = targets.seeded.target_groups
    step = targets.step(deregister)
    await step.execute()
    elbv2 = targets.client("elbv2")
    for listener in elbv2.describe_listeners(
        LoadBalancerArn=elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    )["Listeners"]:
        elbv2.delete_listener(ListenerArn=listener["ListenerArn"])
    elbv2.delete_target_group(TargetGroupArn=api)

    with pytest.raises(Drift, match="was deleted since"):
        await step.undo()
    assert health(targets, web).get(targets.seeded.web) == "draining"


async def test_a_classic_balancer_lets_go_of_it_and_takes_it_back(classic: Scene) -> None:
    step = classic.step(deregister)
    plan = await step.execute()
    assert [c.name for c in plan.classics] == ["web-classic"]

    def held() -> set[str]:
        found = classic.client("elb").describe_load_balancers(LoadBalancerNames=["web-classic"])
        return {i["InstanceId"] for i in found["LoadBalancerDescriptions"][0]["Instances"]}

    assert held() == {classic.seeded.bystander}
    assert (await step.verify()).rung is Rung.PROVED
    await step.undo()
    assert held() == {classic.seeded.bystander, classic.seeded.web}


async def test_what_serves_nobody_has_nothing_to_deregister(classic: Scene) -> None:
    await classic.step(deregister).execute()
    with pytest.raises(DoesNotApply, match="serves nobody"):
        await classic.step(deregister).plan()


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("eks:cluster-name", "EKS (blue) manages this instance"),
        ("kubernetes.io/cluster/blue", "Kubernetes (blue) manages this instance"),
        ("AmazonECSManaged", "ECS (blue) manages this instance"),
    ],
)
async def test_controllers_that_replace_instances_are_named(classic: Scene, tag: str, words: str) -> None:
    classic.client("ec2").create_tags(Resources=[classic.seeded.web], Tags=[{"Key": tag, "Value": "blue"}])
    plan = await classic.step(deregister).plan()
    assert plan.show().warnings[0].startswith(words)
