"""The outbox: order within an incident, urgency among them, one sender a row, and nothing lost."""

from datetime import timedelta

from playbook.outbox import Post, Sending, Urgency
from playbook.ports import Unit
from storage.store import SqlStore
from tests.storage.values import MINUTE, NOON, SECOND, message

LEASE = timedelta(seconds=30)


async def taken(unit: Unit) -> Sending:
    row = await unit.outbox.take("sender", NOON, LEASE)
    assert row is not None
    return row


async def test_rows_of_an_incident_leave_one_after_the_other(store: SqlStore) -> None:
    async with store.begin() as unit:
        for key in ("a", "b"):
            await unit.outbox.put(message(key))
        assert await unit.outbox.waiting() == 2
        first = await taken(unit)
        assert first.message == message("a")
        assert (first.again, first.attempts) == (False, 1)
        assert await unit.outbox.take("sender", NOON, LEASE) is None
        await unit.outbox.sent(first, "1.2", NOON)
        assert (await taken(unit)).message.key == "b"
        assert await unit.outbox.ts_of("a") == "1.2"
        assert await unit.outbox.ts_of("b") == ""
        assert await unit.outbox.ts_of("c") == ""
        assert await unit.outbox.waiting() == 1


async def test_a_key_is_stored_once(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("a"))
        await unit.outbox.put(message("a", body={"text": "other"}))
        row = await taken(unit)
        assert row.message == message("a")
        await unit.outbox.sent(row, "1.2", NOON)
        await unit.outbox.put(message("a"))
        assert await unit.outbox.waiting() == 0


async def test_the_most_urgent_goes_first_among_incidents_but_not_within_one(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("slow", incident="I1", urgency=Urgency.WHENEVER))
        await unit.outbox.put(message("behind", incident="I1", urgency=Urgency.NOW))
        await unit.outbox.put(message("soon", incident="I2", urgency=Urgency.SOON))
        await unit.outbox.put(message("now", incident="I3", urgency=Urgency.NOW))
        assert [(await taken(unit)).message.key for _ in range(3)] == ["now", "soon", "slow"]
        assert await unit.outbox.take("sender", NOON, LEASE) is None


async def test_a_row_put_back_holds_up_its_incident_until_it_is_due(store: SqlStore) -> None:
    async with store.begin() as unit:
        for key in ("a", "b"):
            await unit.outbox.put(message(key))
        await unit.outbox.put_back(await taken(unit), NOON + MINUTE, "slow down")
        assert await unit.outbox.take("sender", NOON, LEASE) is None
        row = await unit.outbox.take("sender", NOON + MINUTE, LEASE)
    assert row is not None
    assert (row.message.key, row.attempts, row.again) == ("a", 2, True)


async def test_what_a_dead_sender_held_is_handed_out_again(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("a"))
        dead = await taken(unit)
        assert await unit.outbox.take("other", NOON + LEASE - SECOND, LEASE) is None
        again = await unit.outbox.take("other", NOON + LEASE, LEASE)
        assert again is not None
        assert (again.seq, again.again, again.attempts) == (dead.seq, True, 2)
        # A sender that was only slow no longer decides about the row.
        await unit.outbox.put_back(dead, NOON, "time-out")
        await unit.outbox.refuse(dead, "gone")
        assert await unit.outbox.take("third", NOON + LEASE, LEASE) is None
        await unit.outbox.sent(again, "1.2", NOON)
        assert await unit.outbox.waiting() == 0


async def test_what_slack_will_never_take_does_not_block(store: SqlStore) -> None:
    async with store.begin() as unit:
        for key in ("a", "b"):
            await unit.outbox.put(message(key))
        await unit.outbox.refuse(await taken(unit), "msg_too_long")
        assert (await taken(unit)).message.key == "b"


async def test_a_live_post_is_armed_again_and_keeps_its_ts(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("card", Post.CARD))
        first = await taken(unit)
        await unit.outbox.sent(first, "1.2", NOON)
        await unit.outbox.put(message("card", Post.CARD, at=NOON + SECOND))
        assert await unit.outbox.ts_of("card") == "1.2"
        second = await unit.outbox.take("sender", NOON + SECOND, LEASE)
        assert second is not None
        assert (second.version, second.again, second.attempts) == (first.version + 1, False, 1)
        await unit.outbox.sent(second, "", NOON)
        assert await unit.outbox.ts_of("card") == "1.2"


async def test_a_card_armed_while_it_is_sent_is_sent_once_more(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("card", Post.CARD))
        first = await taken(unit)
        await unit.outbox.put(message("card", Post.CARD))
        assert await unit.outbox.take("other", NOON, LEASE) is None
        await unit.outbox.sent(first, "1.2", NOON)
        second = await taken(unit)
        assert (second.message.key, second.version, second.again) == ("card", first.version + 1, False)
        await unit.outbox.sent(second, "1.2", NOON)
        assert await unit.outbox.waiting() == 0


async def test_a_card_that_changes_without_end_does_not_hold_up_the_plan(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("card", Post.CARD))
        card = await taken(unit)
        await unit.outbox.put(message("plan", Post.PLAN))
        await unit.outbox.put(message("card", Post.CARD))
        await unit.outbox.sent(card, "1.2", NOON)
        assert (await taken(unit)).message.key == "plan"


async def test_a_card_that_waits_keeps_its_turn_when_it_is_armed_again(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.outbox.put(message("card", Post.CARD))
        await unit.outbox.put(message("a"))
        await unit.outbox.put(message("card", Post.CARD))
        assert (await taken(unit)).message.key == "card"
