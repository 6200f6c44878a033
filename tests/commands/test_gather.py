"""What ec2ir looks at by itself when an incident opens, and what people have it look at."""

from __future__ import annotations

import pytest

from actions.check import When
from actions.checks.catalogue import CHECK_BY_NAME, CHECKS
from commands.gather import fire, gather
from playbook.answer import Verdict, answer, gap
from playbook.errors import BadInput, NotAllowed, Refused
from playbook.finding import Indicator
from playbook.people import Door
from playbook.slot import Alarm
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, DEE
from tests.storage.values import WEB

pytestmark = pytest.mark.slow
POOL = Indicator(kind="ip", value="198.51.100.99", about="pool")


async def opened(room: Room) -> tuple[str, str]:
    """An incident, and the subject of the timer that asks for its checks."""
    incident = await room.finding()
    async with room.store.begin() as unit:
        due = [s for s in await unit.slots.due(room.clock()) if s.alarm is Alarm.CHECKS]
    assert [s.subject for s in due] == [f"{incident}/{WEB}/"]
    return incident, due[0].subject


async def test_an_opened_incident_asks_for_everything_once_and_keeps_what_was_seen(room: Room) -> None:
    incident, subject = await opened(room)
    room.cloud.answers["outbound"] = answer(Verdict.NOTABLE, "to the pool: 2 GiB", indicators=(POOL,))
    room.cloud.answers["exposed"] = answer(Verdict.CLEAR, "nothing is open")
    await fire(room.desk, subject)

    async with room.store.begin() as unit:
        kept = {a.check: a.answer for a in await unit.answers.of(incident)}
        known = {k.indicator.value: k.sources for k in await unit.indicators.of(incident)}
        sealed = [e.subject for e in await unit.ledger.of(incident) if e.kind == "checked"]
    assert set(kept) == {c.name for c in CHECKS if c.when is When.OPENED}
    assert kept["outbound"].says == ("to the pool: 2 GiB",)
    assert kept["age"].verdict is Verdict.GAP
    assert known[POOL.value] == (f"A7 {CHECK_BY_NAME['outbound'].title}",)
    assert f"{WEB}/outbound" in sealed


async def test_a_round_is_one_line_in_the_channel_however_often_it_is_fired(room: Room) -> None:
    _, subject = await opened(room)
    before = await room.news()
    room.cloud.answers["outbound"] = answer(Verdict.NOTABLE, "to the pool")
    for _ in range(2):
        await fire(room.desk, subject)
    (said,) = [n for n in await room.news() if n not in before]
    assert "1 answer for you to see (A7), 0 clear" in said
    assert "gaps (A1, " in said


async def test_what_people_ask_is_answered_to_them_and_kept(room: Room) -> None:
    incident, _ = await opened(room)
    room.cloud.answers["age"] = answer(Verdict.CLEAR, "launched 3 years ago")
    before = await room.news()
    told = await gather(room.desk, incident, ["age"], by=ANA, door=Door.CHAT)
    assert told["age"].says == ("launched 3 years ago",)
    assert await room.news() == before
    assert [e.words for e in await room.timeline(incident) if e.event is Event.CHECKED] == [
        "A3 Launch time: clear. launched 3 years ago"
    ]


async def test_a_gap_is_never_taken_for_clear(room: Room) -> None:
    incident, subject = await opened(room)
    room.cloud.answers["origin"] = gap("CloudTrail allows two look-ups a second and was busy")
    await fire(room.desk, subject)
    (said,) = [e.words for e in await room.timeline(incident) if e.data.get("check") == "origin"]
    assert "could not be had" in said or "gap" in said


async def test_nonsense_strangers_and_samples_are_refused(room: Room) -> None:
    incident, _ = await opened(room)
    with pytest.raises(BadInput, match="There is no check “nonsense”"):
        await gather(room.desk, incident, ["nonsense"], by=ANA, door=Door.CHAT)
    with pytest.raises(NotAllowed):
        await gather(room.desk, incident, ["age"], by=DEE, door=Door.CHAT)
    with pytest.raises(BadInput, match="is not part of this incident"):
        await gather(room.desk, incident, ["age"], by=ANA, door=Door.CHAT, instance="i-0fedcba9876543210")
    sample = await room.finding("s1", sample=True, instances=("i-0fedcba9876543210",))
    with pytest.raises(Refused, match="sample"):
        await gather(room.desk, sample, ["age"], by=ANA, door=Door.CHAT)
