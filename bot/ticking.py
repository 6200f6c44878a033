"""What people say by a click: of a row of the checklist, and whether a process is malicious."""

from __future__ import annotations

from bot.act import Act
from bot.dialogs import open_dialog
from bot.front import Front
from bot.processes import judged_view
from bot.showing import change_view, list_phase
from bot.value import Value
from commands.checklist import assign, judge_process, tick
from playbook.checklist import Said
from playbook.errors import BadInput
from playbook.people import Door
from playbook.rows import BY_ID


async def tick_row(front: Front, act: Act, value: Value) -> None:
    """Do what was chosen in a row's menu, and draw the list again in its place."""
    if value.said == "comment":
        await open_dialog(front, act, value, "comment_row")
        return

    async def effect() -> None:
        by = await front.person(act)
        if value.said == "assign":
            await assign(front.desk, value.incident, value.row, by, by=by, door=Door.CHAT)
        else:
            await tick(front.desk, value.incident, value.row, _said(value.said), by=by, door=Door.CHAT)
        await list_phase(front, act, value.incident, BY_ID[value.row].phase, replacing=True)

    await front.once(act, f"{value.key('tick')}:{act.user}", effect)


def _said(word: str) -> Said:
    try:
        return Said(word)
    except ValueError:
        raise BadInput("That menu is from another version of ec2ir.", then="Use /ec2ir checklist.") from None


async def judge_yes(front: Front, act: Act, value: Value) -> None:
    """The process is malicious: containment is planned at once."""
    await _judge(front, act, value, malicious=True)


async def judge_no(front: Front, act: Act, value: Value) -> None:
    """The process is not malicious."""
    await _judge(front, act, value, malicious=False)


async def _judge(front: Front, act: Act, value: Value, *, malicious: bool) -> None:
    async def effect() -> None:
        by = await front.person(act)
        await judge_process(front.desk, value.incident, malicious=malicious, by=by, door=Door.CHAT)
        words = (
            "☑️ Malicious. Containment is planned now; the card shows the plan that waits for approval."
            if malicious
            else "☑️ Not malicious. The card says what is next; /ec2ir close ends the incident."
        )
        await change_view(front, act, judged_view(words))

    await front.once(act, value.key("judge"), effect)
