"""Boards made of anything: what hypothesis draws, and what a hostile owner of an instance would write."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from commands.board import Board, Mark, Row, Section, Verb
from playbook.decisions import recommend
from playbook.environment import Environment
from playbook.finding import Finding, FindingKey, FindingType, Scope, Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.proposal import Kind, Proposal, ProposedStep
from playbook.rows import Phase
from playbook.target import Target

NOON = datetime(2026, 3, 1, 3, 14, tzinfo=UTC)
HOSTILE = (
    "<!channel>",
    "<https://evil.example|Approve here>",
    "```rm -rf```",
    "*bold* _under_ ~gone~",
    "\u202egnp.exe\u202c",
    "a\u200bb\u00adc",
    "&lt;!here&gt;",
    "<@U0000000001>",
    "x" * 10_000,
    "&" * 10_000,
    "line\nbreak\r\x00",
    "",
)


outside = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
instances = st.integers(0, 2**68 - 1).map(lambda n: f"i-{n:017x}")
several = st.lists(outside, max_size=8).map(tuple)


@st.composite
def facts(draw: st.DrawFn) -> InstanceFacts:
    return InstanceFacts(
        account="111111111111",
        region="ap-southeast-1",
        instance=draw(instances),
        seen=draw(st.booleans()),
        problem=draw(outside),
        name=draw(outside),
        owner=draw(outside),
        role=draw(outside),
        role_shared_by=draw(st.integers(0, 9)),
        autoscaling_group=draw(outside),
        target_groups=draw(several),
        public_ips=draw(several),
        exposed=draw(several),
    )


@st.composite
def catalogues(draw: st.DrawFn) -> tuple[AnyAction, ...]:
    """The catalogue as it is, or any other: some steps in each phase, up to sixty in all."""
    if draw(st.booleans()):
        return ACTIONS
    phases = draw(st.lists(st.sampled_from(list(Phase)), min_size=1, max_size=60))
    return tuple(
        replace(ACTIONS[n % len(ACTIONS)], name=f"step-{n}", title=f"Step {n} of the playbook", phase=phase)
        for n, phase in enumerate(phases)
    )


@st.composite
def rows(draw: st.DrawFn) -> tuple[Row, ...]:
    offers = st.lists(st.sampled_from(list(Verb)), max_size=2, unique=True).map(tuple)
    return tuple(
        Row(
            action=action,
            mark=draw(st.sampled_from(list(Mark))),
            words=draw(outside),
            run="r1",
            offers=draw(offers),
            why_not=draw(outside),
        )
        for action in draw(catalogues())
    )


def proposal(target: Target, **changes: object) -> Proposal:
    known: dict[str, object] = {
        "id": "p1",
        "target": target,
        "kind": Kind.DO,
        "steps": (ProposedStep(action="isolate", body={}, fingerprint="f"),),
        "proposer": None,
        "environment": Environment.PRODUCTION,
        "made": NOON,
        "expires": NOON + timedelta(minutes=30),
    }
    return Proposal(**(known | changes))  # pyright: ignore[reportArgumentType]


@st.composite
def sections(draw: st.DrawFn) -> Section:
    found = draw(facts())
    waits = proposal(found.target("x1")) if draw(st.booleans()) else None
    return Section(facts=found, rows=draw(rows()), recommended=waits)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    return Finding(
        key=FindingKey(account="111111111111", region="eu-west-1", id="f"),
        source="guardduty",
        type=FindingType(full=draw(outside)),
        scope=Scope.INSTANCE,
        score=8.0,
        title=draw(outside),
        description="",
        instances=("i-1",),
        count=draw(st.integers(1, 10**9)),
        first_seen=NOON,
        last_seen=NOON,
        updated=NOON,
        archived=draw(st.booleans()),
    )


@st.composite
def boards(draw: st.DrawFn, most: int = 3) -> Board:
    found = tuple(draw(st.lists(findings(), max_size=6)))
    closed = draw(st.booleans())
    incident = Incident(
        id="x1",
        state=IncidentState.CLOSED if closed else IncidentState.OPEN,
        opened=NOON,
        title=draw(outside),
        severity=draw(st.sampled_from(list(Severity))),
        environment=draw(st.sampled_from(list(Environment))),
        sample=draw(st.booleans()),
        lead=draw(st.sampled_from(["", "U0000000001", "<!channel>"])),
        contained=draw(st.sampled_from([None, NOON + timedelta(seconds=82)])),
        closed=NOON if closed else None,
        closed_why=draw(outside),
    )
    drawn = tuple(draw(st.lists(sections(), max_size=most)))
    return Board(
        incident=incident,
        findings=found,
        recommendation=recommend(found[0] if found else None, incident.environment),
        sections=drawn,
        pending=(),
        now=NOON,
    )
