"""Capture memory: one command on the host that takes an image and uploads it to the evidence bucket."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from actions import capture
from actions.action import Action, Look
from actions.capture import Platform
from actions.instance import alive, seen
from actions.invocations import RUNNING, commands_on, ended, invocation, newest
from actions.polling import settled
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.errors import DoesNotApply
from playbook.gathering import both, gather
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

LONGEST = timedelta(hours=1)
"""How long the host may take, and how long the presigned addresses hold."""
_PATIENCE = (5.0, 10.0, *(30.0 for _ in range(30)))
"""Seconds between looks while later steps wait for the image: about 15 minutes, then they go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The plan: which host, with which tool, to which bucket. Addresses are presigned at execution only.

    `fetched` says whether the tool comes from the bucket; the image goes there in up to `parts` objects;
    `earlier` are this incident's older commands here.
    """

    target: Target
    bucket: str
    platform: Platform
    fetched: bool
    parts: int
    earlier: tuple[str, ...] = field(metadata=PASSING)

    @property
    def mark(self) -> str:
        """How the comment of this incident's commands begins; the run's id follows it."""
        return _mark(self.target)

    def keys(self, run: str) -> tuple[str, ...]:
        """The keys of the image's parts in the evidence bucket, in order."""
        kind = "lime.compressed" if self.platform is Platform.LINUX else "raw"
        stem = f"memory/{self.target.incident}/{self.target.instance}/{run}.{kind}"
        return tuple(f"{stem}.{part:03}" for part in range(self.parts))

    def show(self) -> Shown:
        """The plan in words."""
        tool = capture.TOOLS[self.platform]
        comes = (
            f"fetched from s3://{self.bucket}/{tool.key}" if self.fetched else f"expected at {tool.installed}"
        )
        free = "The image is written to the host's disk first, over free space: snapshot before."
        room = f"There is room for an image of {self.parts * capture.PART // 1024**3} GiB, and none for a larger."
        return Shown(
            changes=(
                Change(
                    subject="memory image",
                    before="none",
                    after=f"s3://{self.bucket}/memory/{self.target.incident}/{self.target.instance}/",
                ),
            ),
            calls=("1 × SendCommand",),
            notes=(f"the tool is {comes}", "isolation and revocation in the same run wait for it"),
            keeps=("the machine runs on; the attacker may see that memory is read",),
            warnings=(
                free,
                *((room,) if self.parts == capture.MOST else ()),
                "Isolation and revocation cut SSM off: memory can't be captured after them.",
            ),
            undo="cancels the command while it runs; an image that was uploaded stays as evidence",
        )


async def plan(target: Target, aws: Account) -> Capture:
    """See that the host is reachable through SSM, that there is a bucket, and where the tool is."""
    bucket = aws.policy.evidence_bucket
    if not bucket:
        raise DoesNotApply("There is no evidence bucket to put an image into: set EC2IR_EVIDENCE_BUCKET.")
    (platform, commands), size = await both(
        both(_platform(aws, target.instance), commands_on(aws, target.instance)),
        _memory(aws, target),
    )
    mark = _mark(target)
    earlier = [c for c in commands if c.get("Comment", "").startswith(mark)]
    if any(c.get("Status") in RUNNING for c in earlier):
        raise DoesNotApply("A capture is under way on this instance.")
    return Capture(
        target=target,
        bucket=bucket,
        platform=platform,
        fetched=await _head(aws, bucket, capture.TOOLS[platform].key) is not None,
        parts=capture.parts(platform, size),
        earlier=tuple(sorted(c.get("CommandId", "") for c in earlier)),
    )


def _mark(target: Target) -> str:
    return f"ec2ir memory {target.incident} "


async def _memory(aws: Account, target: Target) -> int:
    """The instance's memory in bytes, as its type has it."""
    found = alive(await seen(aws, target.instance), target)
    kind = found.get("InstanceType")
    answer = await aws.call(aws.ec2.describe_instance_types, InstanceTypes=[kind] if kind else [])
    return max(t.get("MemoryInfo", {}).get("SizeInMiB", 0) for t in answer["InstanceTypes"]) * 1024**2


async def _platform(aws: Account, instance: str) -> Platform:
    answer = await aws.call(
        aws.ssm.describe_instance_information, Filters=[{"Key": "InstanceIds", "Values": [instance]}]
    )
    if not answer["InstanceInformationList"]:
        raise DoesNotApply("The instance is not managed by SSM: no agent, or a role that does not let it.")
    found = answer["InstanceInformationList"][0]
    if found.get("PingStatus") != "Online":
        raise DoesNotApply(
            f"The instance's SSM agent is {found.get('PingStatus', 'silent')}, not online: commands don't reach it."
        )
    name = str(found.get("PlatformType", ""))
    if name not in list(Platform):
        raise DoesNotApply(f"There is no memory tool for {name}.")
    return Platform(name)


