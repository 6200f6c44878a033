"""Legal deadlines as an auditor reads them: declared, due, notified, and what is still owed."""

from __future__ import annotations

import pytest

from commands.legal import declare_aware, notified
from commands.report.markdown import markdown
from playbook.people import Door
from tests.commands.conftest import Room
from tests.commands.report.stories import report_of
from tests.fakes.people import ANA, BO

pytestmark = pytest.mark.slow


async def written(room: Room, incident: str) -> str:
    return markdown(await report_of(room, incident)).decode()


async def test_without_awareness_the_report_says_so(room: Room) -> None:
    said = await written(room, await room.quiet())
    assert "Nobody declared awareness of a breach that must be notified." in said


async def test_a_running_clock_is_an_open_item(room: Room) -> None:
    incident = await room.quiet()
    await declare_aware(room.desk, incident, by=ANA, door=Door.CHAT)
    room.clock.advance(73 * 3600)
    said = await written(room, incident)
    assert "NOT YET: overdue by 1 h 0 min" in said
    assert (
        "th-pdpa: the authority is not notified yet; due 2026-03-05 12:00:00 UTC, overdue by 1 h 0 min"
        in said
    )


async def test_what_was_sent_stands_there_and_whether_in_time(room: Room) -> None:
    incident = await room.quiet()
    await declare_aware(room.desk, incident, by=ANA, door=Door.CHAT)
    room.clock.advance(3600)
    await notified(room.desk, incident, "th-pdpa", "form 12 by e-mail", by=BO, door=Door.CHAT)
    said = await written(room, incident)
    assert "in time" in said
    assert "form 12 by e-mail" in said
    assert "is not notified yet" not in said
