"""The verbs that concern an incident as a whole: look at it, open it, lead it, close it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.act import Act
from bot.asking import board_of, incident_here
from bot.card import card
from bot.command import Command, Topic, instance_in, instances_in
from bot.front import Front
from bot.home import home_blocks
from bot.pages import pages
from bot.words import headline
from commands.close import close, take_lead
from commands.declare import declare
from commands.home import home
from commands.join import join
from playbook.errors import BadInput
from playbook.people import Door
from playbook.text import mrkdwn

_ACCOUNT = re.compile(r"[0-9]{12}")


async def _status(front: Front, act: Act, words: Sequence[str]) -> None:
    async with front.desk.store.begin() as unit:
        here = await unit.incidents.in_channel(act.channel)
    if here is not None:
        board = await board_of(front, here.id)
        wanted, _ = instance_in(words)
        chosen = tuple(s for s in board.sections if s.facts.instance == wanted) or board.sections
        await front.tell(act, headline(board), card(replace(board, sections=chosen)))
        return
    mine = await home(front.desk, by=await front.person(act), door=Door.CHAT)
    for page in pages(home_blocks(mine)):
        await front.tell(act, "Status", page)


async def _declare(front: Front, act: Act, words: Sequence[str]) -> None:
    if not words:
        raise BadInput("Declare needs an instance.", then="/ec2ir declare i-… [i-…] [region] [account]")
    others, rest = instances_in(words[1:])
    account, region, why = _where(rest)
    by = await front.person(act)
    made = await declare(
        front.desk, words[0], by=by, door=Door.CHAT, account=account, region=region, why=why, also=others
    )
    await front.tell(
        act, f"Incident {mrkdwn(made.id, 40)} is declared. Its channel is made now; you are invited."
    )


def _where(words: Sequence[str]) -> tuple[str, str, str]:
    """Account, region and what else was written: the first two words may be either of the two."""
    where = words[:2]
    account = next((w for w in where if _ACCOUNT.fullmatch(w)), "")
    return account, next((w for w in where if w != account), ""), " ".join(words[2:])


async def _join(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    named, rest = instances_in(words)
    if not named:
        raise BadInput("Join needs an instance.", then="/ec2ir join i-… [region] [account]")
    account, region, _ = _where(rest)
    by = await front.person(act)
    for instance in named:
        await join(front.desk, incident.id, instance, by=by, door=Door.CHAT, account=account, region=region)


async def _lead(front: Front, act: Act, _words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    await take_lead(front.desk, incident.id, by=await front.person(act), door=Door.CHAT)


async def _close(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    await close(front.desk, incident.id, " ".join(words), by=await front.person(act), door=Door.CHAT)


INCIDENT_VERBS: Mapping[str, Command] = {
    "declare": Command(
        usage="declare i-… [i-…] [region] [account]",
        help="opens an incident on an instance, or a major one on several",
        effect=_declare,
        topic=Topic.INCIDENT,
    ),
    "join": Command(
        usage="join i-… [region] [account]",
        help="adds an instance to this incident",
        effect=_join,
        topic=Topic.INCIDENT,
    ),
    "status": Command(
        usage="status [i-…]",
        help="shows the incident; elsewhere what waits for you, and everything that is open",
        effect=_status,
        topic=Topic.INCIDENT,
        changes=False,
    ),
    "lead": Command(usage="lead", help="makes you the lead", effect=_lead, topic=Topic.INCIDENT),
    "close": Command(usage="close reason…", help="closes the incident", effect=_close, topic=Topic.INCIDENT),
}
