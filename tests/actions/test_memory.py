from __future__ import annotations

import hashlib
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from actions import capture
from actions.capture import Platform
from actions.memory import memory
from playbook.errors import DoesNotApply
from playbook.plan import dump, fingerprint
from playbook.policy import Policy
from playbook.proof import Rung
from tests.fakes.gate import OpenGate
from tests.fakes.journal import MemoryJournal

if TYPE_CHECKING:
    from tests.actions.scene import Scene

EVIL = "https://b.example/x?a=1&X-Amz-Signature='; rm -rf / #"


def commands(asg: Scene) -> list[dict[str, Any]]:
    return asg.client("ssm").list_commands()["Commands"]


@pytest.mark.emulator
class TestOnTheHost:
    @pytest.mark.row("C6")
    async def test_the_image_arrives_as_the_host_says(self, asg: Scene) -> None:
        step = asg.step(memory)
        plan = await step.execute()
        proof = await step.verify()

        assert proof.rung is Rung.PROVED
        key = f"memory/inc-7/{asg.seeded.web}/run-1.lime.compressed.000"
        assert plan.keys("run-1") == (key,)
        size = asg.client("s3").head_object(Bucket=asg.seeded.bucket, Key=key)["ContentLength"]
        assert proof.says[0] == f"{key}, {size:,} bytes as on the host"

    async def test_the_tool_is_fetched_from_the_bucket_where_it_is_there(self, asg: Scene) -> None:
        assert not (await asg.step(memory).plan()).fetched
        asg.client("s3").put_object(Bucket=asg.seeded.bucket, Key="tools/avml", Body=b"elf")
        plan = await asg.step(memory).plan()
        assert plan.fetched
        assert f"the tool is fetched from s3://{asg.seeded.bucket}/tools/avml" in plan.show().notes

    async def test_one_command_a_run_even_when_the_answer_was_lost(self, asg: Scene) -> None:
        step = asg.step(memory)
        await step.execute()
        await step.execute(asg.run(intents={"send"}))
        assert [c["Comment"] for c in commands(asg)] == ["ec2ir memory inc-7 run-1"]

    async def test_presigned_addresses_are_in_the_command_and_nowhere_else(self, asg: Scene) -> None:
        step = asg.step(memory)
        plan, run = await step.plan(), asg.run()
        await step.execute(run)
        script = commands(asg)[0]["Parameters"]["commands"][0]
        assert f"https://{asg.seeded.bucket}.s3.{asg.seeded.region}.amazonaws.com/memory/inc-7/" in script
        assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in script
        assert isinstance(run.journal, MemoryJournal)
        kept = [str(dump(plan)), str(plan.show()), str(run.journal.outcomes), str(await step.verify())]
        assert not any("X-Amz" in text or "https://" in text for text in kept)

    async def test_a_running_capture_can_be_cancelled_and_no_second_one_begins_beside_it(
        self, asg: Scene
    ) -> None:
        asg.box.controls.delays(command=300)
        step = asg.step(memory)
        await step.execute()
        running = await step.verify()
        assert running.rung is Rung.CONFIGURED
        assert running.again is not None
        with pytest.raises(DoesNotApply, match="under way"):
            await asg.step(memory).plan()

        await step.undo()
        assert commands(asg)[0]["Status"] == "Cancelled"
        cancelled = await step.verify()
        assert cancelled.rung is Rung.ABSENT
        assert "Cancelled" in cancelled.says[0]

    async def test_evidence_that_is_there_stays_when_the_step_is_undone(self, asg: Scene) -> None:
        step = asg.step(memory)
        await step.execute()
        await step.undo()
        assert (await step.verify()).rung is Rung.PROVED

    async def test_later_steps_wait_for_the_image_but_not_for_ever(self, asg: Scene) -> None:
        asg.box.controls.delays(command=300)
        run = asg.run(awaited=True)
        await asg.step(memory).execute(run)
        assert commands(asg)[0]["Status"] == "Success"
        assert isinstance(run.gate, OpenGate)
        assert run.gate.opened

        asg.box.controls.delays(command=86_400)
        late = asg.run(awaited=True, id="run-9")
        await asg.step(memory).execute(late)
        assert sum(asg.clock.paused) < 1_500
        assert isinstance(late.gate, OpenGate)
        assert late.gate.opened

    async def test_alone_it_does_not_wait(self, asg: Scene) -> None:
        asg.box.controls.delays(command=300)
        await asg.step(memory).execute()
        assert asg.clock.paused == []

    async def test_a_second_capture_is_proved_by_its_own_command(self, asg: Scene) -> None:
        first = await asg.step(memory).execute()
        step = asg.step(memory)
        plan = await step.plan()
        assert (await step.verify(applied=False)).rung is Rung.ABSENT
        assert fingerprint(plan) == fingerprint(first)
        await step.execute(asg.run(id="run-5"))
        assert "run-5" in (await step.verify()).says[0]

    async def test_an_object_that_is_not_what_the_host_says_contradicts(self, asg: Scene) -> None:
        step = asg.step(memory)
        plan = await step.execute()
        s3 = asg.client("s3")
        s3.put_object(Bucket=plan.bucket, Key=plan.keys("run-1")[0], Body=b"something else")
        assert (await step.verify()).rung is Rung.CONTRADICTED

    async def test_an_isolated_host_is_out_of_reach(self, asg: Scene) -> None:
        ec2 = asg.client("ec2")
        deny = ec2.create_security_group(GroupName="deny", Description="-", VpcId=asg.seeded.network.vpc)[
            "GroupId"
        ]
        rules = ec2.describe_security_groups(GroupIds=[deny])["SecurityGroups"][0]["IpPermissionsEgress"]
        ec2.revoke_security_group_egress(GroupId=deny, IpPermissions=rules)
        for interface in asg.seeded.web_interfaces:
            ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[deny])
        with pytest.raises(DoesNotApply, match="SSM agent is ConnectionLost, not online"):
            await asg.step(memory).plan()

    async def test_a_host_that_ssm_does_not_know(self, asg: Scene) -> None:
        bare = asg.client("ec2").run_instances(ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1)
        unmanaged = replace(asg.target, instance=bare["Instances"][0]["InstanceId"])
        with pytest.raises(DoesNotApply, match="not managed by SSM"):
            await memory.plan(unmanaged, asg.aws)

    async def test_without_a_bucket_there_is_nowhere_to_put_it(self) -> None:
        from tests.actions.scene import scene

        with scene(policy=Policy()) as bare, pytest.raises(DoesNotApply, match="no evidence bucket"):
            await bare.step(memory).plan()


