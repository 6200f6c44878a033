"""Incidents: one open incident holds an instance, and what was once seen as worse stays so."""

from datetime import timedelta

import pytest

from playbook.environment import Environment
from playbook.errors import TooLate
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState
from storage.store import SqlStore
from tests.storage.values import ACCOUNT, ANA, BO, MINUTE, NOON, OTHER, REGION, WEB, facts, incident


async def test_an_incident_and_its_instances_come_back_equal(store: SqlStore) -> None:
    known = facts(
        name="web-1",
        public_ips=("198.51.100.7",),
        launched=NOON,
        tags={"Environment": "prod", "a": "`<!here>"},
    )
    opened = incident(sample=True, lead="U1", channel="C1", card_ts="1.2", contained=NOON)
    async with store.begin() as unit:
        await unit.incidents.add(opened, [known, facts(OTHER, seen=False, problem="no access")])
    async with store.begin() as unit:
        assert await unit.incidents.get("I1") == opened
        assert await unit.incidents.get("I2") is None
        assert await unit.incidents.instances("I1") == (known, facts(OTHER, seen=False, problem="no access"))


async def test_an_open_incident_holds_its_instances_until_it_is_closed(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident("I1"), [facts()])
    with pytest.raises(TooLate, match="belongs to incident I1 already, open since 12:00:00 UTC"):
        async with store.begin() as unit:
            await unit.incidents.add(incident("I2"), [facts(OTHER), facts()])
    async with store.begin() as unit:
        assert await unit.incidents.get("I2") is None
        assert await unit.incidents.open_on(ACCOUNT, REGION, WEB) == incident("I1")
        assert await unit.incidents.open_on(ACCOUNT, REGION, OTHER) is None
        assert await unit.incidents.close("I1", NOON + MINUTE, "false alarm")
        assert not await unit.incidents.close("I1", NOON + 2 * MINUTE, "again")
        await unit.incidents.add(incident("I2"), [facts()])
    async with store.begin() as unit:
        holder = await unit.incidents.open_on(ACCOUNT, REGION, WEB)
        closed = await unit.incidents.get("I1")
    assert holder == incident("I2")
    assert closed == incident(
        "I1", state=IncidentState.CLOSED, closed=NOON + MINUTE, closed_why="false alarm"
    )


async def test_a_closed_incident_is_opened_again_unless_another_one_holds_its_instance(
    store: SqlStore,
) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident("I1"), [facts(), facts(OTHER)])
        assert not await unit.incidents.reopen("I1")
        await unit.incidents.close("I1", NOON + MINUTE, "over")
        await unit.incidents.add(incident("I2"), [facts(OTHER)])
        with pytest.raises(TooLate, match="belongs to incident I2 already"):
            await unit.incidents.reopen("I1")
        assert await unit.incidents.open_on(ACCOUNT, REGION, WEB) is None
        await unit.incidents.close("I2", NOON + MINUTE, "over")
        assert await unit.incidents.reopen("I1")
    async with store.begin() as unit:
        assert await unit.incidents.get("I1") == incident("I1")
        assert await unit.incidents.open_on(ACCOUNT, REGION, WEB) == incident("I1")
        assert await unit.incidents.open_on(ACCOUNT, REGION, OTHER) == incident("I1")


async def test_who_is_refused_an_instance_can_go_on_in_the_same_unit(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident("I1"), [facts()])
        with pytest.raises(TooLate):
            await unit.incidents.add(incident("I2"), [facts(OTHER), facts()])
        await unit.incidents.learn("I1", facts(OTHER))
    async with store.begin() as unit:
        assert await unit.incidents.get("I2") is None
        assert await unit.incidents.open_on(ACCOUNT, REGION, OTHER) == incident("I1")


async def test_what_is_learnt_replaces_what_was_known(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident("I1"), [facts(), facts(OTHER)])
        await unit.incidents.learn("I1", facts(name="web-1"))
        assert await unit.incidents.instances("I1") == (facts(name="web-1"), facts(OTHER))
        await unit.incidents.add(incident("I2"), [])
        with pytest.raises(TooLate, match="incident I1"):
            await unit.incidents.learn("I2", facts())


async def test_a_closed_incident_learns_without_holding(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident("I1"), [])
        await unit.incidents.close("I1", NOON, "done")
        await unit.incidents.learn("I1", facts())
        assert await unit.incidents.open_on(ACCOUNT, REGION, WEB) is None


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("severity", Severity)
async def test_environment_and_severity_are_never_lowered(
    store: SqlStore, environment: Environment, severity: Severity
) -> None:
    before = incident(environment=Environment.NONPRODUCTION, severity=Severity.HIGH)
    async with store.begin() as unit:
        await unit.incidents.add(before, [])
        await unit.incidents.tighten("I1", environment, severity)
        await unit.incidents.tighten("I1", Environment.NONPRODUCTION, Severity.LOW)
        after = await unit.incidents.get("I1")
    assert after is not None
    assert after.environment is environment
    assert after.severity is (Severity.CRITICAL if severity is Severity.CRITICAL else Severity.HIGH)


async def test_the_first_to_lead_leads(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident(), [])
        assert await unit.incidents.take_lead("I1", ANA)
        assert not await unit.incidents.take_lead("I1", BO)
        known = await unit.incidents.get("I1")
    assert known is not None
    assert known.lead == ANA.id


async def test_the_first_containment_counts_until_it_is_undone(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident(), [])
        assert await unit.incidents.mark_contained("I1", NOON)
        assert not await unit.incidents.mark_contained("I1", NOON + MINUTE)
        assert await unit.incidents.get("I1") == incident(contained=NOON)
        await unit.incidents.unmark_contained("I1")
        assert await unit.incidents.mark_contained("I1", NOON + MINUTE)


async def test_a_channel_leads_to_its_incident(store: SqlStore) -> None:
    async with store.begin() as unit:
        await unit.incidents.add(incident(), [])
        assert await unit.incidents.in_channel("") is None
        await unit.incidents.set_channel("I1", "C1")
        await unit.incidents.set_card("I1", "1.2")
        assert await unit.incidents.in_channel("C1") == incident(channel="C1", card_ts="1.2")


async def test_the_most_severe_and_oldest_are_listed_first(store: SqlStore) -> None:
    async with store.begin() as unit:
        for n, severity in enumerate((Severity.LOW, Severity.HIGH, Severity.CRITICAL, Severity.HIGH)):
            await unit.incidents.add(
                incident(f"I{n}", severity=severity, opened=NOON - timedelta(days=n)), []
            )
        await unit.incidents.close("I2", NOON, "done")
        assert ids(await unit.incidents.listed()) == ["I3", "I1", "I0"]
        assert ids(await unit.incidents.listed(closed=True)) == ["I2", "I3", "I1", "I0"]
        assert ids(await unit.incidents.listed(most=1)) == ["I3"]


def ids(found: tuple[Incident, ...]) -> list[str]:
    return [i.id for i in found]
