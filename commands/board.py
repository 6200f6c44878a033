"""The board: everything that a card or a terminal shows of an incident, folded from what is stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from commands.desk import the_incident
from playbook.answer import Answered
from playbook.approval import LIFETIME, Decision
from playbook.checklist import Tick, malicious
from playbook.clock import elapsed, stamp
from playbook.decisions import Recommendation, recommend
from playbook.environment import strictest
from playbook.escalation import Escalation
from playbook.finding import Finding
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.indicators import Known
from playbook.legal import LegalClock
from playbook.ports import Unit
from playbook.proposal import Kind, Proposal
from playbook.run import ACTIVE, RunRecord, Step, StepState
from playbook.watch import Watch, Watched

_INSTANT = timedelta(seconds=1)
"""A step that took less than this says no duration."""


class Mark(StrEnum):
    """A row's state, as a mark and a word; the word is always shown with the mark."""

    NOT_STARTED = "not started"
    WAITING = "waiting"
    RUNNING = "running"
    PROVED = "proved"
    FAILED = "failed"
    UNDONE = "undone"
    NOT_APPLICABLE = "does not apply"

    @property
    def sign(self) -> str:
        """The mark itself."""
        return _SIGNS[self]


_SIGNS = {
    Mark.NOT_STARTED: "⚪",
    Mark.WAITING: "🟡",
    Mark.RUNNING: "🔵",
    Mark.PROVED: "🟢",
    Mark.FAILED: "🔴",
    Mark.UNDONE: "↩️",
    Mark.NOT_APPLICABLE: "⚫",
}


class Verb(StrEnum):
    """What a row's button asks for."""

    PLAN = "plan"
    RETRY = "retry"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step of one instance. `run` and `attempt` are what its state comes from; `why_not` says why no button."""

    action: AnyAction
    mark: Mark
    words: str
    run: str = ""
    attempt: int = 0
    ended: datetime | None = None
    offers: tuple[Verb, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One instance, its rows, and the plan that ec2ir itself proposes for it, while that waits.

    `planned` counts the plans made for it so far: a button that asks for one more is another button then.
    """

    facts: InstanceFacts
    rows: tuple[Row, ...]
    recommended: Proposal | None
    planned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`pending` are all plans that wait for approval, oldest first."""

    incident: Incident
    findings: tuple[Finding, ...]
    recommendation: Recommendation
    sections: tuple[Section, ...]
    pending: tuple[Proposal, ...]
    now: datetime
    answers: tuple[Answered, ...] = ()
    ticks: tuple[Tick, ...] = ()
    indicators: tuple[Known, ...] = ()
    clocks: tuple[LegalClock, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    watches: tuple[Watch, ...] = ()
    watched: tuple[Watched, ...] = ()

    @property
    def subject(self) -> str:
        """The first instance's name or id, which channel and card are called by."""
        first = self.sections[0].facts if self.sections else None
        return (first.name or first.instance) if first else self.incident.title


async def board(unit: Unit, incident: str, now: datetime) -> Board:
    """The board of an incident. Raises BadInput when there is none of that id. A constant number of queries."""
    return fold(
        await the_incident(unit, incident),
        findings=await unit.findings.of(incident),
        instances=await unit.incidents.instances(incident),
        proposals=await unit.proposals.of(incident),
        runs=await unit.runs.of(incident),
        steps=await unit.runs.steps_of(incident),
        answers=await unit.answers.of(incident),
        ticks=await unit.ticks.of(incident),
        indicators=await unit.indicators.of(incident),
        watches=await unit.watches.of(incident),
        watched=await unit.watches.seen_in(incident),
        clocks=await unit.legal_clocks.of(incident),
        escalations=await unit.escalations.of(incident),
        now=now,
    )


def fold(
    incident: Incident,
    *,
    findings: Sequence[Finding],
    instances: Sequence[InstanceFacts],
    proposals: Sequence[Proposal],
    runs: Sequence[RunRecord],
    steps: Sequence[Step],
    now: datetime,
    answers: Sequence[Answered] = (),
    ticks: Sequence[Tick] = (),
    indicators: Sequence[Known] = (),
    watches: Sequence[Watch] = (),
    watched: Sequence[Watched] = (),
    clocks: Sequence[LegalClock] = (),
    escalations: Sequence[Escalation] = (),
) -> Board:
    """The board that these rows add up to; each sequence as its repository orders it."""
    plans = [_as_it_stands(p, incident) for p in proposals]
    sections = tuple(_section(incident, facts, plans, runs, steps, now) for facts in instances)
    return Board(
        incident=incident,
        findings=tuple(findings),
        recommendation=recommend(
            findings[0] if findings else None,
            incident.environment,
            malicious=malicious(ticks),
            snapshot=bool(sections) and all(_has_snapshot(section) for section in sections),
            contained=incident.contained is not None,
        ),
        sections=sections,
        pending=tuple(p for p in plans if p.decision is Decision.PENDING and p.expires > now),
        answers=tuple(answers),
        ticks=tuple(ticks),
        indicators=tuple(indicators),
        watches=tuple(watches),
        watched=tuple(watched),
        clocks=tuple(clocks),
        escalations=tuple(escalations),
        now=now,
    )


