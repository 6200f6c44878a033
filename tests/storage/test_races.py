"""Two at the same moment: one wins, the other is told, and nothing is lost."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from playbook.approval import LIFETIME, Decision, Risk, enough, need
from playbook.environment import Environment
from playbook.errors import TooLate
from playbook.ledger import breaks
from playbook.outbox import Post, Sending
from playbook.people import Person
from playbook.timeline import Entry, Event
from storage.store import SqlStore, open_store
from tests.storage.values import (
    ANA,
    BO,
    CHAI,
    MINUTE,
    NOON,
    SECOND,
    approval,
    facts,
    incident,
    message,
    proposal,
    run,
)

pytestmark = pytest.mark.slow

LEASE = timedelta(seconds=30)
ROUNDS = range(10)


async def test_of_approving_expiring_and_rejecting_one_wins(store: SqlStore) -> None:
    async def decide(id: str, decision: Decision, by: str) -> bool:  # noqa: A002
        at = NOON + LIFETIME if decision is Decision.EXPIRED else NOON + LIFETIME - SECOND
        async with store.begin() as unit:
            return await unit.proposals.decide(id, decision, by, at)

    for n in ROUNDS:
        async with store.begin() as unit:
            await unit.proposals.add(proposal(f"p{n}", f"step {n}"))
        won = await asyncio.gather(
            decide(f"p{n}", Decision.APPROVED, BO.id),
            decide(f"p{n}", Decision.EXPIRED, "ec2ir"),
            decide(f"p{n}", Decision.APPROVED, CHAI.id),
            decide(f"p{n}", Decision.REJECTED, ANA.id),
        )
        assert sum(won) == 1


async def test_the_second_of_two_approvers_sees_the_first(store: SqlStore) -> None:
    two = need([Risk.DRASTIC], Environment.PRODUCTION)

    async def approve(id: str, person: Person) -> bool:  # noqa: A002
        async with store.begin() as unit:
            assert await unit.proposals.approve(id, approval(person))
            known = await unit.proposals.get(id)
            assert known is not None
            return enough(two, known.approvals) and await unit.proposals.decide(
                id, Decision.APPROVED, person.id, NOON
            )

    for n in ROUNDS:
        async with store.begin() as unit:
            await unit.proposals.add(proposal(f"p{n}", f"step {n}"))
        carried = await asyncio.gather(approve(f"p{n}", BO), approve(f"p{n}", CHAI))
        assert sum(carried) == 1


async def test_no_approval_lands_on_what_was_rejected_at_the_same_moment(store: SqlStore) -> None:
    async def approve(id: str) -> bool:  # noqa: A002
        async with store.begin() as unit:
            return await unit.proposals.approve(id, approval(BO))

    async def reject(id: str) -> bool:  # noqa: A002
        async with store.begin() as unit:
            return await unit.proposals.decide(id, Decision.REJECTED, CHAI.id, NOON)

    for n in ROUNDS:
        async with store.begin() as unit:
            await unit.proposals.add(proposal(f"p{n}", f"step {n}"))
        approved, rejected = await asyncio.gather(approve(f"p{n}"), reject(f"p{n}"))
        async with store.begin() as unit:
            known = await unit.proposals.get(f"p{n}")
        assert rejected
        assert known is not None
        assert len(known.approvals) == approved


async def test_of_two_proposals_made_at_once_one_stays_pending(store: SqlStore) -> None:
    async def propose(id: str) -> tuple[str, ...]:  # noqa: A002
        async with store.begin() as unit:
            return await unit.proposals.add(proposal(id))

    superseded = await asyncio.gather(*(propose(f"p{n}") for n in range(10)))
    async with store.begin() as unit:
        pending = await unit.proposals.of("I1", pending=True)
    gone = {id for ids in superseded for id in ids}  # noqa: A001
    assert len(pending) == 1
    assert len(gone) == 9
    assert pending[0].id not in gone


async def test_fifty_writers_at_once_and_none_is_refused(store: SqlStore) -> None:
    async def write(n: int) -> None:
        async with store.begin() as unit:
            await unit.timeline.of("I1")
            await unit.timeline.add(
                Entry(incident="I1", at=NOON, actor=ANA.id, event=Event.NOTE, words=str(n))
            )
            await unit.outbox.put(message(f"m{n}", Post.THREAD))
            await unit.outbox.put(message("card", Post.CARD))

    await asyncio.gather(*(write(n) for n in range(50)))
    async with store.begin() as unit:
        assert {e.words for e in await unit.timeline.of("I1")} == {str(n) for n in range(50)}
        assert await unit.outbox.waiting() == 51


async def test_an_outbox_row_comes_into_one_pair_of_hands(store: SqlStore) -> None:
    async def take(sender: str) -> Sending | None:
        async with store.begin() as unit:
            return await unit.outbox.take(sender, NOON, LEASE)

    async with store.begin() as unit:
        for n in range(5):
            await unit.outbox.put(message(f"m{n}", incident=f"I{n}"))
            await unit.outbox.put(message(f"second{n}", incident=f"I{n}"))
    rows = await asyncio.gather(*(take(f"sender {n}") for n in range(10)))
    # A taker that meets a row in another's hands takes the next, or comes back later; it never takes a second one.
    keys = [row.message.key for row in rows if row is not None]
    assert sorted(keys) == [f"m{n}" for n in range(5)]


async def test_a_click_is_claimed_once(store: SqlStore) -> None:
    async def claim(n: int) -> bool:
        async with store.begin() as unit:
            return await unit.clicks.claim("k", Person(id=f"U{n}"), NOON) is None

    assert sum(await asyncio.gather(*(claim(n) for n in range(10)))) == 1


async def test_two_findings_on_one_instance_open_one_incident(store: SqlStore) -> None:
    async def open_(id: str) -> str:  # noqa: A002
        try:
            async with store.begin() as unit:
                await unit.incidents.add(incident(id), [facts()])
        except TooLate as refusal:
            return refusal.what
        return id

    answers = await asyncio.gather(open_("I1"), open_("I2"))
    async with store.begin() as unit:
        (kept,) = await unit.incidents.listed()
    assert kept.id in answers
    assert any(f"belongs to incident {kept.id} already" in a for a in answers)


async def test_one_run_starts_on_an_instance(store: SqlStore) -> None:
    async def start(id: str) -> bool:  # noqa: A002
        try:
            async with store.begin() as unit:
                await unit.runs.start(run(id), ["isolate"])
        except TooLate:
            return False
        return True

    assert sum(await asyncio.gather(*(start(f"p{n}") for n in range(5)))) == 1
    assert not any(await asyncio.gather(*(start(f"q{n}") for n in range(5))))


async def test_each_taker_of_a_run_has_an_attempt_of_its_own(store: SqlStore) -> None:
    async def take(n: int) -> int:
        async with store.begin() as unit:
            return await unit.runs.take("p1", f"holder {n}", NOON)

    async with store.begin() as unit:
        await unit.runs.start(run(), [])
    assert sorted(await asyncio.gather(*(take(n) for n in range(8)))) == list(range(1, 9))


async def test_twenty_writers_make_one_chain(store: SqlStore) -> None:
    async def add(n: int) -> None:
        async with store.begin() as unit:
            await unit.ledger.add("I1", NOON + n * MINUTE, "observed", f"call {n}", {"n": n})

    await asyncio.gather(*(add(n) for n in range(20)))
    async with store.begin() as unit:
        chain = await unit.ledger.of("I1")
    assert breaks(chain) == ()
    assert {e.body["n"] for e in chain} == set(range(20))


ROOT = Path(__file__).resolve().parents[2]
_WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from playbook.timeline import Entry, Event
from storage.store import open_store

async def main(url):
    store = open_store(url)
    for n in range(40):
        async with store.begin() as unit:
            await unit.timeline.of("I1")
            await unit.timeline.add(
                Entry(incident="I1", at=datetime.now(UTC), actor="other", event=Event.NOTE, words=str(n)))
    await store.aclose()

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.process
async def test_a_terminal_beside_the_engine_is_never_refused(sqlite_url: str) -> None:
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", _WRITER, sqlite_url, cwd=ROOT)
    store = open_store(sqlite_url)

    async def write(n: int) -> None:
        async with store.begin() as unit:
            await unit.timeline.of("I1")
            await unit.timeline.add(Entry(incident="I1", at=NOON, actor="us", event=Event.NOTE, words=str(n)))

    n = 0
    while other.returncode is None or n < 40:
        await write(n)
        n += 1
        await asyncio.sleep(0)
    assert await other.wait() == 0
    async with store.begin() as unit:
        kept = await unit.timeline.of("I1")
    await store.aclose()
    assert [e.words for e in kept if e.actor == "other"] == [str(i) for i in range(40)]
    assert [e.words for e in kept if e.actor == "us"] == [str(i) for i in range(n)]
