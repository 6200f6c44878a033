"""One row of the outbox brought to Slack: drawn from what is stored now, and harmless to repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import structlog

from bot import channels
from bot.api import SlackTrouble
from bot.check import checked
from bot.files import share
from bot.heard import Hearing
from bot.messages import announcement, card_words, closing, line, topic
from bot.plan_message import decision_words, plan_message, shown
from bot.plan_message import headline as plan_headline
from bot.poster import Poster, Words
from bot.summon import POSTS, Ways, summon
from bot.watch_message import watch_message, watch_words
from commands.approve import as_it_stands, need_of
from commands.board import Board, board
from playbook.approval import Decision
from playbook.clock import Clock
from playbook.errors import BadInput, Unreachable
from playbook.incident import channel_name
from playbook.outbox import Message, Post, Sending
from playbook.people import Person, Role
from playbook.ports import Directory, Store
from playbook.proposal import Proposal

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.bot")
_INVITE_ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What delivering needs. `announce` is the id or name of the channel where incidents are announced."""

    store: Store
    poster: Poster
    directory: Directory
    clock: Clock
    announce: str
    ways: Ways = field(default_factory=Ways)
    hearing: Hearing = field(default_factory=Hearing)
    ids: dict[str, str] = field(default_factory=dict[str, str])
    """Channels' ids by name, as far as they were asked for."""


async def deliver(office: Office, sending: Sending) -> str:
    """Do what the row asks for; answers the message's ts, empty where there is none.

    Raises SlackTrouble, LimitError and slack_sdk's SlackObjectFormationError; no transaction is open meanwhile.
    """
    if sending.message.post in POSTS:
        return await summon(office.store, office.poster, office.ways, sending, office.clock())
    return await _to_slack(office, sending)


async def _to_slack(office: Office, sending: Sending) -> str:
    match sending.message.post:
        case Post.OPEN_CHANNEL:
            return await _open(office, sending)
        case Post.CARD:
            return await _card(office, await _board(office, sending), again=sending.again)
        case Post.TOPIC:
            found = await _board(office, sending)
            await channels.set_topic(office.poster.client, _channel(found), topic(found))
            return ""
        case Post.PLAN:
            return await _plan(office, sending)
        case Post.WATCH:
            return await _watch(office, sending)
        case Post.ANNOUNCE:
            return await _announce(office, sending)
        case Post.CHANNEL:
            found = await _board(office, sending)
            return await _say(office, sending, _channel(found), line(sending.message.body))
        case Post.THREAD:
            found = await _board(office, sending)
            thread = await _thread(office, sending, found)
            return await _say(office, sending, _channel(found), line(sending.message.body), thread=thread)
        case Post.FILE:
            return await _file(office, sending)
        case _:
            found = await _board(office, sending)
            return await _say(office, sending, _channel(found), closing(found))


async def _board(office: Office, sending: Sending) -> Board:
    async with office.store.begin() as unit:
        return await board(unit, sending.message.incident, office.clock())


async def _file(office: Office, sending: Sending) -> str:
    channel, body = _channel(await _board(office, sending)), sending.message.body
    async with office.store.begin() as unit:
        file = await unit.files.get(str(body.get("file", "")))
    if file is None:
        raise BadInput(f"There is no file for {sending.message.key}.")
    await share(office.poster, channel, file, str(body.get("words", "")), unless=_since(sending))
    return ""


def _channel(found: Board) -> str:
    if not found.incident.channel:
        raise SlackTrouble(f"Incident {found.incident.id} has no channel.", code="channel_not_found")
    return found.incident.channel


async def _thread(office: Office, sending: Sending, found: Board) -> str:
    """The message under which a row belongs: the one with the key that it names, or the card."""
    under = str(sending.message.body.get("under", ""))
    if not under:
        return found.incident.card_ts
    async with office.store.begin() as unit:
        return await unit.outbox.ts_of(under)


def _since(sending: Sending) -> datetime | None:
    return sending.message.at if sending.again else None


async def _say(office: Office, sending: Sending, channel: str, words: Words, *, thread: str = "") -> str:
    key = sending.message.key
    return await office.poster.post(channel, key, words, thread=thread, unless=_since(sending))


async def _open(office: Office, sending: Sending) -> str:
    found = await _board(office, sending)
    if not found.incident.channel:
        name = channel_name(found.incident, found.subject).lower()
        channel = await channels.create(office.poster.client, name)
        async with office.store.begin() as unit:
            await unit.incidents.set_channel(found.incident.id, channel)
        found = await _board(office, sending)
    if not found.incident.card_ts:
        await _card(office, found, again=sending.again)
    await _invite(office, sending, found)
    return ""


