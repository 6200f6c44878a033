"""The incident, played: people click in the box's Slack, and what happened is judged by a checker of the box's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from cli import show
from cli.demo_world import CIDR, World
from cli.doors import err, out
from commands.board import Board, board
from playbook.clock import elapsed
from playbook.outbox import Post
from playbook.proposal import Kind
from sandbox.aws.checker import Expectation, Fact, check
from sandbox.aws.findings import mining
from sandbox.slack import buttons

PATIENCE = 30.0
"""Seconds that any one thing may take before the play gives up."""
LEAK = "web-mining"


class StoppedShort(Exception):
    """Something that had to happen did not."""


async def play(made: World, *, leak: bool) -> bool:
    """Play it; whether everything was proved, by the product's proofs and by the checker."""
    with _measured("A GuardDuty finding reaches the queue"):
        finding = await asyncio.to_thread(mining, made.box.client("ec2"), made.account.web, at=made.clock())
        await asyncio.to_thread(made.box.controls.put_finding, made.account.queue, finding)
    try:
        incident = await _contain(made, leak=leak)
        proved = await _prove(made)
        if proved:
            await _undo_tag(made)
    except StoppedShort as failure:
        err.print(f"🔴 {failure}", style="red", markup=False)
        return False
    return await _judge(made, incident) and proved


async def _contain(made: World, *, leak: bool) -> str:
    with _measured("Its incident opens: a private channel, a card, and a plan that ec2ir proposes"):
        shown = await _until(made, lambda b: bool(b.incident.card_ts and b.pending))
        await _posted(made, shown.pending[0].id)
    show.proposal(shown.pending[0])
    plan, channel = shown.pending[0].id, shown.incident.channel
    with _measured("ana, who is no approver, tries to approve it; she is told why not"):
        await _click(made, "ana", channel, plan, "approve")
        await _told(made, "ana")
    out.print(f"   “{_last_words(made, 'ana')}”", style="dim", markup=False)
    if leak:
        await asyncio.to_thread(made.box.controls.leak, LEAK)
        out.print("   (a connection to the mining pool will survive isolation)", style="yellow")
    with _measured("bo approves; every step runs as soon as those before it allow"):
        await _click(made, "bo", channel, plan, "approve")
        shown = await _until(made, lambda b: b.incident.contained is not None and not _running(b))
    _rows(shown)
    return shown.incident.id


async def _prove(made: World) -> bool:
    with _measured("Fifteen minutes later flow logs have come, and snapshots are complete"):
        for _ in range(15):
            await made.forward(1)
        shown = await _until(made, lambda b: _row(b, "isolate") in ("proved", "failed") and not _open(b))
    _rows(shown)
    failed = [r.words for s in shown.sections for r in s.rows if r.mark.value == "failed"]
    for words in failed:
        err.print(f"🔴 {words}", style="red", markup=False)
    return not failed


async def _undo_tag(made: World) -> None:
    shown = await _board(made)
    channel = shown.incident.channel
    with _measured("ana takes the tags back: an undo is planned, approved and proved like any step"):
        card = next(m for m in made.workspace.messages(channel) if m.ts == shown.incident.card_ts)
        tag = next(b for b in buttons(card) if b.action_id == "step_undo" and "tag" in b.value)
        await made.workspace.click("ana", channel, card.ts, tag.action_id, value=tag.value)
        shown = await _until(made, lambda b: any(p.kind is Kind.UNDO for p in b.pending))
        undo = shown.pending[-1].id
        await _posted(made, undo)
        await _click(made, "bo", channel, undo, "approve")
        shown = await _until(made, lambda b: _row(b, "tag") == "undone")
    _rows(shown)


