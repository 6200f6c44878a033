"""`/ec2ir`: one verb for each thing a responder can ask for; the actions' verbs come from the catalogue."""

from __future__ import annotations

import difflib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from actions.catalogue import ACTIONS, BY_NAME
from bot.act import Act
from bot.asking import board_of, incident_here
from bot.card import card
from bot.front import Front
from bot.words import headline, severity
from commands.board import Board, Row, Verb
from commands.close import close, take_lead
from commands.declare import declare
from commands.progress import retry
from commands.propose import propose, propose_recommended, propose_undo
from commands.roles import require_any_role
from playbook.decisions import CONTAIN
from playbook.errors import BadInput, Refused
from playbook.people import Door
from playbook.target import instance_id
from playbook.text import mrkdwn

_ACCOUNT = re.compile(r"[0-9]{12}")
_LISTED = 20
_INSTANCE = re.compile(r"i-[0-9a-z]*", re.IGNORECASE)

Effect = Callable[[Front, Act, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`usage` and `help` are what `/ec2ir help` shows; `changes` says whether its work is done once an act."""

    usage: str
    help: str
    effect: Effect
    changes: bool = True


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


def help_text() -> str:
    """Every verb with what it does, as mrkdwn."""
    return "\n".join(f"`/ec2ir {command.usage}` {command.help}" for command in VERBS.values())


def _unknown(verb: str) -> str:
    near = difflib.get_close_matches(verb.casefold(), VERBS, n=1, cutoff=0.5)
    hint = f" Did you mean `/ec2ir {near[0]}`?" if near else ""
    return f"✋ There is no verb “{mrkdwn(verb, 40)}”. Nothing was done.{hint}\n{help_text()}"


async def _help(front: Front, act: Act, _words: Sequence[str]) -> None:
    await front.tell(act, help_text())


async def _status(front: Front, act: Act, words: Sequence[str]) -> None:
    async with front.desk.store.begin() as unit:
        here = await unit.incidents.in_channel(act.channel)
        listed = await unit.incidents.listed(most=5 * _LISTED)
    if here is not None:
        board = await board_of(front, here.id)
        wanted, _ = _instance(words)
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


async def _plan(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    instance, steps = _instance(words)
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
    instance, names = _instance(words)
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


async def _lead(front: Front, act: Act, _words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    await take_lead(front.desk, incident.id, by=await front.person(act), door=Door.CHAT)


async def _close(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    await close(front.desk, incident.id, " ".join(words), by=await front.person(act), door=Door.CHAT)


def _instance(words: Sequence[str]) -> tuple[str, list[str]]:
    """The instance among the words, and the other words. Raises BadInput for an id that is none."""
    named = [w for w in words if _INSTANCE.fullmatch(w)]
    if len(named) > 1:
        raise BadInput("One instance at a time.", then="Write the verb once for each.")
    return (instance_id(named[0]) if named else "", [w for w in words if w not in named])


VERBS: Mapping[str, Command] = {
    "help": Command(usage="help", help="shows this", effect=_help, changes=False),
    "declare": Command(
        usage="declare i-… [region] [account]", help="opens an incident on an instance", effect=_declare
    ),
    "status": Command(
        usage="status [i-…]", help="shows the incident, or all open ones", effect=_status, changes=False
    ),
    "plan": Command(
        usage="plan [contain | steps…] [i-…]",
        help="plans what the playbook recommends, the whole containment, or these steps",
        effect=_plan,
    ),
    **{
        action.name: Command(
            usage=f"{action.name} [i-…]",
            help=f"plans “{action.title}” ({action.row})",
            effect=_step(action.name),
        )
        for action in ACTIONS
    },
    "undo": Command(usage="undo step [i-…]", help="plans to take a step back", effect=_undo),
    "retry": Command(usage="retry step [i-…]", help="carries out a failed step again", effect=_retry),
    "lead": Command(usage="lead", help="makes you the lead", effect=_lead),
    "close": Command(usage="close reason…", help="closes the incident", effect=_close),
}
