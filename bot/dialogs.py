"""Dialogs that ask for a reason, and what sending them off does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject, UserSelectElement
from slack_sdk.models.views import View

from bot import blocks, watch_verbs
from bot.act import Act
from bot.escalating import hand_ping_over, somebody
from bot.front import Front, at
from bot.showing import open_view
from bot.value import Value, unpack
from commands.approve import approve, reject
from commands.checklist import comment
from commands.close import close
from playbook.approval import check_override
from playbook.errors import Ec2irError, Refused
from playbook.people import Door

INPUT = "reason"
"""The block and the element that hold the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """`title` and `send` have at most 24 characters; `check` raises Ec2irError for a reason that says too little.

    `person` asks for somebody of the workspace instead of words.
    """

    title: str
    send: str
    says: str
    label: str
    check: Callable[[str], object]
    effect: Callable[[Front, Act, Value], Awaitable[None]]
    person: bool = False


async def open_dialog(front: Front, act: Act, value: Value, name: str) -> None:
    """Show it. Raises Refused when Slack's three seconds for that were over."""
    dialog = DIALOGS[name]
    typing = (
        UserSelectElement(action_id=INPUT, placeholder=PlainTextObject(text="Choose a person"))
        if dialog.person
        else PlainTextInputElement(action_id=INPUT, multiline=True, max_length=500)
    )
    view = View(
        type="modal",
        callback_id=name,
        private_metadata=replace(value, channel=act.channel).pack(),
        title=PlainTextObject(text=dialog.title),
        submit=PlainTextObject(text=dialog.send),
        close=PlainTextObject(text="Back"),
        blocks=[
            blocks.section(dialog.says),
            InputBlock(block_id=INPUT, label=PlainTextObject(text=dialog.label), element=typing),
        ],
    )
    await open_view(front, act, view)


def problem_of(act: Act, name: str) -> str:
    """What the dialog says beside the reason when it is not enough; empty when it is."""
    try:
        DIALOGS[name].check(act.typed)
    except Ec2irError as problem:
        return f"{problem.what} {problem.then}".strip()[:150]
    return ""


async def sent_off(front: Front, act: Act, name: str) -> None:
    """Do what the dialog asked for. Raises Ec2irError."""
    value = unpack(act.words)

    async def effect() -> None:
        await DIALOGS[name].effect(front, at(act, value.channel), value)

    await front.once(act, f"dialog:{act.once}", effect)


def place_of(act: Act) -> Act:
    """The act in the channel where its dialog was opened, so that refusals reach the person there."""
    try:
        return at(act, unpack(act.words).channel)
    except Ec2irError:
        return act


def _said(reason: str) -> None:
    if len(" ".join(reason.split())) < 3:
        raise Refused("A reason is needed.", then="Write at least three characters.")


async def _reject(front: Front, act: Act, value: Value) -> None:
    by = await front.person(act)
    await reject(front.desk, value.proposal, value.hash, act.typed, by=by, door=Door.CHAT)


async def _break_glass(front: Front, act: Act, value: Value) -> None:
    by = await front.person(act)
    await approve(front.desk, value.proposal, value.hash, by=by, door=Door.CHAT, override=act.typed)


async def _not_malicious(front: Front, act: Act, value: Value) -> None:
    by = await front.person(act)
    await close(front.desk, value.incident, f"not malicious: {act.typed}", by=by, door=Door.CHAT)


async def _comment(front: Front, act: Act, value: Value) -> None:
    by = await front.person(act)
    await comment(front.desk, value.incident, value.row, act.typed, by=by, door=Door.CHAT)


DIALOGS: Mapping[str, Dialog] = {
    "reject": Dialog(
        title="Reject the plan",
        send="Reject",
        says="The plan is not carried out. Your reason stands in the timeline.",
        label="Why not?",
        check=_said,
        effect=_reject,
    ),
    "break_glass": Dialog(
        title="Break-glass",
        send="Run it now",
        says="You approve this plan alone. Every approver is told, with your reason, and it is reviewed later.",
        label="Why can nobody else approve?",
        check=check_override,
        effect=_break_glass,
    ),
    "not_malicious": Dialog(
        title="Not malicious",
        send="Close the incident",
        says="The incident is closed. What was done stays done: undo it first where it should not.",
        label="How do you know?",
        check=_said,
        effect=_not_malicious,
    ),
    "watch_stop": Dialog(
        title="Stop the watch",
        send="Stop it",
        says="No more looks are made. Your reason stands in the timeline; a verdict can be signed afterwards.",
        label="Why is it over?",
        check=_said,
        effect=watch_verbs.stop,
    ),
    "watch_sign": Dialog(
        title="Sign the verdict",
        send="Sign",
        says="You sign what the watch showed. It is kept as evidence, with the marks it stands on.",
        label="What did it show?",
        check=_said,
        effect=watch_verbs.sign,
    ),
    "comment_row": Dialog(
        title="Comment on a row",
        send="Keep it",
        says="Your words stand beside the row in the checklist, and in the timeline.",
        label="What did you see?",
        check=_said,
        effect=_comment,
    ),
    "ping_hand_over": Dialog(
        title="Hand over",
        send="Hand over",
        says="That person is pinged now, and from now on, until somebody acknowledges.",
        label="To whom?",
        check=somebody,
        effect=hand_ping_over,
        person=True,
    ),
}
