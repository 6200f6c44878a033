"""Stating the root cause: by those who hold a role, one part at a time, and told."""

from __future__ import annotations

import json

import pytest

from commands.root_cause import as_veris, cause_of, export, state
from playbook.errors import BadInput, NotAllowed
from playbook.finding import FindingType
from playbook.outbox import Post
from playbook.people import Door
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, DEE

pytestmark = pytest.mark.slow


async def test_until_somebody_speaks_the_finding_does(room: Room) -> None:
    incident = await room.finding(type=FindingType(full="CryptoCurrency:EC2/BitcoinTool.B"))
    async with room.store.begin() as unit:
        cause, stated = await cause_of(unit, incident)

    assert (cause.malware, stated) == (("Cryptocurrency mining",), False)


@pytest.mark.parametrize(
    ("part", "words", "where"),
    [
        pytest.param("actor", "internal", ("actor", "internal"), marks=pytest.mark.row("Q1")),
        pytest.param("hacking", "Brute force", ("action", "hacking"), marks=pytest.mark.row("Q2")),
        pytest.param("asset", "S - Database", ("asset", "assets"), marks=pytest.mark.row("Q3")),
        pytest.param("availability", "Loss", ("attribute", "availability"), marks=pytest.mark.row("Q4")),
    ],
)
async def test_each_part_of_the_playbooks_root_cause_can_be_changed(
    room: Room, part: str, words: str, where: tuple[str, str]
) -> None:
    incident = await room.finding()
    async with room.store.begin() as unit:
        before = await as_veris(unit, incident)
    await state(room.desk, incident, part, words, by=ANA, door=Door.CHAT)
    async with room.store.begin() as unit:
        after = await as_veris(unit, incident)

    assert before[where[0]].get(where[1]) != after[where[0]][where[1]]


async def test_parts_are_stated_one_after_the_other_and_told(room: Room) -> None:
    incident = await room.finding()
    await state(room.desk, incident, "hacking", "exploit vuln", by=ANA, door=Door.CHAT)
    await state(room.desk, incident, "summary", "An admin page without a password", by=ANA, door=Door.CHAT)

    async with room.store.begin() as unit:
        cause, stated = await cause_of(unit, incident)
        said = await as_veris(unit, incident)
    assert stated
    assert said["action"]["hacking"]["variety"] == ["Exploit vuln"]
    assert said["summary"] == cause.summary == "An admin page without a password"
    assert said["incident_id"] == incident
    told = [e.words for e in await room.timeline(incident) if e.event is Event.ROOT_CAUSE]
    assert told[0] == "ana states the root cause, hacking: Exploit vuln"


async def test_nonsense_and_strangers_change_nothing(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(BadInput):
        await state(room.desk, incident, "hacking", "magic", by=ANA, door=Door.CHAT)
    with pytest.raises(NotAllowed):
        await state(room.desk, incident, "hacking", "DoS", by=DEE, door=Door.CHAT)
    async with room.store.begin() as unit:
        assert (await cause_of(unit, incident))[1] is False


async def test_it_is_exported_as_a_file_that_is_sealed_and_posted(room: Room) -> None:
    incident = await room.finding()
    await room.told()
    file = await export(room.desk, incident, by=ANA, door=Door.CHAT)

    assert json.loads(file.content)["incident_id"] == incident
    async with room.store.begin() as unit:
        assert [e.body["sha256"] for e in await unit.ledger.of(incident) if e.kind == "root cause"] == [
            file.sha256
        ]
    assert [m.body["file"] for m in await room.told() if m.post is Post.FILE] == [file.id]
