"""Report, indicators and root cause, as people ask for them in the channel."""

from __future__ import annotations

import pytest

from playbook.timeline import Event
from sandbox.slack import Message, texts
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow


def files(room: Room) -> list[Message]:
    return [m for m in room.messages() if m.files]


async def test_a_report_is_made_and_comes_into_the_channel(room: Room) -> None:
    await room.says("ana", "/ec2ir report")

    assert "The report is made, as Markdown and PDF." in room.told("ana")
    assert [str(m.files[0]["name"]).rpartition(".")[2] for m in files(room)] == ["md", "pdf"]
    assert "ana made the report" in texts(files(room)[0])


async def chooses(room: Room, label: str) -> None:
    """Choose from the card's menu."""
    card = room.card()
    block = next(b for b in card.blocks if any(e.get("action_id") == "more" for e in b.get("elements", ())))
    menu = next(e for e in block["elements"] if e["action_id"] == "more")
    value = next(o["value"] for o in menu["options"] if o["text"]["text"] == label)
    await room.slack.click("ana", room.channel, card.ts, "more", block_id=block["block_id"], choose=value)
    await room.settle()


async def test_the_cards_menu_writes_the_report_and_does_so_again_when_asked_again(room: Room) -> None:
    await chooses(room, "Write the report")
    assert [str(m.files[0]["name"]).rpartition(".")[2] for m in files(room)] == ["md", "pdf"]
    await chooses(room, "Write the report")
    assert len(files(room)) == 4


async def test_the_cards_menu_hands_over_indicators_and_shows_the_root_cause(room: Room) -> None:
    await room.says("ana", "/ec2ir ioc add pool.evil.example")
    await chooses(room, "Indicators as STIX")
    assert str(files(room)[0].files[0]["name"]).endswith(".stix.json")
    await chooses(room, "Root cause")
    assert "*Root cause* (as the findings speak for it" in room.told("ana")


async def test_a_command_that_slack_delivers_twice_makes_one_report(room: Room) -> None:
    room.slack.faults.duplicate_next(concurrent=True)
    await room.says("ana", "/ec2ir report")

    assert len(files(room)) == 2


async def test_indicators_are_listed_defanged(room: Room) -> None:
    await room.says("ana", "/ec2ir ioc add pool.evil.example")
    await room.says("ana", "/ec2ir ioc")

    assert "I3 domain pool[.]evil[.]example · added by ana" in room.told("ana")
    assert "pool.evil.example" not in room.told("ana")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("add 203.0.113.9", "On the list: ip 203[.]0[.]113[.]9"),
        ("add 203.0.113.9 source", "On the list: source 203[.]0[.]113[.]9"),
        ("add kind=process /tmp/x -o pool", "On the list: process /tmp/x -o pool"),
        ("add", "That can't be done with indicators."),
        ("add banana", "is no indicator that can be told by its look"),
        ("forget 203.0.113.9", "203[.]0[.]113[.]9 is not on the list."),
        ("export pdf", "“pdf” is no format. There are: stix, csv, misp."),
        ("export", "That can't be done with indicators."),
    ],
)
async def test_what_people_type_about_indicators(room: Room, words: str, answer: str) -> None:
    await room.says("ana", f"/ec2ir ioc {words}")
    assert answer in room.told("ana")


@pytest.mark.parametrize("form", ["stix", "csv", "misp"])
async def test_an_export_comes_as_a_file(room: Room, form: str) -> None:
    await room.says("ana", "/ec2ir ioc add 203.0.113.9")
    await room.says("ana", f"/ec2ir ioc export {form}")

    (message,) = files(room)
    uploaded = room.slack.state.files[str(message.files[0]["id"])]
    assert b"203.0.113.9" in (uploaded.content or b"")


async def test_what_is_taken_off_the_list_is_off_it(room: Room) -> None:
    await room.says("ana", "/ec2ir ioc add 203.0.113.9")
    await room.says("bo", "/ec2ir ioc forget 203.0.113[.]9")
    assert "It is off the list" in room.told("bo")

    await room.says("bo", "/ec2ir ioc")
    assert "203[.]0[.]113[.]9" not in room.told("bo")


async def test_the_root_cause_is_shown_stated_and_exported(room: Room) -> None:
    await room.says("ana", "/ec2ir rootcause")
    assert "nobody has stated it yet" in room.told("ana")

    await room.says("ana", "/ec2ir rootcause hacking Exploit vuln, Use of stolen creds")
    assert "hacking (Exploit vuln, Use of stolen creds" in room.told("ana")
    assert "as people stated it" in room.told("ana")

    await room.says("ana", "/ec2ir rootcause export")
    assert str(files(room)[0].files[0]["name"]).endswith(".json")


async def test_a_part_alone_asks_with_the_words_that_there_are(room: Room) -> None:
    await room.says("ana", "/ec2ir rootcause malware-vector")
    assert "What is the malware vector? VERIS has: Direct install" in room.told("ana")


async def test_a_part_that_there_is_not_is_refused(room: Room) -> None:
    await room.says("ana", "/ec2ir rootcause colour red")
    assert "“colour” is no part of a root cause." in room.told("ana")


async def test_without_a_role_nothing_is_written(room: Room) -> None:
    room.slack.channel(room.channel).members.append(room.slack.user("dee").id)
    for words in (
        "report",
        "ioc add 203.0.113.9",
        "ioc export csv",
        "rootcause hacking DoS",
        "rootcause export",
    ):
        await room.says("dee", f"/ec2ir {words}")
        assert "You are neither a responder nor an approver." in room.told("dee")

    incident = await room.incident()
    async with room.store.begin() as unit:
        events = {e.event for e in await unit.timeline.of(incident.id)}
        assert await unit.files.of(incident.id) == ()
    assert not events & {Event.REPORTED, Event.INDICATOR, Event.ROOT_CAUSE}
