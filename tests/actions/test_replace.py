"""The replacement: started only from something clean, in the place that the instance first had."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace as altered
from typing import Any

import pytest

from actions.instance import tags_of
from actions.isolate import isolate
from actions.replace import Launching, replace
from aws.instances import facts
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift
from playbook.policy import Policy, Recovery
from playbook.proof import Rung
from sandbox.aws.environment import LINUX_IMAGE
from sandbox.aws.golden import PARAMETER
from sandbox.aws.seed import Variant
from tests.actions.scene import Scene, Step, scene

pytestmark = pytest.mark.emulator

BY_PARAMETER = Recovery(golden_image=f"ssm:{PARAMETER}")


@contextmanager
def recovering(recovery: Recovery = BY_PARAMETER, variant: Variant = "targets") -> Generator[Scene]:
    with scene(variant=variant, policy=Policy(recovery=recovery)) as made:
        yield made


async def opened(made: Scene) -> Scene:
    """The scene once the incident has opened."""
    first = await facts(made.aws, made.seeded.web)
    return altered(made, aws=made.aws.knowing(Brief(first=first)))


async def planned(made: Scene) -> Launching:
    return await (await opened(made)).step(replace).plan()


def warnings(plan: Launching) -> str:
    return " ".join(plan.show().warnings)


def launched(made: Scene) -> Any:
    filters = [{"Name": "tag:ec2ir:replaces", "Values": [made.seeded.web]}]
    found = made.client("ec2").describe_instances(Filters=filters)["Reservations"]
    (instance,) = (i for r in found for i in r["Instances"])
    return instance


async def _done(made: Scene) -> Step[Launching]:
    step = (await opened(made)).step(replace)
    await step.execute()
    return step


@pytest.mark.row("R1")
async def test_it_is_hardened_marked_and_in_the_same_place() -> None:
    with recovering() as made:
        step = await _done(made)
        instance = launched(made)
        assert (await step.verify()).rung is Rung.PROVED
        seeded = made.seeded
        assert instance["ImageId"] == seeded.golden
        assert instance["MetadataOptions"]["HttpTokens"] == "required"
        assert "KeyName" not in instance
        assert instance["SubnetId"] == seeded.network.subnets[0]
        assert [g["GroupId"] for g in instance["SecurityGroups"]] == [seeded.network.web_group]
        assert instance["IamInstanceProfile"]["Arn"] == seeded.profile_arn
        assert tags_of(instance) == {
            "Name": "web-1",
            "Environment": "production",
            "owner": "payments",
            "ec2ir:replaces": seeded.web,
            "ec2ir:incident": "inc-7",
            "ec2ir:run": "run-1",
        }
        volumes = [{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}]
        (root,) = made.client("ec2").describe_volumes(Filters=volumes)["Volumes"]
        assert root["Encrypted"]


@pytest.mark.row("E2")
async def test_it_is_started_from_the_golden_image_that_the_settings_name() -> None:
    with recovering(variant="classic") as made:
        step = await _done(made)
        assert launched(made)["ImageId"] == made.seeded.golden
        assert (await step.verify()).rung is Rung.PROVED


async def test_isolation_does_not_follow_into_the_replacement() -> None:
    with recovering() as made:
        known = await opened(made)
        await known.step(isolate).execute()
        assert (await known.step(replace).plan()).groups == (made.seeded.network.web_group,)


async def test_an_instance_that_was_isolated_when_the_incident_opened_has_no_groups_to_go_by() -> None:
    with recovering() as made:
        await made.step(isolate).execute()
        with pytest.raises(DoesNotApply, match="isolated when the incident opened"):
            await planned(made)


async def test_without_a_golden_image_it_says_where_to_name_one() -> None:
    with recovering(Recovery()) as made, pytest.raises(DoesNotApply, match="golden_image"):
        await planned(made)


async def test_what_the_instance_was_must_be_known() -> None:
    with recovering() as made, pytest.raises(DoesNotApply, match="not known"):
        await made.step(replace).plan()


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("latest", "is no image id"),
        ("ami-00000000000000000", "is gone"),
        (LINUX_IMAGE, "compromised instance was started from"),
    ],
)
async def test_a_parameter_that_names_nothing_clean(value: str, why: str) -> None:
    with recovering() as made:
        made.client("ssm").put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)
        with pytest.raises(DoesNotApply, match=why):
            await planned(made)


async def test_a_parameter_that_is_not_there() -> None:
    nowhere = Recovery(golden_image="ssm:/nowhere")
    with recovering(nowhere) as made, pytest.raises(DoesNotApply, match="not in this account"):
        await planned(made)


async def test_an_image_made_of_the_compromised_instance_is_not_clean() -> None:
    with recovering() as made:
        image = made.client("ec2").create_image(InstanceId=made.seeded.web, Name="oops")["ImageId"]
        made.client("ssm").put_parameter(Name=PARAMETER, Value=image, Type="String", Overwrite=True)
        with pytest.raises(DoesNotApply, match="made of the compromised instance"):
            await planned(made)


async def test_a_strangers_image_is_trusted_only_by_its_own_id() -> None:
    with recovering(Recovery(golden_image=LINUX_IMAGE)) as made:
        known = await opened(made)
        first = known.aws.brief.first
        assert first is not None
        other = altered(
            known, aws=known.aws.knowing(Brief(first=altered(first, image="ami-0fedcba9876543210")))
        )
        assert "belongs to account 222222222222" in warnings(await other.step(replace).plan())
    with recovering() as made:
        made.client("ssm").put_parameter(Name=PARAMETER, Value=LINUX_IMAGE, Type="String", Overwrite=True)
        known = await opened(made)
        first = known.aws.brief.first
        assert first is not None
        other = altered(
            known, aws=known.aws.knowing(Brief(first=altered(first, image="ami-0fedcba9876543210")))
        )
        with pytest.raises(DoesNotApply, match="neither this account nor Amazon"):
            await other.step(replace).plan()


async def test_an_old_image_is_used_with_a_warning() -> None:
    with recovering() as made:
        assert "days old" not in warnings(await planned(made))
        made.clock.advance(91 * 24 * 3600)
        assert "91 days old, more than 90" in warnings(await planned(made))


async def test_ports_that_let_the_world_administer_are_named() -> None:
    with recovering() as made:
        assert "let the world in to 22" in warnings(await planned(made))


async def test_a_second_one_is_not_launched() -> None:
    with recovering() as made:
        step = await _done(made)
        with pytest.raises(DoesNotApply, match="replaces it already"):
            await step.plan()


async def test_a_group_that_launches_from_the_compromised_image_is_named() -> None:
    with recovering(variant="asg") as made:
        said = warnings(await planned(made))
        assert "Auto Scaling group web" in said
        assert "the compromised instance's image" in said


async def test_a_group_that_replaces_from_the_golden_image_needs_no_help() -> None:
    with recovering(variant="asg") as made:
        known = await opened(made)
        data = {"ImageId": made.seeded.golden, "InstanceType": "c5.large"}
        made.client("ec2").create_launch_template_version(
            LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData=data
        )
        scaling = made.client("autoscaling")
        template = {"LaunchTemplateName": "web", "Version": "2"}
        scaling.update_auto_scaling_group(AutoScalingGroupName="web", LaunchTemplate=template)
        scaling.enter_standby(
            InstanceIds=[made.seeded.web], AutoScalingGroupName="web", ShouldDecrementDesiredCapacity=False
        )
        with pytest.raises(DoesNotApply, match="from the golden image by itself"):
            await known.step(replace).plan()


async def test_another_profile_comes_from_the_settings() -> None:
    with recovering(altered(BY_PARAMETER, instance_profile="dev-box")) as made:
        await _done(made)
        assert launched(made)["IamInstanceProfile"]["Arn"].endswith("/dev-box")


async def test_a_machine_is_proved_only_when_its_checks_have_passed() -> None:
    with recovering() as made:
        made.box.controls.delays(instance=20, status=120)
        step = await _done(made)
        assert (await step.verify()).says[0].endswith("is pending")
        made.clock.advance(20)
        assert (await step.verify()).rung is Rung.CONFIGURED
        made.clock.advance(120)
        assert (await step.verify()).rung is Rung.PROVED


async def test_metadata_opened_again_contradicts_it() -> None:
    with recovering() as made:
        step = await _done(made)
        made.client("ec2").modify_instance_metadata_options(
            InstanceId=launched(made)["InstanceId"], HttpTokens="optional"
        )
        assert (await step.verify()).rung is Rung.CONTRADICTED


async def test_undo_terminates_it_alone() -> None:
    with recovering() as made:
        step = await _done(made)
        await step.undo()
        assert launched(made)["State"]["Name"] == "terminated"
        assert (await facts(made.aws, made.seeded.bystander)).state == "running"
        assert (await step.verify()).rung is Rung.ABSENT


async def test_undo_leaves_what_somebody_marked_otherwise() -> None:
    with recovering() as made:
        step = await _done(made)
        tag = [{"Key": "owner", "Value": "platform"}]
        made.client("ec2").create_tags(Resources=[launched(made)["InstanceId"]], Tags=tag)
        with pytest.raises(Drift, match="tags"):
            await step.undo()
        assert launched(made)["State"]["Name"] == "running"
