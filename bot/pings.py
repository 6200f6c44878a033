"""A ping in Slack: who is asked, what happened, what is wanted and by when, and the buttons that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from slack_sdk.models.blocks import Block

from bot import blocks, channels
from bot.api import SlackTrouble, call
from bot.check import checked
from bot.poster import Poster, Words
from bot.value import Value
from bot.words import mention, moment, said
from commands.pinging import Errand
from playbook.attack import TLP
from playbook.errors import BadInput
from playbook.escalation import RULES, Escalation, EscalationState, standing
from playbook.incident import Incident
from playbook.people import Person
from playbook.plan import Json
from playbook.policy import Contact
from playbook.text import mrkdwn


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who is mentioned, as mrkdwn, and who these people are."""

    mention: str
    people: tuple[Person, ...]


async def reach(poster: Poster, contact: Contact) -> Asked:
    """Whom a mention of the contact reaches now. Raises BadInput when that is nobody, SlackTrouble."""
    mentions: list[str] = []
    people: list[Person] = []
    if contact.group:
        group, members = await _group(poster, contact.group)
        active = [m for m in members if await _active(poster, m)]
        if not active:
            raise BadInput(f"The user group {contact.group[:40]} is empty or disabled in Slack.")
        mentions.append(f"<!subteam^{group}>")
        people += [Person(id=m) for m in active]
    if contact.person:
        if not await _active(poster, contact.person):
            raise BadInput(f"The account of {contact.person[:40]} is deactivated in Slack.")
        mentions.append(mention(Person(id=contact.person)))
        people.append(Person(id=contact.person))
    return Asked(mention=" ".join(mentions), people=tuple(people))


async def _group(poster: Poster, written: str) -> tuple[str, tuple[str, ...]]:
    """A group's id and members, asked for now. A disabled group shows no members."""
    handle = written.removeprefix("@")
    listed = await call(poster.client, "usergroups.list")
    known = {
        str(g[k]): str(g["id"]) for g in cast("list[Json]", listed["usergroups"]) for k in ("handle", "id")
    }
    if handle not in known:
        return handle, ()
    answer = await call(poster.client, "usergroups.users.list", usergroup=known[handle])
    return known[handle], tuple(str(u) for u in cast("list[object]", answer["users"]))


async def _active(poster: Poster, user: str) -> bool:
    try:
        answer = await call(poster.client, "users.info", user=user)
    except SlackTrouble as trouble:
        if trouble.code == "user_not_found":
            return False
        raise
    return not cast("Json", answer["user"]).get("deleted")


async def let_in(poster: Poster, channel: str, asked: Asked) -> None:
    """Invite who is asked, or a mention would notify nobody. Raises BadInput when Slack lets in none of them."""
    if not asked.people:
        return
    refused = await channels.invite(poster.client, channel, asked.people)
    if len(refused) == len(asked.people):
        raise BadInput("Slack would let none of them into the incident's channel.")


def ping_words(incident: Incident, escalation: Escalation, errand: Errand, asked: str) -> Words:
    """The ping as it stands: with its buttons while it waits, with who has it afterwards."""
    rule = RULES[escalation.rule]
    drill = "DRILL · " if incident.drill else ""
    head = f"{_sign(escalation)} *{drill}{escalation.rule} · {mrkdwn(rule.happened)}*"
    lines = [
        f"{head} · {asked or mrkdwn(errand.name, 60)}",
        f"*Why* {said(escalation.why, 400)}" if escalation.why else "",
        f"*Wanted* {mrkdwn(rule.wants)} *By* {moment(escalation.opened + rule.by)}",
        _answer(escalation),
    ]
    if errand.route.channel and incident.channel:
        lines.append(f"The incident is talked about in <#{incident.channel}>.")
    small = [
        f"incident {mrkdwn(incident.id, 40)}",
        f"ping {errand.number + 1} to {mrkdwn(errand.name, 60)}",
        TLP,
    ]
    if errand.late:
        small.append(f"{errand.late} late")
    shown: list[Block] = [blocks.section("\n".join(line for line in lines if line))]
    if escalation.state is not EscalationState.ACKNOWLEDGED:
        shown.append(blocks.row(_buttons(escalation)))
    shown.append(blocks.context(" · ".join(small)))
    return Words(
        text=f"{drill}{escalation.rule} · {rule.happened} · {asked or errand.name}"[:300],
        blocks=checked(shown),
    )


def call_line(escalations: Sequence[Escalation]) -> str:
    """Who was called and who has it, in one line; empty when nobody was."""
    told = [f"{e.rule} {mrkdwn(e.target, 40)}: {_standing(e)}" for e in escalations]
    return f"📣 {'; '.join(told)}" if told else ""


def _standing(escalation: Escalation) -> str:
    if escalation.state is EscalationState.ACKNOWLEDGED:
        return f"✅ {mention(Person(id=escalation.acknowledged_by))}"
    return standing(escalation)


def _buttons(escalation: Escalation) -> list[blocks.ButtonElement]:
    value = value_of(escalation).pack()
    return [
        blocks.button("Acknowledge", "ping_acknowledge", value, style="primary"),
        blocks.button("Hand over…", "ping_hand_over", value),
        blocks.button("Not me", "ping_decline", value),
    ]


def value_of(escalation: Escalation) -> Value:
    """What a ping's button was drawn for; `said` is the target."""
    return Value(
        incident=escalation.incident, row=escalation.rule, said=escalation.target, drawn=str(escalation.rung)
    )


def _sign(escalation: Escalation) -> str:
    return {EscalationState.ACKNOWLEDGED: "✅", EscalationState.EXHAUSTED: "🔕"}.get(escalation.state, "📣")


def _answer(escalation: Escalation) -> str:
    if escalation.state is EscalationState.ACKNOWLEDGED and escalation.acknowledged is not None:
        who = mention(Person(id=escalation.acknowledged_by))
        return f"✅ Acknowledged by {who} {moment(escalation.acknowledged)}"
    return f"↪️ Handed over to {mention(Person(id=escalation.handed_to))}" if escalation.handed_to else ""
