"""The replacement serves where the instance served, and is proved by what balancers say of its health."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace as altered

import pytest

from actions.deregister import deregister
from actions.register import Registering, register
from actions.replace import replace
from aws.instances import facts
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift
from playbook.policy import Policy, Recovery
from playbook.proof import Rung
from sandbox.aws.golden import PARAMETER
from sandbox.aws.seed import Variant
from tests.actions.scene import Scene, Step, scene

pytestmark = pytest.mark.emulator

POLICY = Policy(recovery=Recovery(golden_image=f"ssm:{PARAMETER}"))


async def replaced(variant: Variant) -> AsyncGenerator[Scene]:
    """The instance was taken out of service, and a replacement runs."""
    with scene(variant=variant, policy=POLICY) as made:
        first = await facts(made.aws, made.seeded.web)
        known = altered(made, aws=made.aws.knowing(Brief(first=first)))
        await known.step(deregister).execute()
        made.clock.advance(600)
        await known.step(replace).execute()
        yield known


@pytest.fixture
async def alone() -> AsyncGenerator[Scene]:
    async for made in replaced("targets"):
        yield made


@pytest.fixture
async def behind_classic() -> AsyncGenerator[Scene]:
    async for made in replaced("classic"):
        yield made


def health(scene: Scene, group: int) -> dict[str, str]:
    arn = scene.seeded.target_groups[group]
    found = scene.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {d["Target"]["Id"]: d["TargetHealth"]["State"] for d in found}


async def done(scene: Scene) -> tuple[Step[Registering], Registering]:
    step = scene.step(register)
    return step, await step.execute()


@pytest.mark.row("R2")
async def test_it_takes_the_places_that_the_instance_had_before_it_was_deregistered(alone: Scene) -> None:
    step, plan = await done(alone)
    web, api = {r.name: r for r in plan.registrations}["web"], {r.name: r for r in plan.registrations}["api"]
    assert (web.id, web.port, api.port) == (plan.replacement, 443, 8080)
    assert api.id.startswith("10.0.1.")
    assert health(alone, 0)[plan.replacement] == "healthy"
    assert alone.seeded.web not in health(alone, 0)
    assert (await step.verify()).rung is Rung.PROVED


async def test_health_checks_take_their_time(alone: Scene) -> None:
    alone.box.controls.delays(health=60)
    step, _ = await done(alone)
    proof = await step.verify()
    assert (proof.rung, proof.waits) == (Rung.CONFIGURED, "health checks")
    alone.clock.advance(60)
    assert (await step.verify()).rung is Rung.PROVED


async def test_an_application_that_does_not_answer_is_no_success(alone: Scene) -> None:
    step, _ = await done(alone)
    ec2, group = alone.client("ec2"), alone.seeded.network.web_group
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    proof = await step.verify()
    assert not proof.holds
    assert "unhealthy" in " ".join(proof.says)


async def test_a_classic_balancer_takes_it_too(behind_classic: Scene) -> None:
    step, plan = await done(behind_classic)
    assert plan.classics == ("web-classic",)
    assert (await step.verify()).says == ("web-classic: InService",)
    await step.undo()
    found = behind_classic.client("elb").describe_load_balancers()["LoadBalancerDescriptions"][0]["Instances"]
    assert [i["InstanceId"] for i in found] == [behind_classic.seeded.bystander]


async def test_undo_takes_back_its_registrations_and_nobody_elses(alone: Scene) -> None:
    step, plan = await done(alone)
    await step.undo()
    assert health(alone, 0) == {alone.seeded.bystander: "healthy", plan.replacement: "draining"}
    assert (await step.verify()).rung is Rung.ABSENT


async def test_undo_leaves_another_replacement_alone(alone: Scene) -> None:
    step, plan = await done(alone)
    alone.client("ec2").terminate_instances(InstanceIds=[plan.replacement])
    with pytest.raises(Drift, match="no longer the replacement"):
        await step.undo()


async def test_a_replacement_that_still_starts_can_wait(alone: Scene) -> None:
    found = await done(alone)
    alone.client("ec2").stop_instances(InstanceIds=[found[1].replacement])
    with pytest.raises(DoesNotApply, match="is stopped"):
        await alone.step(register).plan()


async def test_without_a_replacement_there_is_nothing_to_register(asg: Scene) -> None:
    first = await facts(asg.aws, asg.seeded.web)
    known = altered(asg, aws=asg.aws.knowing(Brief(first=first)))
    with pytest.raises(DoesNotApply, match="No replacement"):
        await known.step(register).plan()


async def test_twice_is_once(alone: Scene) -> None:
    step, _ = await done(alone)
    with pytest.raises(DoesNotApply, match="registered already"):
        await step.plan()


async def test_a_machine_that_only_claims_to_replace_it_is_not_taken(targets: Scene) -> None:
    first = await facts(targets.aws, targets.seeded.web)
    known = altered(targets, aws=targets.aws.knowing(Brief(first=first)))
    claim = [{"Key": "ec2ir:replaces", "Value": targets.seeded.web}]
    targets.client("ec2").create_tags(Resources=[targets.seeded.bystander], Tags=claim)
    with pytest.raises(DoesNotApply, match="No replacement"):
        await known.step(register).plan()
