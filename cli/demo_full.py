"""The whole playbook, played: from the contained instance through every phase to the closed incident and its report."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli.demo_hands import (
    PATIENCE,
    StoppedShort,
    click,
    last_words,
    mark,
    measured,
    posted,
    seen,
    until,
)
from cli.demo_world import World
from cli.doors import err, out
from commands.board import Board
from playbook.incident import IncidentState
from playbook.proposal import Proposal

_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lab", ("ana",)),
    ("analyse", ("ana",)),
    ("block-domains", ("bo",)),
    ("block-ports", ("bo",)),
    ("close-ports", ("bo",)),
    ("retire-key", ("bo",)),
    ("deactivate-keys", ("bo", "chai")),
    ("revoke-role", ("bo", "chai")),
    ("imdsv2", ("bo",)),
    ("replace", ("bo",)),
    ("register", ("bo",)),
    ("guardduty", ("bo",)),
    ("teardown", ("ana",)),
    ("terminate", ("bo", "chai")),
)
"""The steps after containment, each with those who approve what ana proposes."""
_LOOKS = (
    ("hunt", "ana hunts for the indicators in the account"),
    ("check spend", "ana asks what the account spends"),
    ("audit", "ana has the hardening rules audited"),
    ("health", "ana has the application's health validated"),
    ("watch now", "ana makes the watch's checks once by hand"),
)
_ENDED = frozenset({"proved", "does not apply", "failed"})
_PHASES = 10
"""Answers that ec2ir has by itself when it has looked at everything that an opened incident asks for."""


async def whole(made: World) -> bool:
    """Go on from the contained incident to its report; whether every step was proved. Raises StoppedShort."""
    shown = await _investigated(made)
    channel = shown.incident.channel
    with measured("ana notes that memory can't be captured any more"):
        await _answered(made, channel, "tick C6 na it was cut off before its memory could be captured")
    good = True
    for name, approvers in _STEPS:
        good = await step(made, channel, name, approvers) and good
    for verb, words in _LOOKS:
        good = await _look(made, channel, verb, words) and good
    with measured("The root cause is stated, and the indicators go out as STIX 2.1"):
        await _answered(made, channel, "rootcause hacking Exploit vuln")
        good = "as people stated it" in last_words(made, "ana") and good
        await _answered(made, channel, "ioc export stix")
    with measured("bo has the report written, and closes the incident"):
        await say(
            made, "bo", channel, "close the miner is gone, the instance replaced, keys and ports are closed"
        )
        await until(made, lambda b: b.incident.state is IncidentState.CLOSED)
        await say(made, "bo", channel, "report")
    await _written(made, shown.incident.id)
    return good


async def _investigated(made: World) -> Board:
    with measured("Meanwhile ec2ir has looked at everything that the account can tell by itself"):
        shown = await until(made, lambda b: len(b.answers) >= _PHASES)
    for answered in shown.answers:
        first = next(iter(answered.answer.says), "")
        out.print(f"   {answered.answer.verdict.value:>14}  {answered.check}: {first}", markup=False)
    return shown


async def _answered(made: World, channel: str, words: str) -> None:
    """Say it as ana, and wait until she is answered: the next answer would be taken for this one's."""
    said = len(made.workspace.ephemerals("ana"))
    await say(made, "ana", channel, words)
    await made.workspace.until(lambda: len(made.workspace.ephemerals("ana")) > said, seconds=PATIENCE)


async def say(made: World, who: str, channel: str, words: str) -> None:
    """Type the words after `/ec2ir`, as this person."""
    await made.workspace.says(who, channel, f"/ec2ir {words}")


async def step(made: World, channel: str, name: str, approvers: Sequence[str]) -> bool:
    """Propose the step as ana, and approve it as these; whether it was proved, or had nothing to do."""
    with measured(f"ana proposes “{name}”, for {' and '.join(approvers)} to approve"):
        before = {p.id for p in (await seen(made)).pending}
        said = len(made.workspace.ephemerals("ana"))
        await say(made, "ana", channel, name)
        shown = await until(
            made, lambda b: _new(b, name, before) is not None or len(made.workspace.ephemerals("ana")) > said
        )
        plan = _new(shown, name, before)
        if plan is not None:
            await posted(made, plan.id)
            for who in approvers:
                await click(made, who, channel, plan.id, "approve")
            shown = await until(made, lambda b: mark(b, name) in _ENDED, hurry=1)
    if plan is None:
        out.print(f"   ⚫ {last_words(made, 'ana')}", markup=False)
        return True
    row = next(r for s in shown.sections for r in s.rows if r.action.name == name)
    out.print(f"   {row.mark.sign} {row.action.title}: {row.mark.value}  {row.words}", markup=False)
    return row.mark.value == "proved"


def _new(shown: Board, step: str, before: set[str]) -> Proposal | None:
    return next((p for p in shown.pending if step in p.actions and p.id not in before), None)


async def _look(made: World, channel: str, verb: str, words: str) -> bool:
    began = made.clock()
    with measured(words):
        await say(made, "ana", channel, verb)
        shown = await until(made, lambda b: any(a.at >= began for a in b.answers))
    for answered in shown.answers:
        if answered.at >= began:
            first = next(iter(answered.answer.says), "")
            out.print(f"   {answered.answer.verdict.value:>14}  {answered.check}: {first}", markup=False)
    return True


async def _written(made: World, incident: str) -> None:
    """Wait for the report and write it, with its signature, into a folder that stays."""
    for _ in range(100):
        async with made.product.base.store.begin() as unit:
            files = await unit.files.of(incident)
        if any(f.name.endswith(".pdf") for f in files):
            break
        await asyncio.sleep(0.1)
    else:
        raise StoppedShort("No report was made.")
    folder = Path(tempfile.mkdtemp(prefix="ec2ir-report-"))
    for file in files:
        (folder / file.name).write_bytes(file.content)
        if file.signature:
            (folder / f"{file.name}.sig").write_bytes(file.signature)
    err.print(f"The files of the incident: {folder}", markup=False)
    report = next(f for f in files if f.name.endswith(".pdf"))
    out.print(
        f"\nReport: {folder / report.name}\n        SHA-256 {report.sha256}", style="bold", markup=False
    )
