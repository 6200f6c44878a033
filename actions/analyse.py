"""Analyse the volumes: one command on the forensic instance that mounts them read-only and says what was changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from actions import evidence, examine
from actions.action import Action, Look
from actions.evidence import BASELINE_TAG
from actions.examine import Reading, State
from actions.instance import state_of
from actions.invocations import RUNNING, commands_on, ended, invocation, newest
from actions.polling import settled
from actions.run import Run
from aws.account import Account
from playbook.approval import Risk
from playbook.errors import DoesNotApply
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import defang, many, plain, words

LONGEST = timedelta(hours=1)
"""How long reading the volumes may take."""
_PATIENCE = (5.0, 10.0, *(30.0 for _ in range(30)))
"""Seconds between looks while later steps wait for the end: about 15 minutes, then they go on."""

_CALLED = {
    State.ADDED: "not in the image",
    State.CHANGED: "changed since the image",
    State.SEEN: "not compared with any image",
}
_WORST = ("temporary", "setuid", "program", "startup", "key", "web", "cron", "service")
"""In which order files are named: what runs or lets somebody in, before what starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The plan: which volumes are read on which instance. `baseline` has at most one, of the image named `image`.

    `bucket` keeps the whole output; without one only its first 24,000 characters are had.
    """

    target: Target
    lab: str
    volumes: tuple[str, ...]
    baseline: tuple[str, ...]
    image: str
    bucket: str
    earlier: tuple[str, ...] = field(metadata=PASSING)

    @property
    def mark(self) -> str:
        """How the comment of this incident's commands begins; the run's id follows it."""
        return f"ec2ir analyse {self.target.incident} "

    @property
    def prefix(self) -> str:
        """Where in the bucket the output goes."""
        return f"analysis/{self.target.incident}/{self.target.instance}"

    def show(self) -> Shown:
        """The plan in words."""
        against = f"compared with {self.image}" if self.baseline else "not compared: there is no image volume"
        short = f"the output is cut at {examine.CUT_AT:,} characters: there is no evidence bucket to keep it whole"
        return Shown(
            changes=tuple(
                Change(subject=v, before="not read", after=f"mounted read-only on {self.lab}, {against}")
                for v in self.volumes
            ),
            calls=("1 × SendCommand",),
            notes=(
                "looks for changed programs, schedules, services, keys, setuid files, web and temporary files",
                f"the whole output goes to s3://{self.bucket}/{self.prefix}/" if self.bucket else short,
            ),
            keeps=("nothing on the volumes is run or written", "the compromised instance is not touched"),
            undo="cancels the command while it runs; what was found stays as evidence",
        )


async def plan(target: Target, aws: Account) -> Analysis:
    """See that the forensic instance is there with its volumes, and that commands reach it."""
    there = await evidence.find(aws, target)
    if there.instance is None or state_of(there.instance) != "running":
        raise DoesNotApply("There is no forensic instance that runs: build it first.")
    lab = there.instance.get("InstanceId", "")
    attached = [v for v in there.copies if any(a.get("InstanceId") == lab for a in v.get("Attachments", []))]
    images = {v.get("VolumeId", ""): evidence.volume_tag(v, BASELINE_TAG) for v in attached}
    volumes = tuple(sorted(v for v, image in images.items() if not image))
    if not volumes:
        raise DoesNotApply("No evidence volume is attached to the forensic instance.")
    if not await evidence.is_online(aws, lab):
        raise DoesNotApply(f"The SSM agent of {lab} is not online: commands don't reach it.")
    mark = f"ec2ir analyse {target.incident} "
    earlier = [c for c in await commands_on(aws, lab) if c.get("Comment", "").startswith(mark)]
    if any(c.get("Status") in RUNNING for c in earlier):
        raise DoesNotApply("An analysis is under way on the forensic instance.")
    baseline = tuple(sorted(v for v, image in images.items() if image))[:1]
    return Analysis(
        target=target,
        lab=lab,
        volumes=volumes,
        baseline=baseline,
        image=images[baseline[0]] if baseline else "",
        bucket=aws.policy.evidence_bucket,
        earlier=tuple(sorted(c.get("CommandId", "") for c in earlier)),
    )


async def execute(plan: Analysis, run: Run) -> None:
    """Send the command once; where later steps would take the instance away, wait for its end."""
    comment = plan.mark + run.id

    async def look() -> str | None:
        return newest(await commands_on(run.aws, plan.lab), comment)

    command = await look() or await run.write("send", lambda: _send(plan, run, comment), look=look)
    if run.awaited:
        await settled(lambda: invocation(run.aws, command, plan.lab), ended, run.pause, _PATIENCE)
    run.opens()


async def _send(plan: Analysis, run: Run, comment: str) -> str:
    ssm, seconds = run.aws.ssm_once, str(int(LONGEST.total_seconds()))
    parameters = {"commands": [examine.script(plan.volumes, plan.baseline)], "executionTimeout": [seconds]}
    if plan.bucket:
        answer = await run.aws.call(
            ssm.send_command,
            InstanceIds=[plan.lab],
            DocumentName="AWS-RunShellScript",
            Comment=comment,
            TimeoutSeconds=600,
            Parameters=parameters,
            OutputS3BucketName=plan.bucket,
            OutputS3KeyPrefix=plan.prefix,
        )
    else:
        answer = await run.aws.call(
            ssm.send_command,
            InstanceIds=[plan.lab],
            DocumentName="AWS-RunShellScript",
            Comment=comment,
            TimeoutSeconds=600,
            Parameters=parameters,
        )
    return answer["Command"].get("CommandId", "")


async def verify(plan: Analysis, look: Look) -> Proof:
    """What the command says that it found. The host is ours, but what it read is the attacker's."""
    command = newest(await commands_on(look.aws, plan.lab), plan.mark, plan.earlier)
    if command is None:
        return Proof(rung=Rung.ABSENT, says=("no command was sent",))
    found = await invocation(look.aws, command, plan.lab)
    if found is None or found["Status"] in RUNNING:
        return Proof(
            rung=Rung.CONFIGURED,
            says=(f"command {command} is on {plan.lab}",),
            waits="the volumes are being read",
            again=timedelta(seconds=30),
        )
    if found["Status"] != "Success":
        why = plain(found["StandardErrorContent"], 200)
        return Proof(rung=Rung.ABSENT, says=(f"command {command} ended as {found['Status']}: {why}",))
    reading = examine.parse(found["StandardOutputContent"])
    if reading is None:
        return Proof(
            rung=Rung.CONTRADICTED,
            says=("the forensic instance did not say what it read, in the form it should",),
        )
    return Proof(
        rung=Rung.PROVED if reading.read else Rung.CONTRADICTED,
        says=(*_says(plan, reading), *_missing(plan, reading, command)),
        indicators=reading.indicators(),
    )