def _has_snapshot(section: Section) -> bool:
    return any(row.action.name == "snapshot" and row.mark is Mark.PROVED for row in section.rows)


def _as_it_stands(proposal: Proposal, incident: Incident) -> Proposal:
    """A waiting plan needs the people that the strictest environment seen by now asks for."""
    if proposal.decision is not Decision.PENDING:
        return proposal
    return replace(proposal, environment=strictest([proposal.environment, incident.environment]))


def _section(
    incident: Incident,
    facts: InstanceFacts,
    proposals: Sequence[Proposal],
    runs: Sequence[RunRecord],
    steps: Sequence[Step],
    now: datetime,
) -> Section:
    mine = [r for r in runs if r.target.instance == facts.instance and r.kind is Kind.DO]
    busy = any(r.state in ACTIVE for r in runs if r.target.instance == facts.instance)
    planned = [p for p in proposals if p.target.instance == facts.instance]
    latest: dict[str, tuple[RunRecord, Step]] = {}
    for run in mine:
        latest |= {s.action: (run, s) for s in steps if s.run == run.id}
    left_out: dict[str, str] = {}
    for plan in planned:
        left_out = {a: why for a, why in left_out.items() if a not in plan.actions}
        left_out |= {left.action: left.why for left in plan.left_out}
    waiting = [p for p in planned if p.decision is Decision.PENDING and p.expires > now]
    # A retry moves its run's time, never the approval's.
    approved = {p.id: p.decided for p in planned}
    lapsed = {r.id for r in mine if now > (approved.get(r.id) or r.approved) + LIFETIME}
    rows = tuple(
        _row(
            incident,
            action,
            latest.get(action.name),
            left_out.get(action.name, ""),
            waiting,
            busy=busy,
            lapsed=lapsed,
        )
        for action in ACTIONS
    )
    recommended = next((p for p in reversed(waiting) if p.proposer is None and p.kind is Kind.DO), None)
    return Section(facts=facts, rows=rows, recommended=recommended, planned=len(planned))


def _row(
    incident: Incident,
    action: AnyAction,
    latest: tuple[RunRecord, Step] | None,
    left_out: str,
    waiting: Sequence[Proposal],
    *,
    busy: bool,
    lapsed: Collection[str],
) -> Row:
    plan_waits = next((p for p in reversed(waiting) if action.name in p.actions), None)
    if latest is None or latest[1].state is StepState.UNDONE:
        mark, words = _not_in_force(latest, left_out, plan_waits)
        offers: tuple[Verb, ...] = (Verb.PLAN,)
        run = ""
    else:
        run = latest[0].id
        mark, words = _in_force(latest[1])
        offers = _offers(action, latest[1], fresh=run not in lapsed)
        if plan_waits is not None and (plan_waits.kind is Kind.UNDO or mark is Mark.FAILED):
            words = f"{words}; waits for {_waits(plan_waits)}".lstrip("; ")
    why_not = _barred(incident, busy=busy)
    if not offers and not why_not:
        why_not = "Undo not possible: evidence"
    return Row(
        action=action,
        mark=mark,
        words=words,
        run=run,
        attempt=latest[1].attempt if latest is not None else 0,
        ended=latest[1].ended if latest is not None else None,
        offers=() if why_not else offers,
        why_not=why_not,
    )


def _barred(incident: Incident, *, busy: bool) -> str:
    if incident.state is IncidentState.CLOSED:
        return "the incident is closed"
    return "another run is under way on this instance" if busy else ""


def _not_in_force(
    latest: tuple[RunRecord, Step] | None, left_out: str, plan_waits: Proposal | None
) -> tuple[Mark, str]:
    if plan_waits is not None:
        return Mark.WAITING, _waits(plan_waits)
    if latest is not None:
        return Mark.UNDONE, "as it was before"
    return (Mark.NOT_APPLICABLE, left_out) if left_out else (Mark.NOT_STARTED, "")


def _waits(proposal: Proposal) -> str:
    verb = "undo" if proposal.kind is Kind.UNDO else "plan"
    return f"approval of {verb} {proposal.hash[:4]}"


def _in_force(step: Step) -> tuple[Mark, str]:
    span = step.ended - step.began if step.began and step.ended else _INSTANT
    took = elapsed(span) if span > _INSTANT else ""
    says = "; ".join(step.says)
    match step.state:
        case StepState.WAITING:
            return Mark.RUNNING, "about to start"
        case StepState.RUNNING:
            return Mark.RUNNING, f"since {stamp(step.began)}" if step.began else ""
        case StepState.PROVED:
            return Mark.PROVED, f"{says} · {took}" if took else says
        case StepState.APPLIED:
            return Mark.WAITING, f"{says}; {step.waits}" if step.waits else says
        case _:
            return Mark.FAILED, step.problem or says


def _offers(action: AnyAction, step: Step, *, fresh: bool) -> tuple[Verb, ...]:
    undo = (Verb.UNDO,) if action.undo is not None else ()
    if step.state in (StepState.PROVED, StepState.APPLIED):
        return undo
    if step.state is StepState.FAILED:
        return ((Verb.RETRY,) if fresh else (Verb.PLAN,)) + undo
    return ()
