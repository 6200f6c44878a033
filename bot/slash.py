"""`/ec2ir`: one verb for each thing a responder can ask for; the actions' verbs come from the catalogue."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence

from bot.act import Act
from bot.check_verbs import CHECK_VERBS
from bot.checklist_verbs import CHECKLIST_VERBS
from bot.command import Command, Topic
from bot.escalating import ESCALATION_VERBS
from bot.front import Front
from bot.incident_verbs import INCIDENT_VERBS
from bot.legal_verbs import LEGAL_VERBS
from bot.record_verbs import RECORD_VERBS
from bot.step_verbs import STEP_VERBS
from bot.watch_verbs import WATCH_VERBS
from playbook.text import mrkdwn


async def said(front: Front, act: Act) -> None:
    """Carry out a command. Raises Ec2irError."""
    verb, *rest = act.words.split() or ["help"]
    command = VERBS.get(verb.casefold())
    if command is None:
        await front.tell(act, _unknown(verb))
        return

    async def effect() -> None:
        await command.effect(front, act, rest)

    if command.changes:
        await front.once(act, f"command:{act.once}", effect)
    else:
        await effect()


def changes(act: Act) -> bool:
    """Whether the command could change anything."""
    verb = next(iter(act.words.split()), "help")
    command = VERBS.get(verb.casefold())
    return command is not None and command.changes


def slow(act: Act) -> bool:
    """Whether the command waits for a host or a log."""
    verb = next(iter(act.words.split()), "help")
    command = VERBS.get(verb.casefold())
    return command is not None and command.slow


def help_text() -> str:
    """Every verb with what it does, by topic, as mrkdwn."""
    return "\n".join(line for topic in Topic for line in _of(topic))


def _of(topic: Topic) -> Iterator[str]:
    verbs = [command for command in VERBS.values() if command.topic is topic]
    if verbs:
        yield f"*{topic.value}*"
        yield from (f"`/ec2ir {command.usage}` {command.help}" for command in verbs)


def _unknown(verb: str) -> str:
    near = difflib.get_close_matches(verb.casefold(), VERBS, n=1, cutoff=0.5)
    hint = f" Did you mean `/ec2ir {near[0]}`?" if near else ""
    return f"✋ There is no verb “{mrkdwn(verb, 40)}”. Nothing was done.{hint}\n{help_text()}"


async def _help(front: Front, act: Act, _words: Sequence[str]) -> None:
    await front.tell(act, help_text())


VERBS: Mapping[str, Command] = {
    "help": Command(usage="help", help="shows this", effect=_help, topic=Topic.INCIDENT, changes=False),
    **INCIDENT_VERBS,
    **STEP_VERBS,
    **CHECK_VERBS,
    **WATCH_VERBS,
    **CHECKLIST_VERBS,
    **RECORD_VERBS,
    **LEGAL_VERBS,
    **ESCALATION_VERBS,
}
"""Every verb by its name; a new topic's verbs are a file of their own and a line here."""
