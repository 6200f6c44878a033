"""From the snapshots of the web server to what lay on its disk, and away again."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from actions.action import Look
from actions.analyse import analyse
from actions.lab import lab
from actions.snapshot import snapshot
from actions.teardown import teardown
from aws.record import recorded
from playbook.errors import DoesNotApply, StepFailed
from playbook.policy import Forensics, Policy
from playbook.proof import Rung
from sandbox.aws.disks import MINER, File
from tests.fakes.journal import MemoryJournal

if TYPE_CHECKING:
    from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def placed(asg: Scene, **changes: str) -> Policy:
    place = Forensics(
        subnet=asg.seeded.network.lab_subnet, image="ssm:/forensics/image", instance_profile="forensics"
    )
    return Policy(evidence_bucket=asg.seeded.bucket, forensics=dataclasses.replace(place, **changes))


@pytest.fixture
def seized() -> Generator[Scene]:
    """The web server, whose volumes are snapshotted."""
    from tests.actions.scene import scene

    with scene() as made:
        made.aws.policy = placed(made)
        yield made


async def built(seized: Scene) -> None:
    await seized.step(snapshot).execute(seized.run(id="run-0"))
    await seized.step(lab).execute()


def machine(seized: Scene) -> dict[str, Any]:
    mine = [{"Name": "tag:ec2ir:lab", "Values": [seized.target.instance]}]
    found = seized.client("ec2").describe_instances(Filters=mine)["Reservations"]
    return next(i for r in found for i in r["Instances"])


def evidence(seized: Scene) -> list[dict[str, Any]]:
    mine = [{"Name": "tag:ec2ir:incident", "Values": ["inc-7"]}]
    return seized.client("ec2").describe_snapshots(Filters=mine)["Snapshots"]


def copies(seized: Scene) -> list[dict[str, Any]]:
    mine = [{"Name": "tag-key", "Values": ["ec2ir:snapshot"]}]
    return seized.client("ec2").describe_volumes(Filters=mine)["Volumes"]


class TestBuilding:
    @pytest.mark.row("F2")
    async def test_every_snapshot_becomes_a_volume_beside_the_images_own(self, seized: Scene) -> None:
        await built(seized)
        taken = evidence(seized)
        sources = {v["SnapshotId"] for v in copies(seized)}
        assert {s["SnapshotId"] for s in taken} < sources
        assert len(sources) == len(taken) + 1
        assert {a["InstanceId"] for v in copies(seized) for a in v["Attachments"]} == {
            machine(seized)["InstanceId"]
        }

    async def test_nobody_reaches_it_and_it_reaches_nobody(self, seized: Scene) -> None:
        await built(seized)
        found = machine(seized)
        assert "PublicIpAddress" not in found
        assert "KeyName" not in found
        assert found["MetadataOptions"]["HttpTokens"] == "required"
        group = seized.client("ec2").describe_security_groups(
            GroupIds=[g["GroupId"] for g in found["SecurityGroups"]]
        )["SecurityGroups"][0]
        assert group["IpPermissions"] == []
        [out] = group["IpPermissionsEgress"]
        assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)
        assert [r["CidrIp"] for r in out["IpRanges"]] == ["10.99.0.0/16"]

    async def test_it_is_proved_when_commands_reach_it(self, seized: Scene) -> None:
        await seized.step(snapshot).execute(seized.run(id="run-0"))
        step = seized.step(lab)
        await step.plan()
        assert (await step.verify(applied=False)).rung is Rung.ABSENT
        await step.execute()
        proof = await step.verify()
        assert proof.rung is Rung.PROVED
        assert "4 of 4 volumes attached" in proof.says

    @pytest.mark.parametrize("name", ["subnet", "image", "instance_profile"])
    async def test_a_missing_setting_is_named(self, seized: Scene, name: str) -> None:
        seized.aws.policy = placed(seized, **{name: ""})
        with pytest.raises(DoesNotApply, match=f"set {name} under \\[forensics\\]"):
            await seized.step(lab).plan()

    async def test_evidence_is_not_opened_where_there_is_a_way_out(self, seized: Scene) -> None:
        await seized.step(snapshot).execute()
        ec2, net = seized.client("ec2"), seized.seeded.network
        gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
        table = ec2.create_route_table(VpcId=net.vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.associate_route_table(RouteTableId=table, SubnetId=net.subnets[1])
        seized.aws.policy = placed(seized, subnet=net.subnets[1])
        with pytest.raises(DoesNotApply, match="route to the internet"):
            await seized.step(lab).plan()

    async def test_snapshots_must_be_there_and_complete(self, seized: Scene) -> None:
        with pytest.raises(DoesNotApply, match="no snapshots"):
            await seized.step(lab).plan()
        seized.box.controls.delays(snapshot=90)
        await seized.step(snapshot).execute()
        with pytest.raises(DoesNotApply, match="3 snapshots are not complete yet"):
            await seized.step(lab).plan()

    async def test_an_answer_that_was_lost_makes_no_second_machine(self, seized: Scene) -> None:
        await seized.step(snapshot).execute(seized.run(id="run-0"))
        step, run = seized.step(lab), seized.run()
        await step.execute(run)
        assert isinstance(run.journal, MemoryJournal)
        await step.execute(seized.run(intents=set(run.journal.intents)))
        found = seized.client("ec2").describe_instances(
            Filters=[{"Name": "tag-key", "Values": ["ec2ir:lab"]}]
        )["Reservations"]
        assert sum(len(r["Instances"]) for r in found) == 1
        assert len(copies(seized)) == 4

    async def test_one_that_does_not_boot_in_time_can_be_gone_on_with(self, seized: Scene) -> None:
        await seized.step(snapshot).execute(seized.run(id="run-0"))
        seized.box.controls.delays(instance=900)
        step = seized.step(lab)
        with pytest.raises(StepFailed, match="still being made"):
            await step.execute()
        assert (await step.verify()).rung is Rung.APPLIED
        seized.clock.advance(900)
        await step.execute()
        assert (await step.verify()).rung is Rung.PROVED


class TestAnalysing:
    @pytest.mark.row("F4")
    async def test_it_finds_what_was_on_the_disk_when_it_was_snapshotted(self, seized: Scene) -> None:
        await built(seized)
        step = seized.step(analyse)
        await step.execute()
        proof = await step.verify()
        assert proof.rung is Rung.PROVED
        assert "compared with ami-0123456789abcdef0" in proof.says[0]
        assert ("file", f"/{MINER.path}") in {(i.kind, i.value) for i in proof.indicators}

    @pytest.mark.row("F5")
    async def test_what_it_finds_is_indicators(self, seized: Scene) -> None:
        await built(seized)
        step = seized.step(analyse)
        await step.execute()
        proof = await step.verify()
        found = {(i.kind, i.value) for i in proof.indicators}
        assert ("hash", hashlib.sha256(MINER.content).hexdigest()) in found
        assert ("ip", "198.51.100.7") in found
        assert not any("198.51.100.7" in words for words in proof.says)

    async def test_a_host_that_was_not_attacked_has_nothing_to_show(self, seized: Scene) -> None:
        clean = dataclasses.replace(seized.target, instance=seized.seeded.bystander)
        for number, action in enumerate((snapshot, lab, analyse)):
            plan: Any = await action.plan(clean, seized.aws)
            await action.execute(plan, seized.run(id=f"run-{number}"))
        plan = await analyse.plan(clean, seized.aws)
        done = dataclasses.replace(plan, earlier=())
        proof = await analyse.verify(done, Look(aws=seized.aws, now=seized.clock(), applied=seized.clock()))
        assert proof.says[1] == "no file stands out"
        assert proof.indicators == ()

    @pytest.mark.row("F3")
    async def test_what_it_printed_is_evidence(self, seized: Scene) -> None:
        await built(seized)
        step = seized.step(analyse)
        await step.execute()
        with recorded() as calls:
            await step.verify()
        [output] = [c.output for c in calls if c.output]
        assert output.startswith("ec2ir-volumes\t1\t")
        assert MINER.sha256 in output
        kept = seized.client("s3").list_objects_v2(Bucket=seized.seeded.bucket, Prefix="analysis/inc-7/")
        whole = seized.client("s3").get_object(Bucket=seized.seeded.bucket, Key=kept["Contents"][0]["Key"])
        assert whole["Body"].read().decode() == output

    @pytest.mark.parametrize("kept", [True, False])
    async def test_more_than_ssm_answers_is_said_with_where_the_rest_is(
        self, seized: Scene, kept: bool
    ) -> None:
        await built(seized)
        from sandbox.aws.overlay.base import ec2_of
        from sandbox.aws.world import notes_on

        backend = ec2_of(seized.seeded.account, seized.seeded.region)
        for volume in copies(seized):
            notes = notes_on(backend.get_volume(volume["VolumeId"]))
            dropped = tuple(File(path=f"tmp/{n:04}", content=b"x") for n in range(500))
            notes["files"] += dropped if MINER in notes["files"] else ()
        if not kept:
            seized.aws.policy = dataclasses.replace(seized.aws.policy, evidence_bucket="")
        step = seized.step(analyse)
        await step.execute()
        proof = await step.verify()
        assert proof.rung is Rung.PROVED
        assert any(words.startswith("508 files to look at: ") for words in proof.says)
        where = f"s3://{seized.seeded.bucket}/analysis/inc-7/" if kept else "nowhere: set an evidence bucket"
        assert "more files are not in what SSM answers" in proof.says[-1]
        assert where in proof.says[-1]

    async def test_without_a_machine_there_is_nothing_to_read_on(self, seized: Scene) -> None:
        with pytest.raises(DoesNotApply, match="build it first"):
            await seized.step(analyse).plan()

    async def test_two_do_not_run_at_once_and_one_can_be_cancelled(self, seized: Scene) -> None:
        await built(seized)
        seized.box.controls.delays(command=300)
        step = seized.step(analyse)
        await step.execute()
        assert (await step.verify()).rung is Rung.CONFIGURED
        with pytest.raises(DoesNotApply, match="under way"):
            await seized.step(analyse).plan()
        await step.undo()
        assert (await step.verify()).rung is Rung.ABSENT


class TestTearingDown:
    async def test_everything_goes_but_the_snapshots(self, seized: Scene) -> None:
        await built(seized)
        step = seized.step(teardown)
        await step.plan()
        assert (await step.verify(applied=False)).rung is Rung.ABSENT
        await step.execute()
        assert (await step.verify()).rung is Rung.PROVED
        assert machine(seized)["State"]["Name"] == "terminated"
        assert copies(seized) == []
        ec2 = seized.client("ec2")
        assert len(evidence(seized)) == 3
        assert [g for g in ec2.describe_security_groups()["SecurityGroups"] if "lab" in g["GroupName"]] == []

    async def test_it_can_be_built_again(self, seized: Scene) -> None:
        await built(seized)
        await seized.step(teardown).execute(seized.run(id="run-2"))
        again = seized.step(lab)
        await again.execute(seized.run(id="run-3"))
        assert (await again.verify()).rung is Rung.PROVED

    async def test_another_incidents_is_left_alone(self, seized: Scene) -> None:
        await built(seized)
        other = dataclasses.replace(seized.target, incident="inc-8")
        with pytest.raises(DoesNotApply, match="no forensic instance"):
            await teardown.plan(other, seized.aws)