async def _head(aws: Account, bucket: str, key: str) -> HeadObjectOutputTypeDef | None:
    try:
        return await aws.call(aws.s3.head_object, Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except AwsRefused as refusal:
        # Without s3:ListBucket, S3 answers 403 for what is not there.
        if refusal.code in ("404", "403", "NoSuchKey"):
            return None
        raise


async def execute(plan: Capture, run: Run) -> None:
    """Send the command once; where later steps would cut it off, wait for its end."""
    comment = plan.mark + run.id

    async def look() -> str | None:
        return newest(await commands_on(run.aws, plan.target.instance), comment)

    command = await look() or await run.write("send", lambda: _send(plan, run, comment), look=look)
    if run.awaited:
        await settled(lambda: invocation(run.aws, command, plan.target.instance), ended, run.pause, _PATIENCE)
    run.opens()


async def _send(plan: Capture, run: Run, comment: str) -> str:
    tool = capture.TOOLS[plan.platform]

    def sign() -> str:
        seconds, s3 = int(LONGEST.total_seconds()), run.aws.s3
        get = {"Bucket": plan.bucket, "Key": tool.key}
        return capture.script(
            plan.platform,
            download=s3.generate_presigned_url("get_object", Params=get, ExpiresIn=seconds)
            if plan.fetched
            else "",
            uploads=[
                s3.generate_presigned_url(
                    "put_object", Params={"Bucket": plan.bucket, "Key": key}, ExpiresIn=seconds
                )
                for key in plan.keys(run.id)
            ],
        )

    answer = await run.aws.call(
        run.aws.ssm_once.send_command,
        InstanceIds=[plan.target.instance],
        DocumentName=tool.document,
        Comment=comment,
        TimeoutSeconds=600,
        Parameters={
            "commands": [await run.aws.call(sign)],
            "executionTimeout": [str(int(LONGEST.total_seconds()))],
        },
    )
    return answer["Command"].get("CommandId", "")


async def verify(plan: Capture, look: Look) -> Proof:
    """What the command says, and whether S3 has the object of that size and, if S3 knows one, that checksum.

    The SHA-256 is the host's own word, and the host is the attacker's: it shows that the image did not change
    since, not that it is complete.
    """
    commands = await commands_on(look.aws, plan.target.instance)
    command = newest(commands, plan.mark, plan.earlier)
    if command is None:
        return Proof(rung=Rung.ABSENT, says=("no command was sent",))
    run = next(c.get("Comment", "") for c in commands if c.get("CommandId") == command)[len(plan.mark) :]
    keys = plan.keys(run)
    found, heads = await both(
        invocation(look.aws, command, plan.target.instance),
        gather(*(_head(look.aws, plan.bucket, key) for key in keys)),
    )
    if found is None or found["Status"] in RUNNING:
        return Proof(
            rung=Rung.CONFIGURED,
            says=(f"command {command} is on the host",),
            waits="the image is being taken and uploaded",
            again=timedelta(seconds=30),
        )
    if found["Status"] != "Success":
        why = plain(capture.without_addresses(found["StandardErrorContent"]), 200)
        return Proof(rung=Rung.ABSENT, says=(f"command {command} ended as {found['Status']}: {why}",))
    return _judged(keys[0], found["StandardOutputContent"], [head for head in heads if head is not None])


def _judged(key: str, output: str, heads: Sequence[HeadObjectOutputTypeDef]) -> Proof:
    said = capture.result(output)
    if said is None:
        return Proof(rung=Rung.CONTRADICTED, says=("the host did not say what it uploaded",))
    if not heads:
        return Proof(rung=Rung.CONTRADICTED, says=(f"the host says it uploaded, but there is no {key}",))
    sha256, size = said
    stored = heads[0].get("ChecksumSHA256", "") if len(heads) == 1 else ""
    whole = sum(head["ContentLength"] for head in heads) == size
    if not whole or (stored and base64.b64decode(stored).hex() != sha256):
        return Proof(rung=Rung.CONTRADICTED, says=(f"{key} is not what the host says it uploaded",))
    more = f" and {len(heads) - 1} more parts" if len(heads) > 1 else ""
    return Proof(
        rung=Rung.PROVED,
        says=(f"{key}{more}, {size:,} bytes as on the host", f"SHA-256 on the host {sha256}"),
    )


async def undo(plan: Capture, run: Run) -> None:
    """Cancel the command while it runs; evidence that is there already is not undone."""
    commands = await commands_on(run.aws, plan.target.instance)
    command = newest(commands, plan.mark, plan.earlier)
    if command is None or all(
        c.get("Status") not in RUNNING for c in commands if c.get("CommandId") == command
    ):
        return

    async def cancel() -> None:
        await run.aws.call(run.aws.ssm.cancel_command, CommandId=command, InstanceIds=[plan.target.instance])

    await run.write("cancel", cancel)


memory = Action(
    name="memory",
    title="Capture memory",
    row="C6",
    phase=Phase.CONTAIN,
    risk=Risk.HARMLESS,
    after=("snapshot",),
    permissions=frozenset(
        {
            "ec2:DescribeInstanceTypes",
            "ec2:DescribeInstances",
            "s3:GetObject",
            "s3:PutObject",
            "ssm:CancelCommand",
            "ssm:DescribeInstanceInformation",
            "ssm:GetCommandInvocation",
            "ssm:ListCommands",
            "ssm:SendCommand",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
