"""Everything that a report says, folded from what is stored; the same rows always make the same report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from actions.catalogue import BY_NAME
from commands.board import board
from commands.checklist import items
from commands.report.metrics import metrics
from commands.report.model import Carried, Report, Word
from commands.report.open_items import open_items
from commands.root_cause import cause_of
from playbook.approval import Decision
from playbook.attack import techniques
from playbook.checklist import Tick
from playbook.ledger import Evidence, breaks
from playbook.people import BOT, Person
from playbook.ports import Unit
from playbook.proof import Rung
from playbook.proposal import Kind, Proposal
from playbook.run import RunRecord, Step

RUNGS = {
    Rung.CONTRADICTED.name: "contradicted",
    Rung.ABSENT.name: "not seen",
    Rung.APPLIED.name: "applied",
    Rung.CONFIGURED.name: "configuration verified",
    Rung.PROVED.name: "proved",
}
"""The rungs of a proof in words, as evidence names them."""


async def gather(unit: Unit, incident: str, now: datetime) -> Report:
    """The report as of `now`. Raises BadInput when there is no incident of that id."""
    shown = await board(unit, incident, now)
    proposals, runs = await unit.proposals.of(incident), await unit.runs.of(incident)
    steps, entries = await unit.runs.steps_of(incident), await unit.timeline.of(incident)
    evidence = await unit.ledger.of(incident)
    cause, stated = await cause_of(unit, incident)
    words = tuple(word for proposal in proposals for word in _words(proposal))
    carried, broken = _carried(runs, steps, evidence), breaks(evidence)
    return Report(
        incident=shown.incident,
        subject=shown.subject,
        at=now,
        first=await unit.incidents.at_first(incident),
        instances=tuple(s.facts for s in shown.sections),
        findings=shown.findings,
        techniques=techniques(shown.findings),
        metrics=metrics(shown.incident, shown.findings, entries),
        entries=entries,
        names=_names(proposals, shown.ticks),
        words=words,
        steps=carried,
        evidence=evidence,
        broken=broken,
        indicators=shown.indicators,
        clocks=shown.clocks,
        cause=cause,
        stated=stated,
        checklist=items(shown),
        open_items=open_items(shown, words, carried, broken, stated=stated),
    )


def _names(proposals: Iterable[Proposal], ticks: Iterable[Tick]) -> dict[str, Person]:
    """Everybody whose name is stored somewhere, by id."""
    people = [BOT, *(p.proposer for p in proposals if p.proposer is not None)]
    people += [a.person for p in proposals for a in p.approvals]
    people += [Person(id=t.by) for t in ticks if t.by]
    return {p.id: p for p in sorted(people, key=lambda p: bool(p.name))}


def _words(proposal: Proposal) -> Iterator[Word]:
    """Each approval of a plan; one line for a plan that got none."""
    for approval in proposal.approvals:
        yield _word(
            proposal, "break-glass" if approval.override else "approved", str(approval.person), approval.at,
            door=approval.door.value, override=approval.override,
        )  # fmt: skip
    if not proposal.approvals or proposal.decision is not Decision.APPROVED:
        yield _word(proposal, proposal.decision.value, proposal.decided_by, proposal.decided)


def _word(
    proposal: Proposal, decision: str, person: str, at: datetime | None, *, door: str = "", override: str = ""
) -> Word:
    titles = ", ".join(BY_NAME[a].title if a in BY_NAME else a for a in proposal.actions)
    return Word(
        plan=proposal.id,
        hash=proposal.hash,
        what=f"Undo: {titles}" if proposal.kind is Kind.UNDO else titles,
        instance=proposal.target.instance,
        proposer=str(proposal.proposer or BOT),
        decision=decision,
        person=person,
        at=at,
        door=door,
        override=override,
    )


def _carried(
    runs: Sequence[RunRecord], steps: Iterable[Step], evidence: Iterable[Evidence]
) -> tuple[Carried, ...]:
    by_run = {run.id: run for run in runs}
    seen: dict[str, list[tuple[datetime, str]]] = {}
    for entry in evidence:
        rung = RUNGS.get(str(entry.body.get("rung", "")), "")
        mine = seen.setdefault(entry.subject, [])
        if entry.kind == "observed" and rung and (not mine or mine[-1][1] != rung):
            mine.append((entry.at, rung))
    return tuple(
        _step(by_run[step.run], step, tuple(seen.get(f"{step.run}/{step.action}", ()))) for step in steps
    )


def _step(run: RunRecord, step: Step, ladder: tuple[tuple[datetime, str], ...]) -> Carried:
    action = BY_NAME.get(step.action)
    return Carried(
        title=action.title if action else step.action,
        row=action.row if action else "",
        instance=run.target.instance,
        undo=run.kind is Kind.UNDO,
        step=step,
        ladder=ladder,
    )
