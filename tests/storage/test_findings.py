"""Findings come back as they were stored, and the leading one stands first."""

from playbook.finding import Indicator
from storage.store import SqlStore
from tests.storage.values import ACCOUNT, MINUTE, NOON, facts, finding, incident, key


async def test_a_finding_comes_back_equal(store: SqlStore) -> None:
    seen = finding(caller="arn:aws:iam::111111111111:user/x", actor=True, archived=True)
    async with store.begin() as unit:
        await unit.findings.save(seen, "{}", "")
    async with store.begin() as unit:
        assert await unit.findings.get(key()) == seen
        assert await unit.findings.get(key("other")) is None
        assert await unit.findings.incident_of(key()) == ""


async def test_a_newer_copy_takes_the_older_ones_place(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.findings.save(finding(), "{}", "I1")
        await unit.incidents.add(incident(), [facts()])
        await unit.findings.save(finding(count=9, updated=NOON + MINUTE), "{}", "I1")
    async with store.begin() as unit:
        assert [f.count for f in await unit.findings.of("I1")] == [9]
        assert await unit.findings.incident_of(key()) == "I1"


async def test_the_most_severe_comes_first_then_the_newest(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident(), [facts()])
        await unit.findings.save(finding("low", score=2.0, updated=NOON + 2 * MINUTE), "{}", "I1")
        await unit.findings.save(finding("old", score=8.0), "{}", "I1")
        await unit.findings.save(finding("new", score=8.0, updated=NOON + MINUTE), "{}", "I1")
        assert [f.key.id for f in await unit.findings.of("I1")] == ["new", "old", "low"]


async def test_text_that_no_database_takes_is_kept_as_far_as_it_can_be(store: SqlStore) -> None:
    hostile = "a\x00b\ud800c<!channel>\u202e"
    harmless = "a\ufffdb\ufffdc<!channel>\u202e"
    seen = finding(
        title=hostile, instances=(hostile,), indicators=(Indicator(kind="ip", value=hostile, about=hostile),)
    )
    async with store.begin() as unit:
        await unit.findings.save(seen, hostile, "")
    async with store.begin() as unit:
        kept = await unit.findings.get(key())
    assert kept is not None
    assert (kept.title, kept.instances) == (harmless, (harmless,))
    assert kept.indicators == (Indicator(kind="ip", value=harmless, about=harmless),)


async def test_those_that_were_updated_since_come_from_every_incident_of_the_account(store: SqlStore) -> None:
    async with store.begin() as unit:
        for n, at in enumerate((NOON, NOON + MINUTE, NOON + 2 * MINUTE)):
            await unit.findings.save(finding(f"f{n}", updated=at), "{}", "")
        found = await unit.findings.since(ACCOUNT, NOON)
        assert [f.key.id for f in found] == ["f2", "f1"]
        assert [f.key.id for f in await unit.findings.since(ACCOUNT, NOON, most=1)] == ["f2"]
        assert await unit.findings.since("222222222222", NOON) == ()