@pytest.mark.parametrize("download", ["", EVIL])
def test_what_is_filled_into_the_shell_script_stays_one_word(download: str) -> None:
    lines = capture.script(Platform.LINUX, download=download, uploads=[EVIL, EVIL]).splitlines()
    loop = next(line for line in lines if line.startswith("for "))
    assert shlex.split(loop)[3:5] == [EVIL, f"{EVIL};"]
    assert all(shlex.split(line) is not None for line in lines)


def test_what_is_filled_into_powershell_is_a_literal() -> None:
    text = capture.script(Platform.WINDOWS, download=EVIL, uploads=[EVIL])
    assert text.count("X-Amz-Signature=''; rm -rf / #'") == 2


def run_script(host: Path, image: bytes, uploads: int) -> subprocess.CompletedProcess[str]:
    """Run the shell script as the agent does, with a tool that writes `image` and a curl that keeps what it puts."""
    (host / "image.bin").write_bytes(image)
    tool = host / "avml"
    tool.write_text(f'#!/bin/sh\ncp {host}/image.bin "$2"\n')
    curl = host / "curl"
    curl.write_text('#!/bin/sh\nwhile [ $# -gt 2 ]; do shift; done\ncp "$1" "$2"\n')
    for made in (tool, curl):
        made.chmod(0o700)
    text = capture.script(
        Platform.LINUX, download="", uploads=[f"{host}/part.{n}" for n in range(uploads)]
    ).replace(capture.TOOLS[Platform.LINUX].installed, str(tool))
    small = text.replace(str(capture.PART), "8").replace(str(2 * capture.PART), "16")
    small = small.replace(str(capture.BLOCK), "4").replace(str(capture.BLOCKS), "2")
    environment = {"PATH": f"{host}:/usr/bin:/bin"}
    return subprocess.run(["sh", "-c", small], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.process
@pytest.mark.parametrize("size", [3, 8, 11, 16])
def test_the_parts_make_the_image_and_nothing_is_left_behind(tmp_path: Path, size: int) -> None:
    image = bytes(range(size))
    done = run_script(tmp_path, image, uploads=2)
    assert done.stderr == ""
    assert capture.result(done.stdout) == (hashlib.sha256(image).hexdigest(), size)
    assert b"".join(p.read_bytes() for p in sorted(tmp_path.glob("part.*"))) == image


@pytest.mark.process
def test_an_image_that_is_too_large_is_refused_before_anything_is_uploaded(tmp_path: Path) -> None:
    done = run_script(tmp_path, bytes(17), uploads=2)
    assert (done.returncode, done.stderr) == (27, "the image has 17 bytes, more than 16\n")
    assert not list(tmp_path.glob("part.*"))


@pytest.mark.parametrize(
    ("platform", "gib", "parts"),
    [
        (Platform.LINUX, 0, 1),
        (Platform.LINUX, 4, 1),
        (Platform.LINUX, 5, 2),
        (Platform.LINUX, 16, 4),
        (Platform.WINDOWS, 16, 5),
        (Platform.LINUX, 24_576, capture.MOST),
    ],
)
def test_memory_is_uploaded_in_parts_that_s3_takes(platform: Platform, gib: int, parts: int) -> None:
    assert capture.parts(platform, gib * 1024**3) == parts


def test_nothing_is_compiled_on_the_host() -> None:
    for platform in Platform:
        text = capture.script(platform, download=EVIL, uploads=[EVIL])
        assert not any(word in text for word in ("gcc", "make ", "cargo", "insmod"))


@pytest.mark.parametrize("output", ["", "done", "abc  12", f"{'g' * 64}  12", f"x {'a' * 64}  12"])
def test_output_of_another_form_says_nothing(output: str) -> None:
    assert capture.result(output) is None


def test_the_last_line_of_the_right_form_counts() -> None:
    assert capture.result(f"<!channel>\n{'a' * 64}  12\n") == ("a" * 64, 12)


def test_addresses_in_errors_are_not_passed_on() -> None:
    assert capture.without_addresses(f"curl: {EVIL.split(' ', maxsplit=1)[0]} 403") == "curl: (address) 403"
