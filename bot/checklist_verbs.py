"""The verbs of the checklist: show it, say how a row stands, and answer the question of the decision flow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.act import Act
from bot.asking import incident_here
from bot.command import Command, Topic
from bot.front import Front
from bot.showing import list_phase, phase_named, show_checklist
from bot.value import Value
from commands.checklist import assign, comment, judge_process, said_as, tick
from playbook.errors import BadInput
from playbook.people import Door, Person

_MENTION = re.compile(r"<@([UW][A-Z0-9]{4,20})(?:\|[^>]*)?>")


async def _checklist(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    if words:
        await list_phase(front, act, incident.id, phase_named(words[0]))
    else:
        await show_checklist(front, act, Value(incident=incident.id))


async def _tick(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    if not words:
        raise BadInput("Which row?", then="/ec2ir tick A7 done|na|open [comment]")
    said, by = said_as(next(iter(words[1:2]), "done")), await front.person(act)
    made = await tick(
        front.desk, incident.id, words[0], said, by=by, door=Door.CHAT, comment=" ".join(words[2:])
    )
    await front.tell(act, f"☑️ {made.row}: {made.said.value}")


async def _assign(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    if not words:
        raise BadInput("Which row?", then="/ec2ir assign A7 [@who]: without a name it is yours")
    by = await front.person(act)
    to = await _whom(front, words[1]) if words[1:] else by
    made = await assign(front.desk, incident.id, words[0], to, by=by, door=Door.CHAT)
    await front.tell(act, f"☑️ {made.row} is with <@{made.assignee}>")


async def _whom(front: Front, word: str) -> Person:
    found = _MENTION.fullmatch(word)
    if found is None:
        raise BadInput("Slack did not say who that is.", then="Write @ and choose the person from the list.")
    return await front.people.person(found[1])


async def _comment(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    if not words:
        raise BadInput("Which row?", then="/ec2ir comment A7 what you saw")
    by = await front.person(act)
    await comment(front.desk, incident.id, words[0], " ".join(words[1:]), by=by, door=Door.CHAT)


async def _malicious(front: Front, act: Act, words: Sequence[str]) -> None:
    answers = {"yes": True, "no": False}
    word = next(iter(words), "").casefold()
    if word not in answers:
        raise BadInput("Is the process malicious?", then="/ec2ir malicious yes|no [why]")
    incident = await incident_here(front, act)
    by = await front.person(act)
    await judge_process(
        front.desk, incident.id, malicious=answers[word], by=by, door=Door.CHAT, why=" ".join(words[1:])
    )


CHECKLIST_VERBS: Mapping[str, Command] = {
    "checklist": Command(
        usage="checklist [phase]",
        help="shows every row of the playbook, or one phase's",
        effect=_checklist,
        topic=Topic.CHECKLIST,
        changes=False,
    ),
    "tick": Command(
        usage="tick A7 done|na|open [comment]",
        help="says how a row stands",
        effect=_tick,
        topic=Topic.CHECKLIST,
    ),
    "assign": Command(
        usage="assign A7 [@who]",
        help="gives a row to somebody, or to you",
        effect=_assign,
        topic=Topic.CHECKLIST,
    ),
    "comment": Command(
        usage="comment A7 words…", help="writes beside a row", effect=_comment, topic=Topic.CHECKLIST
    ),
    "malicious": Command(
        usage="malicious yes|no [why]",
        help="answers whether the process is malicious (D3, D4)",
        effect=_malicious,
        topic=Topic.CHECKLIST,
    ),
}
