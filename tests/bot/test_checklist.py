"""The checklist in chat: shown phase by phase, ticked from a menu or by name, and commented in a dialog."""

from __future__ import annotations

from typing import Any

import pytest

from playbook.answer import Verdict, answer, gap
from playbook.checklist import Said, malicious
from playbook.decisions import CONTAIN
from playbook.finding import FindingType
from playbook.rows import CHECKLIST, Phase
from sandbox.slack import Outcome, texts
from sandbox.slack.blockkit import check_blocks
from tests.bot.conftest import Room

pytestmark = pytest.mark.slow
PROBE = FindingType(full="Recon:EC2/PortProbeUnprotectedPort")


async def chooses(room: Room, who: str, row: str, label: str) -> Outcome:
    """Choose from the menu of a row, in the list that this person was shown last."""
    shown = room.slack.ephemerals(who)[-1]
    block = next(b for b in shown.blocks if f"*{row}*" in str(b.get("text", {}).get("text", "")))
    option = next(o for o in block["accessory"]["options"] if o["text"]["text"] == label)
    outcome = await room.slack.click(
        who, room.channel, shown.ts, "tick", block_id=block["block_id"], choose=option["value"]
    )
    await room.settle()
    return outcome


async def ticks(room: Room) -> dict[str, Any]:
    incident = await room.incident()
    async with room.store.begin() as unit:
        return {t.row: t for t in await unit.ticks.of(incident.id)}


async def test_the_overview_names_every_phase_and_shows_each(room: Room) -> None:
    await room.clicks("ana", "Checklist")
    shown = room.slack.ephemerals("ana")[-1]
    for phase in Phase:
        assert f"*{phase.heading}*" in texts(shown)
    await room.slack.click("ana", room.channel, shown.ts, "Show investigate")
    await room.settle()
    for row in CHECKLIST:
        assert (f"*{row.id}* {row.title}" in room.told("ana")) is (row.phase is Phase.INVESTIGATE)


@pytest.mark.parametrize("phase", list(Phase))
async def test_a_phase_is_within_slacks_limits(room: Room, phase: Phase) -> None:
    await room.says("ana", f"/ec2ir checklist {phase.value}")
    assert check_blocks(room.slack.ephemerals("ana")[-1].blocks, "message") == []


async def test_a_row_is_ticked_from_its_menu_and_the_list_is_drawn_again_in_its_place(room: Room) -> None:
    await room.says("ana", "/ec2ir checklist investigate")
    before = len(room.slack.ephemerals("ana"))
    await chooses(room, "ana", "A7", "Done")

    assert (await ticks(room))["A7"].said is Said.DONE
    assert len(room.slack.ephemerals("ana")) == before
    assert "🟢 *A7* VPC Flow Logs: unusual outbound · done" in room.told("ana")
    room.clock.passes(seconds=20)
    await chooses(room, "ana", "A7", "Reopen")
    assert (await ticks(room))["A7"].said is Said.OPEN
    await chooses(room, "ana", "A8", "Assign to me")
    assert (await ticks(room))["A8"].assignee == room.slack.user("ana").id


async def test_a_comment_is_asked_for_in_a_dialog(room: Room) -> None:
    await room.says("ana", "/ec2ir checklist investigate")
    await chooses(room, "ana", "A7", "Comment…")
    await room.sends("ana", "only the balancer <!channel>")

    assert (await ticks(room))["A7"].comment == "only the balancer <!channel>"
    await room.says("ana", "/ec2ir checklist investigate")
    assert "“only the balancer &lt;!channel&gt;”" in room.told("ana")


async def test_rows_are_ticked_by_name_and_nonsense_is_refused(room: Room) -> None:
    await room.says("ana", "/ec2ir tick a7 na there are no flow logs")
    assert (await ticks(room))["A7"].said is Said.NOT_APPLICABLE
    await room.says("ana", f"/ec2ir assign A8 <@{room.slack.user('bo').id}|bo>")
    assert (await ticks(room))["A8"].assignee == room.slack.user("bo").id
    for words, answers in (
        ("tick", "Which row?"),
        ("tick Z9 done", "There is no row “Z9”"),
        ("tick A7 perhaps", "says nothing of a row"),
        ("assign A7 bo", "Slack did not say who that is."),
        ("checklist bananas", "There is no phase “bananas”."),
        ("malicious", "Is the process malicious?"),
    ):
        await room.says("bo", f"/ec2ir {words}")
        assert answers in room.told("bo")
    await room.says("dee", "/ec2ir tick A7 done", channel="incidents")
    assert "This channel is not an incident's." in room.told("dee")


