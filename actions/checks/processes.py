"""A10: what runs on the host, asked over Systems Manager.

It sends one command to the host, whose script is fixed and only reads: the one thing that a check sends anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks import reads
from actions.checks.facts import ago
from actions.checks.outside import MINING_PORTS, outside
from actions.checks.process_list import KEPT, SCRIPT, Listing, Process, judged, read, suspicious_cron
from actions.invocations import ended, invocation
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer, gap
from playbook.finding import Indicator
from playbook.rows import Phase
from playbook.text import many, plain, words

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import GetCommandInvocationResultTypeDef, InstanceInformationTypeDef

DOCUMENT = "AWS-RunShellScript"
POLLS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
"""Seconds before each look at the answer: 51 in all, within what a check may take."""
DELIVER = 60
"""Seconds in which the agent must fetch the command; AWS takes no less than 30."""
INLINE = 24_000
"""Characters of output that GetCommandInvocation answers (Systems Manager API reference)."""


async def look(scene: Scene) -> Answer:
    """One command, its answer read as far as it came, and judged."""
    known = await reads.managed(scene)
    if (why := unreachable(known, scene)) or known is None:
        return gap(why)
    found = await ran(scene)
    if found is None or not ended(found):
        return gap("The host took the command but had not answered after 51 s. Ask again in a minute.")
    output = found["StandardOutputContent"]
    if found["Status"] != "Success" and not output:
        said = plain(found["StandardErrorContent"], 200)
        return gap(f"The command ended on the host as {found['Status']}: {said or 'it said nothing'}.")
    return judge(read(output[:INLINE]), scene, len(output) >= INLINE)


def unreachable(known: InstanceInformationTypeDef | None, scene: Scene) -> str:
    """Why no command can be sent, and what to do; empty when one can."""
    if known is None:
        return (
            "Systems Manager does not manage it: its agent is not there, or its role may not register. What runs "
            "on it can be seen from a snapshot of its volumes, or from a memory image taken by hand."
        )
    if known.get("PingStatus") != "Online":
        last = known.get("LastPingDateTime")
        since = f" since {ago(last, scene.now)}" if last else ""
        return (
            f"Its agent is not online{since}: it was isolated, stopped, or the agent was ended. "
            "Use the snapshots of its volumes, or take memory before it is isolated next time."
        )
    if known.get("PlatformType") != "Linux":
        system = known.get("PlatformType", "an unknown system")
        return f"It runs {system}: list its processes by Session Manager by hand."
    return ""


async def ran(scene: Scene) -> GetCommandInvocationResultTypeDef | None:
    """What the host answered to the one command of a round; None where it has not answered yet."""
    return await scene.once("host", lambda: _ran(scene))


async def _ran(scene: Scene) -> GetCommandInvocationResultTypeDef | None:
    aws, target = scene.aws, scene.target
    sent = await aws.call(
        aws.ssm_once.send_command,
        InstanceIds=[target.instance],
        DocumentName=DOCUMENT,
        Comment=f"ec2ir {target.incident}: lists processes"[:100],
        TimeoutSeconds=DELIVER,
        Parameters={"commands": [SCRIPT], "executionTimeout": ["60"]},
    )
    command = sent["Command"].get("CommandId", "")
    found: GetCommandInvocationResultTypeDef | None = None
    for delay in POLLS:
        if delay:
            await scene.pause(delay)
        found = await invocation(aws, command, target.instance)
        if ended(found):
            break
    return found


def judge(listing: Listing, scene: Scene, cut: bool) -> Answer:
    """The answer that a listing makes."""
    brief = scene.brief
    every = judged(listing, brief.values("ip", "source"), MINING_PORTS, brief.values("hash"))
    bad = [p for p in every if p.why]
    cron = suspicious_cron(listing, every)
    gaps: list[str] = []
    if not every:
        return gap("The host's answer lists no process: what it says can't be used. Use its snapshots.")
    if cut or not listing.whole:
        gaps.append(
            f"The host said more than the {INLINE:,} characters that Systems Manager hands over: "
            "processes that are listed later are missing"
        )
    says = [f"Process {p.pid} of {p.user}, {p.executable}: {'; '.join(p.why)}." for p in bad]
    says += [f"Schedule: {line}" for line in cron]
    outer = sorted({c.peer for c in listing.connections if outside(c.peer)})
    says.append(
        f"{many(len(every), 'process/processes')}, {len(bad) or 'none'} of them suspicious; "
        f"connections to {many(len(outer), 'outside address/outside addresses') if outer else 'no outside address'}"
        f"{': ' + words(outer) if outer else ''}. This is the host's own word: a rootkit can hide from it."
    )
    return answer(
        Verdict.NOTABLE if bad or cron else Verdict.CLEAR,
        *says,
        evidence={
            "processes": [_kept(p) for p in every[:KEPT]],
            "connections": [f"{c.pid} {c.peer}:{c.port} {c.state}" for c in listing.connections[:KEPT]],
            "listens": list(listing.listens[:50]),
            "cron": list(listing.cron[:50]),
            "whole": listing.whole and not cut,
        },
        indicators=tuple(i for p in bad for i in indicators_of(p, listing)),
        gaps=tuple(gaps),
    )


def _kept(process: Process) -> dict[str, object]:
    return {
        "pid": process.pid,
        "user": process.user,
        "command": process.command or process.executable,
        "executable": process.executable,
        "sha256": process.sha256,
        "suspicious": bool(process.why),
        "why": "; ".join(process.why),
    }


def indicators_of(process: Process, listing: Listing) -> tuple[Indicator, ...]:
    """The executable of a suspicious process, its hash, and the outside addresses that it talks to."""
    about = f"process {process.pid} of {process.user}: {'; '.join(process.why)}"
    name = process.executable.removesuffix(" (deleted)")
    found = [Indicator(kind="process", value=name, about=about)]
    if process.sha256:
        found.append(Indicator(kind="hash", value=process.sha256, about=f"{name}, {about}"))
    peers = sorted({c.peer for c in listing.connections if c.pid == process.pid and outside(c.peer)})
    found += [Indicator(kind="ip", value=peer, about=f"{name}, {about}") for peer in peers[:20]]
    return tuple(found)


processes = Check(
    name="processes",
    title="Running processes",
    row="A10",
    phase=Phase.INVESTIGATE,
    permissions=reads.MANAGED | {"ssm:SendCommand", "ssm:GetCommandInvocation"},
    look=look,
)
