"""The verbs of the record: indicators, the root cause, and the report; files go into the channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.act import Act
from bot.asking import incident_here
from bot.command import Command, Topic
from bot.front import Front
from commands import ioc, root_cause
from commands.reports import report
from playbook.errors import BadInput
from playbook.indicators import IndicatorKind, Known
from playbook.people import Door
from playbook.root_cause import CHOICES, FIELDS, RootCause, in_words
from playbook.text import mrkdwn

_LISTED = 40
_KIND = "kind="
_COMING = "It is on its way into this channel."


async def write_report(front: Front, act: Act, incident: str) -> None:
    """Make the report and say that it comes. Raises as `commands.reports.report` does."""
    await report(front.desk, incident, by=await front.person(act), door=Door.CHAT)
    await front.tell(act, f"The report is made, as Markdown and PDF. {_COMING}")


async def export_indicators(front: Front, act: Act, incident: str, form: str) -> None:
    """Make the list as a file and say that it comes. Raises as `commands.ioc.export` does."""
    await ioc.export(front.desk, incident, form, by=await front.person(act), door=Door.CHAT)
    await front.tell(act, f"The list is made. {_COMING}")


async def show_root_cause(front: Front, act: Act, incident: str) -> None:
    """Show it to this person, and how to change a part of it."""
    async with front.desk.store.begin() as unit:
        cause, stated = await root_cause.cause_of(unit, incident)
    await front.tell(act, _shown(cause, stated=stated))


async def _report(front: Front, act: Act, _words: Sequence[str]) -> None:
    await write_report(front, act, (await incident_here(front, act)).id)


async def _ioc(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    verb, rest = (words[0].casefold(), list(words[1:])) if words else ("list", [])
    by = await front.person(act)
    match verb, rest:
        case "list", []:
            async with front.desk.store.begin() as unit:
                known = await ioc.listed(unit, incident.id)
            await front.tell(act, "\n".join(_lines(known)) or "No indicator is known yet.")
        case "add", [_, *_]:
            value, kind = _value_and_kind(rest)
            added = await ioc.add(front.desk, incident.id, value, kind=kind, by=by, door=Door.CHAT)
            await front.tell(act, f"On the list: {mrkdwn(ioc.in_words(added), 500)}")
        case "forget", [_, *_]:
            await ioc.forget(front.desk, incident.id, " ".join(rest), by=by, door=Door.CHAT)
            await front.tell(act, "It is off the list; the timeline keeps that it was on it.")
        case "export", [form]:
            await export_indicators(front, act, incident.id, form)
        case _:
            raise BadInput(
                "That can't be done with indicators.",
                then=f"/ec2ir ioc [add VALUE [kind] | forget VALUE | export {'|'.join(ioc.FORMATS)}]",
            )


def _value_and_kind(words: Sequence[str]) -> tuple[str, str]:
    """The value, which may have spaces, and the kind: said as `kind=…`, or as the last of several words."""
    said = [w for w in words if w.startswith(_KIND)]
    if said:
        return " ".join(w for w in words if w not in said), said[0].removeprefix(_KIND).casefold()
    if len(words) > 1 and words[-1].casefold() in set(IndicatorKind):
        return " ".join(words[:-1]), words[-1].casefold()
    return " ".join(words), ""


def _lines(known: Sequence[Known]) -> Iterator[str]:
    for one in known[:_LISTED]:
        about = f" · {mrkdwn(one.indicator.about, 80)}" if one.indicator.about else ""
        seen = mrkdwn("; ".join(one.sources), 120)
        kind = IndicatorKind(one.indicator.kind)
        yield f"{kind.row} {mrkdwn(ioc.in_words(one.indicator), 200)}{about} · {seen}"
    if len(known) > _LISTED:
        yield f"and {len(known) - _LISTED} more: /ec2ir ioc export csv has all"


async def _root_cause(front: Front, act: Act, words: Sequence[str]) -> None:
    incident = await incident_here(front, act)
    if not words:
        await show_root_cause(front, act, incident.id)
        return
    by = await front.person(act)
    if [w.casefold() for w in words] == ["export"]:
        await root_cause.export(front.desk, incident.id, by=by, door=Door.CHAT)
        await front.tell(act, f"The root cause is written as VERIS's JSON. {_COMING}")
        return
    name = words[0].casefold().replace("-", "_")
    if len(words) == 1 and name in FIELDS:
        choices = ", ".join(CHOICES.get(name, ("any words",)))
        raise BadInput(f"What is the {name.replace('_', ' ')}?", then=f"VERIS has: {choices}.")
    after = await root_cause.state(
        front.desk, incident.id, words[0], " ".join(words[1:]), by=by, door=Door.CHAT
    )
    await front.tell(act, _shown(after, stated=True))


def _shown(cause: RootCause, *, stated: bool) -> str:
    said = "as people stated it" if stated else "as the findings speak for it; nobody has stated it yet"
    lines = [f"*Root cause* ({said})", *(f"*{name}* {mrkdwn(words, 300)}" for name, words in in_words(cause))]
    if cause.summary:
        lines.append(mrkdwn(cause.summary, 1000))
    lines.append(f"To change a part: `/ec2ir rootcause part words`; the parts are {', '.join(FIELDS)}")
    return "\n".join(lines)


RECORD_VERBS: Mapping[str, Command] = {
    "ioc": Command(
        usage="ioc [add VALUE [kind] | forget VALUE | export stix|csv|misp]",
        help="lists the indicators, adds one, takes one off, or exports them",
        effect=_ioc,
        topic=Topic.RECORD,
    ),
    "rootcause": Command(
        usage="rootcause [part words… | export]",
        help="shows the root cause in VERIS's words, states a part of it, or exports it",
        effect=_root_cause,
        topic=Topic.RECORD,
    ),
    "report": Command(
        usage="report", help="makes the report, as Markdown and PDF", effect=_report, topic=Topic.RECORD
    ),
}
