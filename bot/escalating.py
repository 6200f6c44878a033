"""Answers to pings by click, and the verbs that escalate and acknowledge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.act import Act
from bot.asking import incident_here
from bot.command import Command, Topic
from bot.front import Front
from bot.value import Value
from commands.escalate import acknowledge, acknowledge_all, decline, escalate, hand_over
from playbook.errors import BadInput, Refused
from playbook.escalation import RULES, escalation_id
from playbook.people import Door
from playbook.text import mrkdwn, words


async def acknowledge_ping(front: Front, act: Act, value: Value) -> None:
    """Whoever clicks has it."""

    async def effect() -> None:
        await acknowledge(front.desk, _of(value), by=await front.person(act))

    await front.once(act, f"{value.key('ack')}:{act.user}", effect)


async def decline_ping(front: Front, act: Act, value: Value) -> None:
    """Whoever clicks does not have it."""

    async def effect() -> None:
        await decline(front.desk, _of(value), by=await front.person(act))

    await front.once(act, f"{value.key('decline')}:{act.user}", effect)


async def hand_ping_over(front: Front, act: Act, value: Value) -> None:
    """The person who was chosen in the dialog is pinged from now on."""
    profile = await front.people.fresh(act.typed)
    if not profile.active:
        raise Refused(
            "That account is deactivated.", means="Nothing was handed over.", then="Choose another."
        )
    await hand_over(front.desk, _of(value), profile.person, by=await front.person(act))


def somebody(chosen: str) -> None:
    """Raise BadInput when nobody was chosen."""
    if not chosen:
        raise BadInput("Choose a person.")


def _of(value: Value) -> str:
    return escalation_id(value.incident, value.row, value.said)


async def _escalate(front: Front, act: Act, said: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    if not said:
        rules = "; ".join(f"{r.id} {r.happened}" for r in RULES.values())
        raise BadInput("Escalate what?", then=f"/ec2ir escalate X4 [why]. There are: {rules}.")
    by, why = await front.person(act), " ".join(said[1:])
    opened = await escalate(front.desk, incident.id, said[0], by=by, door=Door.CHAT, why=why)
    await front.tell(act, f"📣 {opened[0].rule}: {mrkdwn(words([e.target for e in opened]))} are told now.")


async def _ack(front: Front, act: Act, said: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    done = await acknowledge_all(front.desk, incident.id, next(iter(said), ""), by=await front.person(act))
    shown = words([f"{e.rule} ({e.target})" for e in done], most=20)
    await front.tell(act, f"✅ Yours: {mrkdwn(shown, 500)}")


ESCALATION_VERBS: Mapping[str, Command] = {
    "escalate": Command(
        usage="escalate X1…X6 [why]",
        help="tells those whom the playbook names, until somebody acknowledges",
        effect=_escalate,
        topic=Topic.PEOPLE,
    ),
    "ack": Command(
        usage="ack [X1…X6]",
        help="acknowledges what waits here, or one rule of it",
        effect=_ack,
        topic=Topic.PEOPLE,
    ),
}
