"""Indicators by hand: added, taken off, and exported, each told and none without a role."""

from __future__ import annotations

import json

import pytest

from commands.ioc import FORMATS, add, export, forget, listed
from playbook.errors import BadInput, NotAllowed
from playbook.indicators import refang
from playbook.outbox import Post
from playbook.people import Door
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, BO, DEE

pytestmark = pytest.mark.slow


async def values(room: Room, incident: str) -> list[tuple[str, str]]:
    async with room.store.begin() as unit:
        return [(k.indicator.kind, k.indicator.value) for k in await listed(unit, incident)]


async def test_what_is_typed_defanged_is_kept_as_it_is_and_told_defanged(room: Room) -> None:
    incident = await room.quiet()
    await add(room.desk, incident, "hxxp://Evil[.]example/x", by=ANA, door=Door.CHAT)
    await add(room.desk, incident, "pool[.]evil[.]example", by=ANA, door=Door.CHAT, about="the pool")

    assert ("url", "http://Evil.example/x") in await values(room, incident)
    assert ("domain", "pool.evil.example") in await values(room, incident)
    told = [e.words for e in await room.timeline(incident) if e.event is Event.INDICATOR]
    assert told == ["ana added url hxxp://Evil[.]example/x", "ana added domain pool[.]evil[.]example"]


@pytest.mark.parametrize(
    ("row", "value", "kind"),
    [
        pytest.param("I1", "i-0fedcba9876543210", "", marks=pytest.mark.row("I1")),
        pytest.param("I2", "kdevtmpfsi", "process", marks=pytest.mark.row("I2")),
        pytest.param("I3", "pool[.]evil[.]example", "", marks=pytest.mark.row("I3")),
        pytest.param("I4", "arn:aws:iam::111111111111:user/eve", "", marks=pytest.mark.row("I4")),
        pytest.param("I5", "203.0.113.9", "source", marks=pytest.mark.row("I5")),
        pytest.param("I6", "/etc/cron.d/apache", "", marks=pytest.mark.row("I6")),
    ],
)
async def test_what_the_playbook_collects_is_on_the_list_and_in_the_export(
    room: Room, row: str, value: str, kind: str
) -> None:
    incident = await room.quiet()
    await add(room.desk, incident, value, kind=kind, by=ANA, door=Door.CHAT)
    file = await export(room.desk, incident, "csv", by=ANA, door=Door.CHAT)

    assert f"{row},{kind}" in file.content.decode()
    assert refang(value) in {kept for _, kept in await values(room, incident)}


async def test_a_known_one_is_confirmed_and_kept_once(room: Room) -> None:
    incident = await room.quiet()
    for person in (ANA, BO):
        await add(room.desk, incident, "203.0.113.9", by=person, door=Door.CHAT)

    async with room.store.begin() as unit:
        (found,) = [k for k in await listed(unit, incident) if k.indicator.value == "203.0.113.9"]
    assert found.sources == ("added by ana", "added by bo")


async def test_the_kind_can_be_said(room: Room) -> None:
    incident = await room.quiet()
    await add(room.desk, incident, "kdevtmpfsi", kind="process", by=ANA, door=Door.CHAT)
    assert ("process", "kdevtmpfsi") in await values(room, incident)


@pytest.mark.parametrize(
    ("value", "kind", "answer"),
    [
        ("who knows", "", "no indicator that can be told by its look"),
        ("banana", "fruit", "“fruit” is no kind of indicator"),
        ("banana", "ip", "“banana” is no ip"),
    ],
)
async def test_what_is_none_is_refused(room: Room, value: str, kind: str, answer: str) -> None:
    incident = await room.quiet()
    with pytest.raises(BadInput, match=answer):
        await add(room.desk, incident, value, kind=kind, by=ANA, door=Door.CHAT)


async def test_forgetting_takes_every_kind_of_the_value_off(room: Room) -> None:
    incident = await room.quiet()
    for kind in ("ip", "source"):
        await add(room.desk, incident, "203.0.113.9", kind=kind, by=ANA, door=Door.CHAT)
    gone = await forget(room.desk, incident, "203.0.113[.]9", by=ANA, door=Door.CHAT)

    assert [i.kind for i in gone] == ["ip", "source"]
    assert not any(value == "203.0.113.9" for _, value in await values(room, incident))
    with pytest.raises(BadInput, match=r"203\[.\]0\[.\]113\[.\]9 is not on the list"):
        await forget(room.desk, incident, "203.0.113.9", by=ANA, door=Door.CHAT)


@pytest.mark.parametrize("form", FORMATS)
async def test_an_export_is_stored_sealed_and_posted(room: Room, form: str) -> None:
    incident = await room.quiet()
    await room.told()
    file = await export(room.desk, incident, form, by=ANA, door=Door.CHAT)

    async with room.store.begin() as unit:
        assert await unit.files.get(file.id) == file
        assert [e.body["sha256"] for e in await unit.ledger.of(incident) if e.kind == "indicators"] == [
            file.sha256
        ]
    assert [m.body["file"] for m in await room.told() if m.post is Post.FILE] == [file.id]
    assert b"198.51.100.7" in file.content
    if form != "csv":
        json.loads(file.content)


async def test_exports_that_can_not_be(room: Room) -> None:
    incident = await room.quiet()
    with pytest.raises(BadInput, match="“xml” is no format"):
        await export(room.desk, incident, "xml", by=ANA, door=Door.CHAT)
    for _, value in await values(room, incident):
        await forget(room.desk, incident, value, by=ANA, door=Door.CHAT)
    with pytest.raises(BadInput, match="No indicator is known yet"):
        await export(room.desk, incident, "csv", by=ANA, door=Door.CHAT)


async def test_without_a_role_nothing_changes(room: Room) -> None:
    incident = await room.quiet()
    before = await values(room, incident)
    with pytest.raises(NotAllowed):
        await add(room.desk, incident, "203.0.113.9", by=DEE, door=Door.CHAT)
    with pytest.raises(NotAllowed):
        await forget(room.desk, incident, "198.51.100.7", by=DEE, door=Door.CHAT)
    with pytest.raises(NotAllowed):
        await export(room.desk, incident, "csv", by=DEE, door=Door.CHAT)
    assert await values(room, incident) == before
