"""The verbs that plan steps, take them back or carry them out again; each action of the catalogue has its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from actions.catalogue import ACTIONS, BY_NAME
from bot.act import Act
from bot.asking import board_of, incident_here
from bot.command import Command, Effect, Topic, instance_in
from bot.front import Front
from commands.board import Board, Row, Verb
from commands.progress import retry
from commands.propose import propose, propose_recommended, propose_undo
from commands.roles import require_any_role
from playbook.decisions import CONTAIN
from playbook.errors import BadInput, Refused
from playbook.people import Door


async def _plan(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    instance, steps = instance_in(words)
    by = await front.person(act)
    if steps:
        actions = (
            CONTAIN if [s.casefold() for s in steps] == ["contain"] else tuple(s.casefold() for s in steps)
        )
        await propose(front.desk, incident.id, actions, by=by, door=Door.CHAT, instance=instance)
        return
    await require_any_role(front.desk, by, Door.CHAT)
    if not await propose_recommended(front.desk, incident.id, instance=instance):
        raise Refused(
            "The playbook recommends no step here, or none can be planned now.",
            means="Nothing was planned.",
            then="The card says why; /ec2ir plan contain plans the containment all the same.",
        )


def _step(name: str) -> Effect:
    async def effect(front: Front, act: Act, words: Sequence[str]) -> None:
        await _plan(front, act, [name, *words])

    return effect


async def _undo(front: Front, act: Act, words: Sequence[str]) -> None:
    row = await _row(front, act, words, Verb.UNDO)
    await propose_undo(front.desk, row.run, row.action.name, by=await front.person(act), door=Door.CHAT)


async def _retry(front: Front, act: Act, words: Sequence[str]) -> None:
    row = await _row(front, act, words, Verb.RETRY)
    await retry(front.desk, row.run, row.action.name, by=await front.person(act), door=Door.CHAT)


async def _row(front: Front, act: Act, words: Sequence[str], verb: Verb) -> Row:
    incident = await incident_here(front, act)
    instance, names = instance_in(words)
    if len(names) != 1 or names[0].casefold() not in BY_NAME:
        raise BadInput(f"Which step? Write /ec2ir {verb.value} and one of: {', '.join(BY_NAME)}.")
    board = await board_of(front, incident.id)
    row = _found(board, names[0].casefold(), instance, verb)
    if row is None:
        raise Refused(
            f"There is nothing to {verb.value} of “{BY_NAME[names[0].casefold()].title}” now.",
            means="Nothing was changed.",
            then="The card shows each step's state and why it has no button.",
        )
    return row


def _found(board: Board, name: str, instance: str, verb: Verb) -> Row | None:
    sections = [s for s in board.sections if not instance or s.facts.instance == instance]
    rows = (row for s in sections for row in s.rows if row.action.name == name and verb in row.offers)
    return next(rows, None)


STEP_VERBS: Mapping[str, Command] = {
    "plan": Command(
        usage="plan [contain | steps…] [i-…]",
        help="plans what the playbook recommends, the whole containment, or these steps",
        effect=_plan,
        topic=Topic.STEPS,
    ),
    **{
        action.name: Command(
            usage=f"{action.name} [i-…]",
            help=f"plans “{action.title}” ({action.row})",
            effect=_step(action.name),
            topic=Topic.STEPS,
        )
        for action in ACTIONS
    },
    "undo": Command(
        usage="undo step [i-…]", help="plans to take a step back", effect=_undo, topic=Topic.STEPS
    ),
    "retry": Command(
        usage="retry step [i-…]", help="carries out a failed step again", effect=_retry, topic=Topic.STEPS
    ),
}
