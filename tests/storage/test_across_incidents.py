"""What is read of all incidents at once: waiting plans, assigned rows, gaps, watches without a verdict."""

from dataclasses import replace
from datetime import timedelta

from playbook.answer import Answered, Verdict, answer
from playbook.approval import LIFETIME, Decision
from playbook.checklist import Said, Tick
from playbook.watch import Watch, Watched, WatchMark, WatchState
from storage.store import SqlStore
from tests.storage.values import ANA, BO, MINUTE, NOON, OTHER, approval, proposal, target


async def test_plans_wait_until_they_are_decided_or_expire(store: SqlStore) -> None:
    first, second = proposal("p1", "isolate"), proposal("p2", "stop", made=NOON + MINUTE)
    third = proposal("p3", "tag", made=NOON + 2 * MINUTE, target=target(OTHER, "I2"))
    async with store.begin() as unit:
        for each in (first, second, third):
            await unit.proposals.add(each)
        await unit.proposals.approve("p1", approval(BO))
        await unit.proposals.approve("p1", approval(ANA))
        await unit.proposals.decide("p2", Decision.REJECTED, BO.id, NOON)
        assert [p.id for p in await unit.proposals.waiting(NOON, 10)] == ["p1", "p3"]
        (oldest,) = await unit.proposals.waiting(NOON, 1)
        assert [a.person for a in oldest.approvals] == [BO, ANA]
        assert await unit.proposals.waiting(NOON + LIFETIME, 10) == ()


async def test_rows_are_with_somebody_until_they_are_settled(store: SqlStore) -> None:
    mine = Tick(incident="I1", row="F3", at=NOON, assignee=ANA.id)
    async with store.begin() as unit:
        await unit.ticks.save(mine)
        await unit.ticks.save(replace(mine, incident="I2", row="F4", at=NOON + MINUTE))
        await unit.ticks.save(replace(mine, row="F5", said=Said.DONE))
        await unit.ticks.save(replace(mine, row="F6", assignee=BO.id))
        assert [(t.incident, t.row) for t in await unit.ticks.assigned(ANA)] == [("I1", "F3"), ("I2", "F4")]


async def test_gaps_are_counted_by_incident(store: SqlStore) -> None:
    async with store.begin() as unit:
        for incident, check, verdict in (
            ("I1", "outbound", Verdict.GAP),
            ("I1", "origin", Verdict.GAP),
            ("I1", "age", Verdict.CLEAR),
            ("I2", "age", Verdict.CLEAR),
            ("I3", "age", Verdict.GAP),
        ):
            found = Answered(
                check=check, target=target(incident=incident), at=NOON, answer=answer(verdict, "x")
            )
            await unit.answers.save(found)
        assert await unit.answers.gaps(["I1", "I2"]) == {"I1": 2}
        assert await unit.answers.gaps([]) == {}


async def test_a_watch_is_on_the_list_until_somebody_signs_its_verdict(store: SqlStore) -> None:
    def watch(id: str, state: WatchState, **more: object) -> Watch:  # noqa: A002
        made = Watch(id=id, target=target(), began=NOON, until=NOON + timedelta(hours=72), state=state)
        return replace(made, **more)  # pyright: ignore[reportArgumentType]

    signed = watch("w4", WatchState.ENDED, verdict="clean", signed_by=ANA.id, signed=NOON)
    async with store.begin() as unit:
        for each in (
            watch("w1", WatchState.RUNNING),
            watch("w2", WatchState.PAUSED),
            watch("w3", WatchState.ENDED),
            watch("w5", WatchState.STOPPED),
            signed,
        ):
            await unit.watches.add(each)
            await unit.watches.note(Watched(watch=each.id, due=NOON, at=NOON, mark=WatchMark.CLEAR))
        assert [w.id for w in await unit.watches.unsigned()] == ["w1", "w2", "w3"]
        assert [s.watch for s in await unit.watches.seen_unsigned()] == ["w1", "w2", "w3"]
