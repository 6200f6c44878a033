"""Rows of escalations delivered: by Slack, mail or pager; drawn from what is stored now, recorded once told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.channels import id_of
from bot.pings import Asked, let_in, ping_words, reach
from bot.poster import Poster
from commands.desk import the_incident
from commands.pinging import Errand, contact_of, errand_of, told, untold
from playbook.errors import BadInput, Unreachable
from playbook.escalation import Escalation, EscalationState
from playbook.incident import Incident
from playbook.outbox import Post, Sending
from playbook.policy import Contact, Escalating
from playbook.ports import Store, Unit

POSTS = (Post.PING, Post.MAIL, Post.PAGER)
TRIES = 3
"""Attempts after which a ping counts as not told, so that the fallback hears of it; the row is tried on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summons:
    """What a mail or a pager is told. `key` makes a repeat recognisable, `channel` is the incident's name in Slack."""

    key: str
    incident: Incident
    escalation: Escalation
    number: int
    contact: Contact
    at: datetime
    acknowledged: bool = False


class NotNow(Unreachable):
    """It was not taken, and may be after `wait`."""

    def __init__(self, what: str, *, wait: timedelta | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Courier(Protocol):
    """Mail, or a pager. Raises Unreachable when another attempt may help, BadInput when none will."""

    async def send(self, summons: Summons) -> None:
        """Bring it there."""
        ...


@dataclass(frozen=True, slots=True)
class NoCourier:
    """A way that is not configured."""

    what: str

    async def send(self, summons: Summons) -> None:  # noqa: ARG002
        """Refuse."""
        raise BadInput(f"{self.what} is not configured.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How people are told beside the incident's channel."""

    policy: Escalating = field(default_factory=Escalating)
    mail: Courier = NoCourier("Mail ([smtp] in ec2ir.toml)")
    pager: Courier = NoCourier("A pager")


async def summon(store: Store, poster: Poster, ways: Ways, sending: Sending, now: datetime) -> str:
    """Deliver the row; answers the message's ts, empty where there is none. Raises BadInput, Unreachable."""
    errand = errand_of(sending.message.body)
    async with store.begin() as unit:
        escalation = await unit.escalations.get(errand.escalation)
        incident = await the_incident(unit, sending.message.incident)
        ts = await unit.outbox.ts_of(sending.message.key)
    contact = contact_of(ways.policy, errand.name)
    if escalation is None or contact is None:
        raise BadInput(f"The settings have no target {errand.name} any more.")
    silenced = sending.message.body.get("acknowledged") is True
    if sending.message.post is Post.PING:
        if escalation.state is EscalationState.ACKNOWLEDGED and not ts and not sending.again:
            return ""  # nobody is pinged after an acknowledgement
        place = await _place(poster, incident, errand)
        if ts:  # one that somebody deleted is not posted anew
            await poster.edit(place, ts, ping_words(incident, escalation, errand, ""))
            return ts
        asked = await _asked(poster, place, contact, errand)
        words = ping_words(incident, escalation, errand, asked.mention)
        since = sending.message.at if sending.again else None
        ts = await poster.post(place, sending.message.key, words, unless=since)
    else:
        if escalation.state is EscalationState.ACKNOWLEDGED and not silenced:
            return ""
        courier = ways.mail if sending.message.post is Post.MAIL else ways.pager
        await courier.send(
            Summons(
                key=errand.key, incident=incident, escalation=escalation, number=errand.number, contact=contact,
                at=now, acknowledged=silenced,
            )
        )  # fmt: skip
    if not silenced:
        async with store.begin() as unit:
            await told(unit, errand, now)
    return ts


async def give_up(unit: Unit, ways: Ways, sending: Sending, problem: str, now: datetime) -> None:
    """Within the transaction that stores why a row could not be delivered: the fallback is pinged instead."""
    if sending.message.post not in POSTS or sending.message.body.get("acknowledged") is True:
        return
    errand = errand_of(sending.message.body)
    if await unit.escalations.get(errand.escalation) is not None:
        await untold(unit, ways.policy, errand, problem, now)


async def _place(poster: Poster, incident: Incident, errand: Errand) -> str:
    if errand.route.channel:
        return await id_of(poster.client, errand.route.channel)
    if not incident.channel:
        raise BadInput(f"Incident {incident.id} has no channel in Slack.")
    return incident.channel


async def _asked(poster: Poster, place: str, contact: Contact, errand: Errand) -> Asked:
    asked = await reach(poster, contact)
    if not errand.route.channel:
        await let_in(poster, place, asked)
    return asked
