"""The watch after recovery from a terminal: its strip, its checks by hand, and everything that chat can do with it."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import show
from cli.checking import watch as look_now
from cli.doors import Terminal, enter, out, reading, terminal
from cli.settings import Settings
from commands import watch
from playbook.clock import stamp
from playbook.errors import BadInput
from playbook.people import Door
from playbook.plan import dump_json
from playbook.text import plain
from playbook.watch import Watch, Watched, WatchMark, proposed_verdict, strip, tally

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
_USAGE = "now, start, pause, resume, extend HOURS, stop why…, sign verdict…"


def watching(
    incident: Annotated[str, typer.Argument(help="The incident's id.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(help=f"Nothing: show its strips. Or: {_USAGE}", metavar="[now|start|pause|…]"),
    ] = None,
    instance: Annotated[str, typer.Option(help="Only the watch of this instance; default all.")] = "",
    json: Json = False,
) -> None:
    """Show the 72-hour watch of an incident (R7), make its checks now, or steer it."""
    verb, *rest = words or [""]
    if verb.casefold() == "now":
        look_now(incident, instance, json)
        return

    async def work(settings: Settings) -> None:
        if verb:
            async with terminal(settings) as at:
                await _steer(at, incident, verb.casefold(), rest, instance)
        async with reading(settings) as unit:
            mine = await unit.watches.of(incident)
            seen = await unit.watches.seen_in(incident)
        chosen = [w for w in mine if w.target.instance == instance or not instance]
        if json:
            show.as_json([{**dump_json(w), "seen": [dump_json(s) for s in _of(w, seen)]} for w in chosen])
            return
        for one in chosen:
            print_watch(one, _of(one, seen))
        if not chosen:
            out.print(f"Nothing is watched here yet: ec2ir watch {incident} start", markup=False)

    enter(work)


async def _steer(at: Terminal, incident: str, verb: str, rest: list[str], instance: str) -> None:
    desk, by, door = at.desk, at.person, Door.TERMINAL
    match verb, rest:
        case "start", []:
            await watch.start(desk, incident, by=by, door=door, instance=instance)
        case "pause", []:
            await watch.pause(desk, incident, by=by, door=door, instance=instance)
        case "resume", []:
            await watch.resume(desk, incident, by=by, door=door, instance=instance)
        case "extend", [hours] if hours.isdecimal():
            await watch.extend(desk, incident, int(hours), by=by, door=door, instance=instance)
        case "stop", _:
            await watch.stop(desk, incident, " ".join(rest), by=by, door=door, instance=instance)
        case "sign", _:
            await watch.sign(desk, incident, " ".join(rest), by=by, door=door, instance=instance)
        case _:
            raise BadInput(f"A watch can't do “{plain(verb, 40)}”.", then=f"Write: {_USAGE}")


def _of(one: Watch, seen: tuple[Watched, ...]) -> tuple[Watched, ...]:
    return tuple(s for s in seen if s.watch == one.id)


def print_watch(one: Watch, seen: tuple[Watched, ...]) -> None:
    """Its strip, its marks in words, and each look that was not clear."""
    what = f" (replaces {one.replaces})" if one.replaces else ""
    out.print(f"{one.target.instance}{what}  {strip(one, seen)}", markup=False, style="bold")
    out.print(f"  {one.state.value}, until {stamp(one.until)}: {tally(seen).words}", markup=False)
    for look in seen:
        if look.mark is not WatchMark.CLEAR:
            said = plain("; ".join(look.says), 600)
            out.print(f"  {look.mark.sign} {stamp(look.due)} {look.mark.value}: {said}", markup=False)
    if one.signed is not None:
        out.print(
            f"  Verdict “{plain(one.verdict, 500)}”, signed by {one.signed_by} {stamp(one.signed)}",
            markup=False,
        )
    elif not one.live:
        out.print(f"  Proposed verdict: {proposed_verdict(tally(seen))}; a person signs it.", markup=False)
