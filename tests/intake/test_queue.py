"""The queue: nothing is lost, nothing stands in another's way, and nothing ends the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from intake.ports import Received
from intake.queue import AT_ONCE, HIDDEN, LONGEST_PAUSE, RENEWALS, Pulse, pump
from intake.receive import Outcome, handle
from tests.intake.builders import event, finding
from tests.intake.fakes import MemoryQueue, MemorySink, Naps

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Receive = Callable[[Received], Awaitable[Outcome]]


async def stored(message: Received) -> Outcome:
    return Outcome.STORED


@asynccontextmanager
async def pumping(
    queue: MemoryQueue, receive: Receive, *, pulse: Pulse | None = None, sleep: Naps | None = None
) -> AsyncGenerator[asyncio.Event, None]:
    """The pump at work; at the end of the block it is stopped, and waited for."""
    stop = asyncio.Event()
    at_work = asyncio.create_task(
        pump(
            queue,
            receive,
            stop=stop,
            clock=lambda: NOON,
            pulse=pulse or Pulse(),
            sleep=sleep or Naps(endless=True),
            chance=lambda: 1.0,
        )
    )
    try:
        yield stop
    finally:
        stop.set()
        await at_work


async def test_a_message_is_deleted_only_after_it_is_stored() -> None:
    queue = MemoryQueue("a")
    deleted_before: list[list[str]] = []

    async def store(message: Received) -> Outcome:
        deleted_before.append(list(queue.deleted))
        return Outcome.STORED

    async with pumping(queue, store):
        await queue.quiet()

    assert deleted_before == [[]]
    assert queue.deleted == ["a"]


async def test_a_message_that_is_not_understood_is_kept_and_left_and_the_others_go_on() -> None:
    good = event(finding("Trojan:EC2/DropPoint"))
    queue, sink = MemoryQueue("not JSON", good), MemorySink()

    async with pumping(queue, lambda message: handle(message.body, message.id, sink, received=NOON)):
        await queue.quiet()

    assert queue.deleted == [good]
    assert list(queue.out) == ["not JSON"]
    assert [letter.body for letter in sink.letters] == ["not JSON"]
    assert len(sink.findings) == 1


async def test_an_error_costs_one_message_one_delivery() -> None:
    queue, sink = MemoryQueue("a", "b", "c"), MemorySink()
    deliveries: list[tuple[str, int]] = []

    async def flaky(message: Received) -> Outcome:
        deliveries.append((message.id, message.times))
        if message.id == "b" and message.times == 1:
            raise ZeroDivisionError
        return Outcome.STORED

    with capture_logs() as lines:
        async with pumping(queue, flaky):
            await queue.quiet()
            deleted_at_first = list(queue.deleted)
            queue.hand_out_again()
            await queue.quiet()

    assert deliveries == [("a", 1), ("b", 1), ("c", 1), ("b", 2)]
    assert deleted_at_first == ["a", "c"]
    assert queue.deleted == ["a", "c", "b"]
    assert [(line["log_level"], line["message"]) for line in lines] == [("error", "b")]
    assert not sink.letters


async def test_a_message_that_could_not_be_deleted_is_stored_again() -> None:
    queue = MemoryQueue("a")
    queue.undeletable = True
    seen: list[int] = []

    async def store(message: Received) -> Outcome:
        seen.append(message.times)
        return Outcome.STORED

    with capture_logs() as lines:
        async with pumping(queue, store):
            await queue.quiet()
            queue.undeletable = False
            queue.hand_out_again()
            await queue.quiet()

    assert seen == [1, 2]
    assert queue.deleted == ["a"]
    assert [line["event"] for line in lines] == ["message not handled: it comes again"]


async def test_messages_are_handled_side_by_side() -> None:
    together = asyncio.Barrier(25)
    queue = MemoryQueue(*(str(n) for n in range(25)))

    async def only_together(message: Received) -> Outcome:
        await together.wait()
        return Outcome.STORED

    async with pumping(queue, only_together):
        await queue.quiet()

    assert queue.batches == [10, 10, 5]
    assert len(queue.deleted) == 25


async def test_a_stuck_message_stands_in_nobodys_way() -> None:
    queue = MemoryQueue("stuck", *(str(n) for n in range(15)))
    released = asyncio.Event()

    async def one_sticks(message: Received) -> Outcome:
        if message.id == "stuck":
            await released.wait()
        return Outcome.STORED

    async with pumping(queue, one_sticks):
        await queue.quiet()
        deleted_meanwhile = list(queue.deleted)
        released.set()

    assert deleted_meanwhile == [str(n) for n in range(15)]
    assert queue.deleted[-1] == "stuck"


async def test_so_many_are_in_hand_at_once_and_no_more() -> None:
    queue = MemoryQueue(*(str(n) for n in range(100)))
    in_hand, full, released = set[str](), asyncio.Event(), asyncio.Event()

    async def wait_for_release(message: Received) -> Outcome:
        in_hand.add(message.id)
        if len(in_hand) == AT_ONCE:
            full.set()
        await released.wait()
        return Outcome.STORED

    async with pumping(queue, wait_for_release):
        await full.wait()
        handed_out = len(queue.out)
        released.set()
        await queue.quiet()

    assert handed_out < AT_ONCE + 10
    assert len(queue.deleted) == 100


async def test_what_takes_long_is_kept_hidden_meanwhile() -> None:
    queue, naps = MemoryQueue("slow"), Naps()
    released = asyncio.Event()

    async def slow(message: Received) -> Outcome:
        await released.wait()
        return Outcome.STORED

    async with pumping(queue, slow, sleep=naps):
        await queue.quiet()
        await naps.begun.wait()
        released.set()

    assert naps.taken == [HIDDEN / 2] * RENEWALS
    assert queue.extended == ["slow"] * RENEWALS
    assert queue.deleted == ["slow"]


async def test_a_message_that_can_not_be_kept_hidden_is_handled_all_the_same() -> None:
    queue, naps = MemoryQueue("slow"), Naps()
    queue.unextendable = True
    released = asyncio.Event()

    async def slow(message: Received) -> Outcome:
        await released.wait()
        return Outcome.STORED

    with capture_logs() as lines:
        async with pumping(queue, slow, sleep=naps):
            await queue.quiet()
            await naps.begun.wait()
            released.set()

    assert queue.deleted == ["slow"]
    assert [line["event"] for line in lines] == ["message not kept hidden"]


async def test_while_the_queue_fails_the_pauses_grow_to_a_minute_and_start_over_after_an_answer() -> None:
    queue, naps = MemoryQueue("a"), Naps()
    queue.failures = 7

    async with pumping(queue, stored, sleep=naps):
        await queue.quiet()
        pauses = [nap for nap in naps.taken if nap != HIDDEN / 2]
        queue.failures = 1
        queue.answer()
        await queue.quiet()

    assert pauses == [2, 4, 8, 16, 32, LONGEST_PAUSE, LONGEST_PAUSE]
    assert naps.taken[-1] == 2
    assert queue.deleted == ["a"]


@pytest.mark.slow
async def test_an_outage_of_a_day_is_survived() -> None:
    queue, naps = MemoryQueue("a"), Naps()
    queue.failures = 1440

    with capture_logs() as lines:
        async with pumping(queue, stored, sleep=naps):
            await queue.quiet()

    assert queue.deleted == ["a"]
    assert len(lines) == 1440


async def test_a_stop_ends_a_pause_at_once() -> None:
    queue, naps = MemoryQueue(), Naps(endless=True)
    queue.failures = 1

    async with pumping(queue, stored, sleep=naps):
        await naps.begun.wait()

    assert not queue.batches


async def test_a_stop_ends_the_poll_at_once() -> None:
    queue = MemoryQueue()

    async with pumping(queue, stored):
        await queue.quiet()

    assert not queue.batches


async def test_a_stop_finishes_what_is_in_hand() -> None:
    queue = MemoryQueue("a")
    begun, released = asyncio.Event(), asyncio.Event()

    async def slow(message: Received) -> Outcome:
        begun.set()
        await released.wait()
        return Outcome.STORED

    async with pumping(queue, slow) as stop:
        await begun.wait()
        stop.set()
        deleted_at_the_stop = list(queue.deleted)
        released.set()

    assert not deleted_at_the_stop
    assert queue.deleted == ["a"]


async def test_the_pulse_tells_when_the_queue_last_answered_if_only_with_nothing() -> None:
    queue, pulse, naps = MemoryQueue(), Pulse(), Naps()
    queue.failures = 1

    async with pumping(queue, stored, pulse=pulse, sleep=naps):
        await queue.quiet()
        failed, before = list(naps.taken), pulse.answered
        queue.answer()
        await queue.quiet()

    assert failed == [2]
    assert before is None
    assert pulse.answered == NOON
    assert queue.batches == [0]


async def test_cancelled_it_leaves_nothing_behind() -> None:
    queue = MemoryQueue("a")
    begun = asyncio.Event()

    async def endless(message: Received) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        return Outcome.STORED

    at_work = asyncio.create_task(
        pump(
            queue, endless, stop=asyncio.Event(), clock=lambda: NOON, pulse=Pulse(), sleep=Naps(endless=True)
        )
    )
    await begun.wait()
    at_work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await at_work

    assert not queue.deleted
    assert asyncio.all_tasks() == {asyncio.current_task()}
