"""The incident, played: people click in the box's Slack, and what happened is judged by a checker of the box's own."""

from __future__ import annotations

import asyncio

from cli import show
from cli.demo_full import whole
from cli.demo_hands import (
    StoppedShort,
    click,
    last_words,
    mark,
    measured,
    posted,
    rows,
    running,
    seen,
    told,
    unsettled,
    until,
)
from cli.demo_ladder import climbed
from cli.demo_watch import watched
from cli.demo_world import CIDR, World
from cli.doors import err, out
from cli.scenario import Scenario
from playbook.clock import elapsed
from playbook.proposal import Kind
from sandbox.aws.checker import Expectation, Fact, check
from sandbox.aws.findings import mining

LEAK = "web-mining"


async def play(made: World, scenario: Scenario, *, leak: bool) -> bool:
    """Play it; whether everything was proved, by the product's proofs and by the checker."""
    with measured("A GuardDuty finding reaches the queue"):
        finding = await asyncio.to_thread(mining, made.box.client("ec2"), made.account.web, at=made.clock())
        await asyncio.to_thread(made.box.controls.put_finding, made.account.queue, finding)
    try:
        if scenario is Scenario.LADDER:
            return await climbed(made)
        incident = await _contain(made, leak=leak)
        proved = await _prove(made)
        if proved and scenario is Scenario.FULL:
            return await whole(made)
        if proved and scenario is Scenario.WATCH:
            return await watched(made)
        if proved:
            await _undo_tag(made)
    except StoppedShort as failure:
        err.print(f"🔴 {failure}", style="red", markup=False)
        return False
    return await _judge(made, incident) and proved


async def _contain(made: World, *, leak: bool) -> str:
    with measured("Its incident opens: a private channel, a card, and a plan that ec2ir proposes"):
        shown = await until(made, lambda b: bool(b.incident.card_ts and b.pending))
        await posted(made, shown.pending[0].id)
    show.proposal(shown.pending[0])
    plan, channel = shown.pending[0].id, shown.incident.channel
    with measured("ana, who is no approver, tries to approve it; she is told why not"):
        await click(made, "ana", channel, plan, "approve")
        await told(made, "ana")
    out.print(f"   “{last_words(made, 'ana')}”", style="dim", markup=False)
    if leak:
        await asyncio.to_thread(made.box.controls.leak, LEAK)
        out.print("   (a connection to the mining pool will survive isolation)", style="yellow")
    with measured("bo approves; every step runs as soon as those before it allow"):
        await click(made, "bo", channel, plan, "approve")
        shown = await until(made, lambda b: b.incident.contained is not None and not running(b))
    rows(shown)
    return shown.incident.id


async def _prove(made: World) -> bool:
    with measured("Fifteen minutes later flow logs have come, and snapshots are complete"):
        for _ in range(15):
            await made.forward(1)
        shown = await until(made, lambda b: mark(b, "isolate") in ("proved", "failed") and not unsettled(b))
    rows(shown)
    failed = [r.words for s in shown.sections for r in s.rows if r.mark.value == "failed"]
    for words in failed:
        err.print(f"🔴 {words}", style="red", markup=False)
    return not failed


async def _undo_tag(made: World) -> None:
    shown = await seen(made)
    channel = shown.incident.channel
    with measured("ana takes the tags back: an undo is planned, approved and proved like any step"):
        await made.workspace.says("ana", channel, "/ec2ir undo tag")
        shown = await until(made, lambda b: any(p.kind is Kind.UNDO for p in b.pending))
        undo = shown.pending[-1].id
        await posted(made, undo)
        await click(made, "bo", channel, undo, "approve")
        shown = await until(made, lambda b: mark(b, "tag") == "undone")
    rows(shown)


async def _judge(made: World, incident: str) -> bool:
    shown = await seen(made)
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
