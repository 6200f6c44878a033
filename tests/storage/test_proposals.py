"""Proposals come back equal, are approved once a person, and decided once."""

from datetime import datetime

import pytest

from playbook.approval import LIFETIME, Decision
from playbook.people import Door
from playbook.proposal import Kind
from storage.store import SqlStore
from tests.storage.values import ANA, BO, CHAI, MINUTE, NOON, OTHER, SECOND, approval, proposal, target

JUST_BEFORE = NOON + LIFETIME - SECOND
AT_EXPIRY = NOON + LIFETIME


async def test_a_proposal_comes_back_with_its_approvals_in_order(store: SqlStore) -> None:
    given = (approval(CHAI, NOON + MINUTE), approval(BO, NOON, door=Door.TERMINAL))
    async with store.begin() as unit:
        await unit.proposals.add(proposal(proposer=None, undoes="r0"))
        for one in given:
            assert await unit.proposals.approve("p1", one)
    async with store.begin() as unit:
        assert await unit.proposals.get("p1") == proposal(proposer=None, undoes="r0", approvals=given)
        assert await unit.proposals.get("p2") is None


async def test_a_newer_proposal_supersedes_the_pending_one_for_the_same_steps(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.proposals.add(proposal("p1"))
        assert await unit.proposals.add(proposal("undo", kind=Kind.UNDO)) == ()
        assert await unit.proposals.add(proposal("less", "snapshot")) == ()
        assert await unit.proposals.add(proposal("elsewhere", target=target(OTHER))) == ()
        assert await unit.proposals.add(proposal("p2", made=NOON + MINUTE)) == ("p1",)
        assert not await unit.proposals.approve("p1", approval())
        old = await unit.proposals.get("p1")
        pending = await unit.proposals.of("I1", pending=True)
        every = await unit.proposals.of("I1")
    assert old is not None
    assert (old.decision, old.decided) == (Decision.SUPERSEDED, NOON + MINUTE)
    assert {p.id for p in pending} == {"undo", "less", "elsewhere", "p2"}
    assert len(every) == 5
    assert every[-1].id == "p2"


async def test_a_decided_proposal_is_not_superseded(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.proposals.add(proposal("p1"))
        assert await unit.proposals.decide("p1", Decision.REJECTED, BO.id, NOON)
        assert await unit.proposals.add(proposal("p2")) == ()


async def test_a_person_approves_once_but_may_break_the_glass_afterwards(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.proposals.add(proposal())
        assert await unit.proposals.approve("p1", approval(BO))
        assert not await unit.proposals.approve("p1", approval(BO, NOON + SECOND))
        assert await unit.proposals.approve("p1", approval(BO, override="nobody else answers"))
        assert await unit.proposals.approve("p1", approval(CHAI))


@pytest.mark.parametrize(
    ("decision", "at", "happens"),
    [
        (Decision.APPROVED, JUST_BEFORE, True),
        (Decision.APPROVED, AT_EXPIRY, False),
        (Decision.EXPIRED, JUST_BEFORE, False),
        (Decision.EXPIRED, AT_EXPIRY, True),
        (Decision.REJECTED, JUST_BEFORE, True),
        (Decision.REJECTED, AT_EXPIRY, True),
    ],
)
async def test_expiry_divides_approving_from_expiring(
    store: SqlStore, decision: Decision, at: datetime, happens: bool
) -> None:
    async with store.begin() as unit:
        await unit.proposals.add(proposal())
        assert await unit.proposals.decide("p1", decision, BO.id, at) is happens


async def test_nobody_approves_at_or_after_expiry(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.proposals.add(proposal())
        assert not await unit.proposals.approve("p1", approval(BO, AT_EXPIRY))
        assert await unit.proposals.approve("p1", approval(BO, JUST_BEFORE))


async def test_what_is_decided_stays_decided(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.proposals.add(proposal())
        assert await unit.proposals.decide("p1", Decision.APPROVED, BO.id, NOON)
        assert not await unit.proposals.decide("p1", Decision.REJECTED, ANA.id, NOON)
        assert not await unit.proposals.approve("p1", approval(CHAI))
        kept = await unit.proposals.get("p1")
    assert kept == proposal(decision=Decision.APPROVED, decided_by=BO.id, decided=NOON)