async def _judge(made: World, incident: str) -> bool:
    shown = await _board(made)
    async with made.product.base.store.begin() as unit:
        timeline = await unit.timeline.of(incident)
    out.print()
    show.timeline_of(timeline)
    undone = tuple(r.action.name for s in shown.sections for r in s.rows if r.mark.value == "undone")
    expected = Expectation(
        isolated=True,
        forensics_cidr=CIDR,
        snapshots=True,
        deregistered=True,
        revoked=True,
        protected=True,
        before=made.victim if undone else None,
        undone=undone,
    )
    facts: tuple[Fact, ...] = await asyncio.to_thread(
        check, made.box.client, made.account, made.account.web, expected, bystanders=(made.bystander,)
    )
    out.print("\nThe account itself, read by a checker that shares no code with the product", style="bold")
    for fact in facts:
        out.print(f"  {'🟢' if fact.ok else '🔴'} {fact.words}", markup=False)
    if shown.incident.contained is not None:
        out.print(
            f"\nTime to contain: {elapsed(shown.incident.contained - shown.incident.opened)}", style="bold"
        )
    return all(fact.ok for fact in facts)


# ── looking and clicking ────────────────────────────────────────────────────────────────────────────────


async def _board(made: World) -> Board:
    async with made.product.base.store.begin() as unit:
        found = await unit.incidents.listed(closed=True)
        if not found:
            raise StoppedShort("No incident was opened.")
        return await board(unit, found[0].id, made.clock())


async def _until(made: World, good: Callable[[Board], bool]) -> Board:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(StoppedShort):
            shown = await _board(made)
            if good(shown):
                return shown
        await asyncio.sleep(0.1)
    shown = await _board(made)
    _rows(shown)
    raise StoppedShort(f"Nothing came of it within {PATIENCE:.0f} seconds.")


async def _posted(made: World, proposal: str) -> None:
    """Wait until Slack has the plan's message."""
    for _ in range(int(PATIENCE * 10)):
        async with made.product.base.store.begin() as unit:
            shown = await board(unit, (await unit.incidents.listed())[0].id, made.clock())
            if await unit.outbox.ts_of(f"{shown.incident.id}:{Post.PLAN.value}:{proposal}"):
                return
        await asyncio.sleep(0.1)
    raise StoppedShort("The plan was not shown in Slack.")


async def _told(made: World, who: str) -> None:
    await made.workspace.until(lambda: made.workspace.ephemerals(who), seconds=PATIENCE)


async def _click(made: World, who: str, channel: str, proposal: str, verb: str) -> None:
    """Click a button of the plan's message, as this person."""
    async with made.product.base.store.begin() as unit:
        incident = await unit.incidents.in_channel(channel)
        key = f"{incident.id if incident else ''}:{Post.PLAN.value}:{proposal}"
        ts = await unit.outbox.ts_of(key)
    await made.workspace.click(who, channel, ts, verb)


def _last_words(made: World, who: str) -> str:
    told = made.workspace.ephemerals(who)
    return told[-1].text if told else ""


def _row(shown: Board, step: str) -> str:
    return next(r.mark.value for s in shown.sections for r in s.rows if r.action.name == step)


def _running(shown: Board) -> bool:
    return any(r.mark.value == "running" for s in shown.sections for r in s.rows)


def _open(shown: Board) -> bool:
    return any(r.mark.value in ("running", "waiting") for s in shown.sections for r in s.rows)


def _rows(shown: Board) -> None:
    for section in shown.sections:
        for row in section.rows:
            if row.run or row.words:
                out.print(
                    f"   {row.mark.sign} {row.action.title}: {row.mark.value}  {row.words}",
                    markup=False,
                )


@contextmanager
def _measured(words: str) -> Generator[None]:
    """One line while it lasts, and one with its time that stays."""
    began = time.monotonic()
    if not out.is_terminal:
        yield
        out.print(f"▶ {words} ({time.monotonic() - began:.1f} s)", markup=False)
        return
    with out.status(words):
        yield
    out.print(f"▶ {words} ({time.monotonic() - began:.1f} s)", style="bold", markup=False)
