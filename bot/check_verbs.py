"""The verbs that look and change nothing: one check by name, and what the playbook asks to be looked at together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.act import Act
from bot.answers import answer_blocks
from bot.asking import incident_here
from bot.command import Command, Effect, Topic, instance_in
from bot.front import Front
from bot.pages import pages
from commands.inquire import INQUIRIES, checks_named, checks_of, inquire
from playbook.people import Door


async def _check(front: Front, act: Act, words: Sequence[str]) -> None:
    instance, names = instance_in(words)
    await _look(front, act, checks_named(names), instance)


def _inquiry(name: str) -> Effect:
    async def effect(front: Front, act: Act, words: Sequence[str]) -> None:
        instance, _ = instance_in(words)
        await _look(front, act, checks_of(name), instance)

    return effect


async def _look(front: Front, act: Act, checks: Sequence[str], instance: str) -> None:
    incident = await incident_here(front, act)
    by = await front.person(act)
    await front.tell(act, "🔎 Looking… the answer comes here and on the card; it can take a minute.")
    replies = await inquire(front.desk, incident.id, checks, by=by, door=Door.CHAT, instance=instance)
    shown = [b for r in replies for b in answer_blocks(r.check, r.answer, about=r.instance)]
    for page in pages(shown):
        await front.tell(act, "What was seen", page)


CHECK_VERBS: Mapping[str, Command] = {
    "check": Command(
        usage="check name… [i-…]",
        help="looks again: checks by name or by row, such as A7, or all",
        effect=_check,
        topic=Topic.CHECKS,
        slow=True,
    ),
    **{
        name: Command(
            usage=f"{name} [i-…]",
            help=inquiry.help,
            effect=_inquiry(name),
            topic=Topic.CHECKS,
            slow=True,
        )
        for name, inquiry in INQUIRIES.items()
    },
}