def _says(plan: Analysis, reading: Reading) -> tuple[str, ...]:
    against = f", compared with {plan.image}" if plan.baseline else ", compared with nothing"
    count = {s: sum(f.state is s for f in reading.files) for s in State}
    told = [f"{n} {_CALLED[s]}" for s, n in count.items() if n]
    worst = sorted(reading.files, key=lambda f: _WORST.index(f.kind))
    listed = [f"{f.path} ({f.state.value}: {f.kind})" for f in worst]
    hosts = sorted({defang(value) for value, _ in reading.hosts})
    return (
        f"read {many(reading.read, 'file system')} on {plan.lab}, without writing to any{against}",
        f"{many(reading.counted, 'file')} to look at: {words(told)}"
        if reading.counted
        else "no file stands out",
        *((plain(words(listed, joint="; "), 900),) if listed else ()),
        *((f"in them: {plain(words(hosts), 400)}",) if hosts else ()),
    )


def _missing(plan: Analysis, reading: Reading, command: str) -> tuple[str, ...]:
    where = (
        f"s3://{plan.bucket}/{plan.prefix}/{command}/" if plan.bucket else "nowhere: set an evidence bucket"
    )
    cut = (f"{reading.missing} more files are not in what SSM answers; what it printed is {where}",)
    return (
        *((f"not read: {words(list(reading.gaps), joint='; ')}",) if reading.gaps else ()),
        *(cut if reading.missing else ()),
    )


async def undo(plan: Analysis, run: Run) -> None:
    """Cancel the command while it runs; what was found already is not undone."""
    commands = await commands_on(run.aws, plan.lab)
    command = newest(commands, plan.mark, plan.earlier)
    if command is None or all(
        c.get("Status") not in RUNNING for c in commands if c.get("CommandId") == command
    ):
        return

    async def cancel() -> None:
        await run.aws.call(run.aws.ssm.cancel_command, CommandId=command, InstanceIds=[plan.lab])

    await run.write("cancel", cancel)


# It reads copies on a machine of ours: harmless.
analyse = Action(
    name="analyse",
    title="Analyse the volumes",
    row="F3",
    also=("F4", "F5"),
    phase=Phase.FORENSICS,
    risk=Risk.HARMLESS,
    after=("lab",),
    permissions=frozenset(
        {
            "ec2:DescribeInstances",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeVolumes",
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