async def _invite(office: Office, sending: Sending, found: Board) -> None:
    """Invite everybody with a role. When that stays impossible it is said, and everything else goes on."""
    incident = found.incident
    try:
        holders = [
            *await office.directory.holders(Role.RESPONDER),
            *await office.directory.holders(Role.APPROVER),
        ]
        people = list({p.id: p for p in holders}.values())
        refused = await channels.invite(office.poster.client, _channel(found), people)
        problem = _who(refused)
    except Unreachable as trouble:
        if sending.attempts < _INVITE_ATTEMPTS:
            raise
        problem = f"Nobody could be invited: {trouble.what}"
    if problem:
        log.warning("not invited", incident=incident.id, problem=problem)
        body = {"words": f"{problem} Use /invite for those who are needed here."}
        async with office.store.begin() as unit:
            await unit.outbox.put(
                Message(
                    key=f"{incident.id}:uninvited", incident=incident.id, post=Post.CHANNEL, at=office.clock(),
                    body=dict(body),
                )
            )  # fmt: skip


def _who(refused: tuple[Person, ...]) -> str:
    return f"Slack would not let in {', '.join(str(p) for p in refused)}." if refused else ""


async def _card(office: Office, found: Board, *, again: bool) -> str:
    incident, channel, words = found.incident, _channel(found), card_words(found)
    if incident.card_ts and await office.poster.edit(channel, incident.card_ts, words):
        return incident.card_ts
    # Posted for the first time, or somebody deleted it.
    since = incident.opened if again and not incident.card_ts else None
    ts = await office.poster.post(channel, f"{incident.id}:card", words, unless=since)
    # Pinned before it is stored: a card that is known is not posted again, so nobody would come to pin it.
    try:
        began = office.hearing.monotonic()
        if await channels.pin(office.poster.client, channel, ts):
            office.hearing.pinned(began)
    except SlackTrouble as trouble:
        log.warning("the card is not pinned", incident=incident.id, problem=trouble.what)
    async with office.store.begin() as unit:
        await unit.incidents.set_card(incident.id, ts)
    return ts


async def _plan(office: Office, sending: Sending) -> str:
    key, now = sending.message.key, office.clock()
    found = await _board(office, sending)
    async with office.store.begin() as unit:
        stored = await unit.proposals.get(str(sending.message.body.get("proposal", "")))
        if stored is None:
            raise BadInput(f"There is no plan for {key}.")
        proposal, ts = await as_it_stands(unit, stored), await unit.outbox.ts_of(key)
    pages = plan_message(proposal, shown(proposal), need_of(proposal), now=now)
    text = plan_headline(proposal)
    channel, first = _channel(found), Words(text=text, blocks=checked(pages[0]))
    if ts and await office.poster.edit(channel, ts, first):
        await _say_decision(office, key, proposal)
        return ts
    since = proposal.made if sending.again else None
    ts = await office.poster.post(channel, key, first, unless=since)
    for number, page in enumerate(pages[1:], 2):
        words = Words(text=f"{text}, part {number} of {len(pages)}", blocks=checked(page))
        await office.poster.post(channel, f"{key}:{number}", words, thread=ts, unless=since)
    return ts


async def _say_decision(office: Office, key: str, proposal: Proposal) -> None:
    """Leave one line in the plan's thread, once it is decided."""
    if proposal.decision is Decision.PENDING:
        return
    said = Message(
        key=f"{key}:decided",
        incident=proposal.target.incident,
        post=Post.THREAD,
        at=office.clock(),
        body={"words": decision_words(proposal), "under": key},
    )
    async with office.store.begin() as unit:
        await unit.outbox.put(said)


async def _watch(office: Office, sending: Sending) -> str:
    """The watches' message: posted once, and edited in its place from then on."""
    found, key = await _board(office, sending), sending.message.key
    words = Words(text=watch_words(found), blocks=checked(watch_message(found)))
    async with office.store.begin() as unit:
        ts = await unit.outbox.ts_of(key)
    if ts and await office.poster.edit(_channel(found), ts, words):
        return ts
    return await _say(office, sending, _channel(found), words)


async def _announce(office: Office, sending: Sending) -> str:
    if not office.announce:
        return ""
    words = line(sending.message.body)
    if not sending.message.body.get("words"):
        words = announcement(await _board(office, sending))
    return await _say(office, sending, await _id_of(office), words)


async def _id_of(office: Office) -> str:
    """The announcement channel's id; the settings may name it, and only ids can be looked into."""
    name = office.announce
    if name not in office.ids:
        office.ids[name] = await channels.id_of(office.poster.client, name)
    return office.ids[name]