async def test_steps_of_another_phase_are_shown_with_their_buttons(room: Room) -> None:
    await room.clicks("ana", "Show eradicate")
    shown = room.slack.ephemerals("ana")[-1]
    assert "Terminate" in texts(shown)
    assert {"Plan"} == set(room.labels(shown))  # pyright: ignore[reportArgumentType]


async def asked(quiet: Room) -> None:
    """An incident for which the flow asks whether a process is malicious, with a process list."""
    listed = [
        {"pid": 1, "user": "root", "command": "systemd", "sha256": "", "suspicious": False, "why": ""},
        {"pid": 4242, "user": "www", "command": "xmrig <!channel>", "sha256": "a" * 64, "suspicious": True,
         "why": "talks to a pool"},
    ]  # fmt: skip
    quiet.cloud.answers["processes"] = answer(
        Verdict.NOTABLE, "2 processes, 1 suspicious", evidence={"processes": listed}
    )
    await quiet.finding(type=PROBE)
    await quiet.says("ana", "/ec2ir check A10")


async def test_the_question_is_asked_with_the_process_list_in_front_of_the_person(quiet: Room) -> None:
    await asked(quiet)
    assert "🟠 *A10 " in quiet.told("ana")
    assert "❓ *Is this process malicious?*" in texts(quiet.card())
    await quiet.clicks("ana", "Show processes")

    said = str(quiet.slack.modal("ana").body)
    assert said.index("xmrig") < said.index("systemd")
    assert "talks to a pool" in said
    assert "<!channel>" not in said
    await quiet.slack.click_in_view("ana", quiet.slack.modal("ana"), "Yes, malicious")
    await quiet.settle()

    assert malicious((await ticks(quiet)).values()) is True
    assert "Containment is planned now" in str(quiet.slack.modal("ana").body)
    assert quiet.cloud.planned[-1] == CONTAIN
    assert quiet.labels(quiet.card())[0] == "Contain now ▸"


async def test_no_is_an_answer_too(quiet: Room) -> None:
    await asked(quiet)
    await quiet.clicks("bo", "Show processes")
    await quiet.slack.click_in_view("bo", quiet.slack.modal("bo"), "No")
    await quiet.settle()

    assert malicious((await ticks(quiet)).values()) is False
    assert "Show processes" not in quiet.labels(quiet.card())
    assert await quiet.proposals() == ()


async def test_without_a_process_list_the_dialog_says_why(quiet: Room) -> None:
    quiet.cloud.answers["processes"] = gap("SSM is offline on this host.")
    await quiet.finding(type=PROBE)
    await quiet.clicks("ana", "Show processes")
    assert "There is no process list yet" in str(quiet.slack.modal("ana").body)
    await quiet.says("ana", "/ec2ir check processes")
    assert "🕳️ *A10 " in quiet.told("ana")
    await quiet.clicks("ana", "Show processes")
    assert "SSM is offline on this host." in str(quiet.slack.modal("ana").body)


async def test_somebody_without_a_role_answers_nothing(quiet: Room) -> None:
    await asked(quiet)
    incident = await quiet.incident()
    await quiet.slack.joins("dee", quiet.channel, invited_by="ana")
    await quiet.says("dee", "/ec2ir malicious yes")
    assert "You are neither a responder nor an approver." in quiet.told("dee")
    async with quiet.store.begin() as unit:
        assert await unit.ticks.of(incident.id) == ()


@pytest.mark.parametrize("verb", ["hunt", "audit", "watch now", "health"])
async def test_checks_by_hand_are_acknowledged_and_answered(room: Room, verb: str) -> None:
    await room.says("ana", f"/ec2ir {verb}")
    said = [texts(each) for each in room.slack.ephemerals("ana")]
    assert said[0].startswith("🔎 Looking…")
    assert "🕳️" in said[1]
    assert "nobody said what AWS would answer" in said[1]


async def test_answers_are_counted_on_the_card_and_shown_by_its_button(room: Room) -> None:
    room.cloud.answers["outbound"] = answer(
        Verdict.CLEAR, "3 peers, all known", gaps=("subnet-2 has no flow log",)
    )
    await room.says("ana", "/ec2ir check A7 A8")
    assert "1 gap" in texts(room.card())
    await room.clicks("bo", "Checks")
    assert "• 3 peers, all known" in room.told("bo")
    assert "🕳️ missing: subnet-2 has no flow log" in room.told("bo")


async def test_an_unknown_check_is_refused_with_those_that_there_are(room: Room) -> None:
    await room.says("ana", "/ec2ir check bananas")
    assert "There is no check “bananas”." in room.told("ana")
    assert "outbound" in room.told("ana")
