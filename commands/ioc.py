"""Indicators by hand: add one, take one off the list, and export them all as a file in the channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from commands.desk import Desk, locked, the_incident
from commands.exports.known import Export
from commands.exports.misp import misp
from commands.exports.stix import stix
from commands.exports.table import table
from commands.publish import publish
from commands.roles import require_any_role
from commands.telling import tell
from playbook.attack import techniques
from playbook.errors import BadInput
from playbook.file import File, made
from playbook.finding import Indicator
from playbook.indicators import IndicatorKind, Known, guess, normal, refang
from playbook.people import Door, Person
from playbook.ports import Unit
from playbook.text import defang, plain
from playbook.timeline import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a list is written, and what its file is called."""

    name: str
    suffix: str
    media: str
    write: Callable[[Export], bytes]


FORMATS: Mapping[str, Format] = {
    "stix": Format(
        name="STIX 2.1", suffix="stix.json", media="application/stix+json;version=2.1", write=stix
    ),
    "csv": Format(name="CSV", suffix="csv", media="text/csv; charset=utf-8", write=table),
    "misp": Format(name="MISP", suffix="misp.json", media="application/json", write=misp),
}


def read(value: str, kind: str = "") -> Indicator:
    """The indicator that somebody typed, defanged or not. Raises BadInput when it is none, or of no known kind."""
    if not kind:
        return guess(value)
    if kind not in set(IndicatorKind):
        raise BadInput(
            f"“{plain(kind, 40)}” is no kind of indicator.", then=f"There are: {', '.join(IndicatorKind)}."
        )
    found = normal(Indicator(kind=kind, value=value))
    if found is None:
        raise BadInput(f"“{plain(value, 60)}” is no {kind.replace('_', ' ')}.", then="Nothing was added.")
    return found


async def add(
    desk: Desk, incident: str, value: str, *, by: Person, door: Door, kind: str = "", about: str = ""
) -> Indicator:
    """Put one on the incident's list; known ones get a further source. Raises BadInput, NotAllowed without a role."""
    await require_any_role(desk, by, door)
    read_ = read(value, kind)
    indicator, now = Indicator(kind=read_.kind, value=read_.value, about=plain(about, 200)), desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        new = await unit.indicators.add(incident, indicator, f"added by {by}", now)
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.INDICATOR,
            words=f"{by} {'added' if new else 'confirmed'} {in_words(indicator)}",
            data={"kind": indicator.kind, "value": indicator.value, "new": new},
        )  # fmt: skip
    return indicator


async def forget(desk: Desk, incident: str, value: str, *, by: Person, door: Door) -> tuple[Indicator, ...]:
    """Take every indicator of that value off the list. Raises BadInput when none is, NotAllowed without a role."""
    await require_any_role(desk, by, door)
    wanted, now = refang(value).casefold(), desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        known = await unit.indicators.of(incident)
        gone = tuple(k.indicator for k in known if k.indicator.value.casefold() == wanted)
        if not gone:
            raise BadInput(
                f"{defang(plain(value, 60))} is not on the list.", then="/ec2ir ioc shows what is."
            )
        for indicator in gone:
            await unit.indicators.forget(incident, indicator)
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.INDICATOR,
            words=f"{by} took {', '.join(map(in_words, gone))} off the list",
            data={"forgotten": [{"kind": i.kind, "value": i.value} for i in gone]},
        )  # fmt: skip
    return gone


async def listed(unit: Unit, incident: str) -> tuple[Known, ...]:
    """All of an incident, in the order in which they came. Raises BadInput when there is no such incident."""
    await the_incident(unit, incident)
    return await unit.indicators.of(incident)


async def export(desk: Desk, incident: str, form: str, *, by: Person, door: Door) -> File:
    """The list as a file: stored, sealed as evidence and posted in the channel.

    Raises BadInput for an unknown format or an empty list, NotAllowed without a role.
    """
    await require_any_role(desk, by, door)
    chosen = FORMATS.get(form.casefold())
    if chosen is None:
        raise BadInput(f"“{plain(form, 40)}” is no format.", then=f"There are: {', '.join(FORMATS)}.")
    now = desk.clock()
    async with desk.store.begin() as unit:
        found = await locked(unit, incident)
        known = await unit.indicators.of(incident)
        if not known:
            raise BadInput("No indicator is known yet.", then="/ec2ir ioc add VALUE adds one by hand.")
        what = Export(
            incident=found,
            techniques=techniques(await unit.findings.of(incident)),
            known=known,
            instances=tuple(i.instance for i in await unit.incidents.instances(incident)),
            at=now,
        )
        content = chosen.write(what)
        name = f"ec2ir-{incident}-indicators-{now:%Y%m%dT%H%M%SZ}.{chosen.suffix}"
        file = made(
            id=desk.new_id(), incident=incident, name=name,
            media=chosen.media, content=content, at=now, signature=desk.sign(content),
        )  # fmt: skip
        await publish(
            unit, file, kind="indicators", event=Event.INDICATOR, by=by,
            words=f"{by} exported {len(known)} indicators as {chosen.name}",
        )  # fmt: skip
    return file


def in_words(indicator: Indicator) -> str:
    """As people read it: its kind, and its value defanged."""
    return f"{indicator.kind.replace('_', ' ')} {defang(indicator.value)}"
