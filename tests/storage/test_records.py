"""Timeline, ledger, timers, clicks and letters."""

import asyncio
from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from playbook.ledger import GENESIS, breaks
from playbook.letter import Letter
from playbook.timeline import Entry, Event
from storage.store import SqlStore
from storage.tables import evidence, timeline
from tests.storage.values import ANA, BO, MINUTE, NOON, SECOND


async def test_the_timeline_keeps_the_order_of_writing(store: SqlStore) -> None:
    rows = [
        Entry(
            incident="I1", at=NOON + MINUTE, actor=ANA.id, event=Event.NOTE, words="first", data={"a": [1]}
        ),
        Entry(incident="I1", at=NOON, actor="ec2ir", event=Event.STEP, words="second"),
    ]
    async with store.begin() as unit:
        for row in rows:
            await unit.timeline.add(row)
        await unit.timeline.add(
            Entry(incident="I2", at=NOON, actor="ec2ir", event=Event.NOTE, words="elsewhere")
        )
        kept = await unit.timeline.of("I1")
    assert [k.words for k in kept] == ["first", "second"]
    assert kept[0].seq < kept[1].seq
    assert kept[0] == Entry(
        incident="I1",
        at=NOON + MINUTE,
        actor=ANA.id,
        event=Event.NOTE,
        words="first",
        data={"a": [1]},
        seq=kept[0].seq,
    )


@pytest.mark.parametrize(
    "change",
    [
        update(timeline).values(words="never happened"),
        delete(timeline),
        update(evidence).values(subject="other"),
        delete(evidence),
    ],
    ids=["timeline changed", "timeline deleted", "evidence changed", "evidence deleted"],
)
async def test_the_database_itself_refuses_to_rewrite_the_past(store: SqlStore, change: object) -> None:
    async with store.begin() as unit:
        await unit.timeline.add(
            Entry(incident="I1", at=NOON, actor="ec2ir", event=Event.NOTE, words="it happened")
        )
        await unit.ledger.add("I1", NOON, "observed", "i-1", {})
    with pytest.raises(DBAPIError, match="append-only"):
        async with store.engine.begin() as connection:
            await connection.execute(change)  # pyright: ignore[reportArgumentType, reportCallIssue]
    async with store.begin() as unit:
        assert [e.words for e in await unit.timeline.of("I1")] == ["it happened"]
        assert len(await unit.ledger.of("I1")) == 1


async def test_the_ledger_is_one_whole_chain_an_incident(store: SqlStore) -> None:
    tokyo = timezone(timedelta(hours=9))
    async with store.begin() as unit:
        first = await unit.ledger.add(
            "I1", NOON.astimezone(tokyo), "before", "i-1", {"sg": ["a", {"b": 1.5}]}
        )
        second = await unit.ledger.add("I1", NOON, "observed", "i-1\x00\ud800", {"t": "é\ud800\x00"})
        await unit.ledger.add("I2", NOON, "finding", "f1", {})
    async with store.begin() as unit:
        kept = await unit.ledger.of("I1")
        assert await unit.ledger.incidents() == ("I1", "I2")
    assert (kept[0].previous, kept[1].previous) == (GENESIS, first.sha256)
    assert kept == (first, second)
    assert breaks(kept) == ()


async def test_a_click_belongs_to_who_claims_it_first(store: SqlStore) -> None:
    async with store.begin() as unit:
        assert await unit.clicks.claim("k1", ANA, NOON) is None
        assert await unit.clicks.claim("k1", BO, NOON + SECOND) == (ANA, NOON)
        assert await unit.clicks.claim("k1", ANA, NOON + SECOND) == (ANA, NOON)


async def test_a_click_that_is_given_back_can_be_claimed_anew(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.clicks.claim("k1", ANA, NOON)
        await unit.clicks.release("k1")
        await unit.clicks.release("never claimed")
        assert await unit.clicks.claim("k1", BO, NOON) is None


async def test_a_letter_is_kept_once_and_the_newest_shown_first(store: SqlStore) -> None:
    old = Letter(id="a", received=NOON, body="{", problem="not JSON")
    new = Letter(id="b", received=NOON + SECOND, body="{}", problem="about an IAM user", understood=True)
    async with store.begin() as unit:
        assert await unit.letters.keep(old)
        assert await unit.letters.keep(new)
        assert not await unit.letters.keep(old)
        assert await unit.letters.listed() == (new, old)


async def test_a_naive_moment_is_refused(store: SqlStore) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(Exception, match="no time zone"):
        async with store.begin() as unit:
            await unit.clicks.claim("k1", ANA, naive)


async def test_an_error_takes_the_whole_unit_back(store: SqlStore) -> None:
    async def cancelled() -> None:
        async with store.begin() as unit:
            await unit.clicks.claim("k1", ANA, NOON)
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await cancelled()
    async with store.begin() as unit:
        assert await unit.clicks.claim("k1", BO, NOON) is None
