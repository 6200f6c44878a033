"""Answers, ticks, indicators, files, root causes, and instances as they first were."""

from dataclasses import replace

from playbook.answer import Answered, Verdict, answer
from playbook.checklist import Said, Tick
from playbook.environment import Environment
from playbook.file import made
from playbook.finding import Indicator
from storage.store import SqlStore
from tests.storage.values import ANA, BO, MINUTE, NOON, facts, incident, target

MINER = Indicator(kind="ip", value="198.51.100.7", about="pool")


async def test_a_check_has_one_answer_an_instance_the_latest(store: SqlStore) -> None:
    def answered(check: str, *says: str) -> Answered:
        found = answer(Verdict.NOTABLE, *says, evidence={"peers": [1]}, indicators=(MINER,), gaps=("IPv6",))
        return Answered(check=check, target=target(), at=NOON, answer=found)

    async with store.begin() as unit:
        await unit.answers.save(answered("outbound", "before"))
        await unit.answers.save(answered("exposed"))
        await unit.answers.save(replace(answered("outbound", "now"), at=NOON + MINUTE))
        await unit.answers.save(replace(answered("outbound"), target=target(incident="I2")))
    async with store.begin() as unit:
        kept = await unit.answers.of("I1")
    assert kept == (answered("exposed"), replace(answered("outbound", "now"), at=NOON + MINUTE))


async def test_the_last_word_on_a_row_stands(store: SqlStore) -> None:
    first = Tick(incident="I1", row="A7", said=Said.DONE, by=ANA.id, at=NOON, comment="looked at it")
    then = Tick(incident="I1", row="A7", said=Said.OPEN, by=BO.id, at=NOON + MINUTE, assignee=ANA.id)
    async with store.begin() as unit:
        await unit.ticks.save(first)
        await unit.ticks.save(then)
        await unit.ticks.save(replace(first, row="A1"))
        await unit.ticks.save(replace(first, incident="I2"))
        assert await unit.ticks.of("I1") == (replace(first, row="A1"), then)


async def test_an_indicator_is_kept_once_with_everywhere_it_was_seen(store: SqlStore) -> None:
    async with store.begin() as unit:
        assert await unit.indicators.add("I1", replace(MINER, about=""), "GuardDuty", NOON)
        assert not await unit.indicators.add("I1", MINER, "flow logs", NOON + MINUTE)
        assert not await unit.indicators.add("I1", MINER, "flow logs", NOON + MINUTE)
        assert await unit.indicators.add("I2", MINER, "GuardDuty", NOON)
        (known,) = await unit.indicators.of("I1")
        assert known.indicator == MINER
        assert (known.sources, known.first) == (("GuardDuty", "flow logs"), NOON)

        assert await unit.indicators.forget("I1", MINER)
        assert not await unit.indicators.forget("I1", MINER)
        assert await unit.indicators.of("I1") == ()
        assert len(await unit.indicators.of("I2")) == 1


async def test_a_file_comes_back_to_the_byte(store: SqlStore) -> None:
    file = made(
        id="F1", incident="I1", name="report.pdf", media="application/pdf", content=bytes(range(256)), at=NOON,
        signature=b"\x00\xff",
    )  # fmt: skip
    async with store.begin() as unit:
        await unit.files.put(replace(file, id="F2", at=NOON + MINUTE))
        await unit.files.put(file)
        assert await unit.files.get("F1") == file
        assert await unit.files.get("F9") is None
        assert [f.id for f in await unit.files.of("I1")] == ["F1", "F2"]


async def test_the_root_cause_last_stated_stands(store: SqlStore) -> None:
    async with store.begin() as unit:
        assert await unit.root_causes.get("I1") is None
        await unit.root_causes.save("I1", {"actor": "external"}, ANA, NOON)
        await unit.root_causes.save("I1", {"actor": "internal"}, BO, NOON + MINUTE)
        assert await unit.root_causes.get("I1") == {"actor": "internal"}


async def test_what_an_instance_first_was_outlives_what_is_learnt(store: SqlStore) -> None:
    first = facts(role="web-app", groups={"eni-1": ("sg-web",)}, environment=Environment.NONPRODUCTION)
    async with store.begin() as unit:
        await unit.incidents.add(incident(), [first])
        await unit.incidents.learn("I1", replace(first, role="", groups={"eni-1": ("sg-deny",)}))
        (now,) = await unit.incidents.instances("I1")
        assert now.role == ""
        assert await unit.incidents.at_first("I1") == (first,)
