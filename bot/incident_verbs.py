"""The verbs that concern an incident as a whole: look at it, open it, lead it, close it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.act import Act
from bot.asking import board_of, incident_here
from bot.card import card
from bot.command import Command, Topic, instance_in
from bot.front import Front
from bot.words import headline, severity
from commands.close import close, take_lead
from commands.declare import declare
from playbook.errors import BadInput
from playbook.people import Door
from playbook.text import mrkdwn

_ACCOUNT = re.compile(r"[0-9]{12}")
_LISTED = 20


async def _status(front: Front, act: Act, words: Sequence[str]) -> None:
    async with front.desk.store.begin() as unit:
        here = await unit.incidents.in_channel(act.channel)
        listed = await unit.incidents.listed(most=5 * _LISTED)
    if here is not None:
        board = await board_of(front, here.id)
        wanted, _ = instance_in(words)
        chosen = tuple(s for s in board.sections if s.facts.instance == wanted) or board.sections
        await front.tell(act, headline(board), card(replace(board, sections=chosen)))
        return
    lines = [
        f"{severity(i)} · {mrkdwn(i.title, 60)} · {f'<#{i.channel}>' if i.channel else mrkdwn(i.id, 40)}"
        for i in listed[:_LISTED]
    ]
    if len(listed) > _LISTED:
        lines.append(f"and {len(listed) - _LISTED} or more others: ec2ir incidents lists all")
    await front.tell(act, "\n".join(lines) or "No incident is open.")


async def _declare(front: Front, act: Act, words: Sequence[str]) -> None:
    if not words:
        raise BadInput("Declare needs an instance.", then="/ec2ir declare i-… [region] [account]")
    where = words[1:3]
    account = next((w for w in where if _ACCOUNT.fullmatch(w)), "")
    region = next((w for w in where if w != account), "")
    by = await front.person(act)
    made = await declare(
        front.desk, words[0], by=by, door=Door.CHAT, account=account, region=region, why=" ".join(words[3:])
    )
    await front.tell(
        act, f"Incident {mrkdwn(made.id, 40)} is declared. Its channel is made now; you are invited."
    )


async def _lead(front: Front, act: Act, _words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    await take_lead(front.desk, incident.id, by=await front.person(act), door=Door.CHAT)


async def _close(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    await close(front.desk, incident.id, " ".join(words), by=await front.person(act), door=Door.CHAT)


INCIDENT_VERBS: Mapping[str, Command] = {
    "declare": Command(
        usage="declare i-… [region] [account]",
        help="opens an incident on an instance",
        effect=_declare,
        topic=Topic.INCIDENT,
    ),
    "status": Command(
        usage="status [i-…]",
        help="shows the incident, or all open ones",
        effect=_status,
        topic=Topic.INCIDENT,
        changes=False,
    ),
    "lead": Command(usage="lead", help="makes you the lead", effect=_lead, topic=Topic.INCIDENT),
    "close": Command(usage="close reason…", help="closes the incident", effect=_close, topic=Topic.INCIDENT),
}
