"""Files in the incident's channel: shared once, with their signature, whatever becomes of Slack's answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.files import comment
from commands.reports import report
from playbook.file import made
from playbook.people import Door, Person
from sandbox.slack import Fault, Message, texts
from tests.bot.conftest import NOON, Room

pytestmark = pytest.mark.slow

SHARE = "files.completeUploadExternal"


def with_files(room: Room) -> list[Message]:
    return [m for m in room.messages() if m.files]


def names(message: Message) -> list[str]:
    return [str(file["name"]) for file in message.files]


async def ask(room: Room) -> None:
    incident, ana = await room.incident(), room.slack.user("ana")
    await report(room.desk, incident.id, by=Person(id=ana.id, name="ana"), door=Door.CHAT)


async def test_a_report_comes_as_two_files_that_name_their_hash(room: Room) -> None:
    await ask(room)
    await room.settle()

    markdown, pdf = with_files(room)
    assert names(markdown)[0].endswith(".md")
    assert names(pdf)[0].endswith(".pdf")
    incident = await room.incident()
    async with room.store.begin() as unit:
        stored = {file.name: file for file in await unit.files.of(incident.id)}
    file = stored[names(pdf)[0]]
    assert file.sha256 in texts(pdf)
    uploaded = room.slack.state.files[str(pdf.files[0]["id"])]
    assert uploaded.content == file.content
    assert len(uploaded.content or b"") > 1000


async def test_a_signature_comes_beside_its_file(room: Room) -> None:
    def sign(content: bytes) -> bytes:
        return b"signed:" + content[:4]

    signed = replace(room, desk=replace(room.desk, sign=sign))
    await ask(signed)
    await room.settle()

    _, pdf = with_files(room)
    assert names(pdf)[1] == f"{names(pdf)[0]}.sig"
    assert room.slack.state.files[str(pdf.files[1]["id"])].content == b"signed:%PDF"


@pytest.mark.parametrize("lost", ["timeout", "dropped"])
async def test_when_the_last_answer_is_lost_the_file_is_not_shared_twice(room: Room, lost: str) -> None:
    fault = Fault.timeout() if lost == "timeout" else Fault.dropped()
    room.slack.faults.order(SHARE, fault)
    await ask(room)
    for _ in range(3):
        await room.settle()
        room.clock.passes(seconds=5)

    assert len(with_files(room)) == 2


async def test_when_slack_did_not_take_it_it_is_sent_again(room: Room) -> None:
    room.slack.faults.order(SHARE, Fault.server_error(503))
    await ask(room)
    for _ in range(3):
        await room.settle()
        room.clock.passes(seconds=5)

    assert len(with_files(room)) == 2


async def test_a_workspace_without_uploads_does_not_hold_up_the_incident(room: Room) -> None:
    room.slack.faults.order("files.getUploadURLExternal", Fault.refused("file_uploads_disabled"), times=50)
    await ask(room)
    for _ in range(10):
        await room.settle()
        room.clock.passes(minutes=1)
    await room.says("ana", "/ec2ir lead")
    await room.settle()

    assert with_files(room) == []
    assert f"Lead <@{room.slack.user('ana').id}>" in texts(room.card())


def test_words_from_outside_do_nothing_in_the_comment() -> None:
    file = made(
        id="f1", incident="x", name="a<b>.md", media="text/markdown", content=b"", at=NOON, signature=b"s"
    )
    said = comment(file, "<!channel> *x* `y`")
    assert "<!channel>" not in said
    assert "*x*" not in said
    assert "`f1`" in said
