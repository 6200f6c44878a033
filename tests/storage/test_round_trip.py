"""Whatever a domain value holds, an equal one comes back."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playbook.approval import Approval, Decision
from playbook.environment import Environment
from playbook.finding import Finding, FindingKey, FindingType, Indicator, Scope, Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.ledger import breaks
from playbook.people import Door, Person
from playbook.plan import Json
from playbook.proposal import Kind, LeftOut, Proposal, ProposedStep
from storage.store import SqlStore, SqlUnit
from tests.storage.values import target

pytestmark = pytest.mark.slow

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=3, minutes=30))])
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=ZONES)  # noqa: DTZ001
BODIES = st.dictionaries(
    WORDS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
PEOPLE = st.builds(Person, id=WORDS, name=WORDS)
PROPOSALS = st.builds(
    Proposal,
    id=st.just("p1"),
    target=st.just(target()),
    kind=st.sampled_from(Kind),
    steps=st.lists(st.builds(ProposedStep, action=WORDS, body=BODIES, fingerprint=WORDS), max_size=3).map(
        tuple
    ),
    left_out=st.lists(st.builds(LeftOut, action=WORDS, why=WORDS), max_size=2).map(tuple),
    proposer=st.none() | PEOPLE,
    environment=st.sampled_from(Environment),
    sample=st.booleans(),
    made=MOMENTS,
    expires=MOMENTS,
    decision=st.sampled_from(Decision),
    decided_by=WORDS,
    decided=st.none() | MOMENTS,
    approvals=st.lists(
        st.builds(Approval, person=PEOPLE, at=MOMENTS, override=WORDS, door=st.sampled_from(Door)),
        unique_by=lambda a: (a.person.id, a.override),
        max_size=3,
    ).map(tuple),
    undoes=WORDS,
)
KEY = FindingKey(account="1", region="r", id="f")
FINDINGS = st.builds(
    Finding,
    key=st.just(KEY),
    source=WORDS,
    type=st.builds(FindingType, full=WORDS),
    scope=st.sampled_from(Scope),
    score=st.floats(0, 10),
    title=WORDS,
    description=WORDS,
    instances=st.lists(WORDS, max_size=3).map(tuple),
    count=st.integers(0, 2**31 - 1),
    first_seen=MOMENTS,
    last_seen=MOMENTS,
    updated=MOMENTS,
    archived=st.booleans(),
    sample=st.booleans(),
    actor=st.booleans(),
    caller=WORDS,
    indicators=st.lists(st.builds(Indicator, kind=WORDS, value=WORDS, about=WORDS), max_size=3).map(tuple),
)
INCIDENTS = st.builds(
    Incident,
    id=st.just("I1"),
    state=st.sampled_from(IncidentState),
    opened=MOMENTS,
    title=WORDS,
    severity=st.sampled_from(Severity),
    environment=st.sampled_from(Environment),
    sample=st.booleans(),
    lead=WORDS,
    channel=WORDS,
    card_ts=WORDS,
    contained=st.none() | MOMENTS,
    closed=st.none() | MOMENTS,
    closed_why=WORDS,
)
ADDRESSES = st.lists(WORDS, max_size=2).map(tuple)
FACTS = st.builds(
    InstanceFacts,
    account=st.just("1"),
    region=st.just("r"),
    instance=st.just("i-1"),
    seen=st.booleans(),
    problem=WORDS,
    name=WORDS,
    state=WORDS,
    instance_type=WORDS,
    image=WORDS,
    vpc=WORDS,
    environment=st.sampled_from(Environment),
    owner=WORDS,
    public_ips=ADDRESSES,
    private_ips=ADDRESSES,
    exposed=ADDRESSES,
    role=WORDS,
    role_shared_by=st.integers(0, 100),
    autoscaling_group=WORDS,
    target_groups=ADDRESSES,
    launched=st.none() | MOMENTS,
    tags=st.dictionaries(WORDS, WORDS, max_size=3),
)


class TakenBack(Exception):
    """Ends a unit without leaving anything for the next example."""


async def kept(store: SqlStore, check: Callable[[SqlUnit], Awaitable[None]]) -> None:
    with suppress(TakenBack):
        async with store.begin() as unit:
            await check(unit)
            raise TakenBack


# One database serves all examples, because each takes back what it wrote.
examples = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@examples
@given(proposal=PROPOSALS)
async def test_a_proposal_comes_back_equal(store: SqlStore, proposal: Proposal) -> None:
    async def check(unit: SqlUnit) -> None:
        await unit.proposals.add(proposal)
        assert await unit.proposals.get("p1") == proposal
        again = await unit.proposals.get("p1")
        assert again is not None
        assert again.hash == proposal.hash

    await kept(store, check)


@examples
@given(finding=FINDINGS, incident=INCIDENTS, facts=FACTS)
async def test_findings_incidents_and_instances_come_back_equal(
    store: SqlStore, finding: Finding, incident: Incident, facts: InstanceFacts
) -> None:
    async def check(unit: SqlUnit) -> None:
        await unit.incidents.add(incident, [facts])
        await unit.findings.save(finding, "", "I1")
        assert await unit.findings.get(KEY) == finding
        assert await unit.incidents.get("I1") == incident
        assert await unit.incidents.instances("I1") == (facts,)

    await kept(store, check)


@examples
@given(at=MOMENTS, subject=WORDS, body=BODIES)
async def test_evidence_keeps_its_hash(store: SqlStore, at: datetime, subject: str, body: Json) -> None:
    async def check(unit: SqlUnit) -> None:
        written = await unit.ledger.add("I1", at, "observed", subject, body)
        assert await unit.ledger.of("I1") == (written,)
        assert breaks(await unit.ledger.of("I1")) == ()

    await kept(store, check)
