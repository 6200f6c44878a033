"""The record from a terminal: the report, indicators and the root cause; files are written where they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli import show
from cli.doors import enter, out, reading, terminal
from cli.settings import Settings
from cli.signing import HOW_TO_CHECK
from commands import ioc as indicators
from commands import reports
from commands.root_cause import as_veris, cause_of, state
from playbook.errors import BadInput, StepFailed
from playbook.file import File
from playbook.indicators import IndicatorKind
from playbook.people import Door
from playbook.plan import dump_json
from playbook.root_cause import CHOICES, FIELDS, in_words
from playbook.text import defang, plain

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Incident = Annotated[str, typer.Argument(help="The incident's id.")]
Out = Annotated[Path, typer.Option("--out", help="The folder that files are written to.")]
ioc = typer.Typer(no_args_is_help=True, help="Indicators of compromise of an incident.")


class Form(StrEnum):
    """How a report can be written."""

    MARKDOWN = "md"
    PDF = "pdf"


def report(
    incident: Incident,
    to: Out = Path(),
    form: Annotated[Form | None, typer.Option("--format", help="Only this one; default both.")] = None,
    json: Json = False,
) -> None:
    """Make the report: kept as evidence, posted in the channel, and written here, with its signature beside it."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            made = await reports.report(at.desk, incident, by=at.person, door=Door.TERMINAL)
        _put([f for f in made if form is None or f.name.endswith(f".{form}")], to, json=json)

    enter(work)


@ioc.command("list")
def list_ioc(incident: Incident, json: Json = False) -> None:
    """List what is known, defanged; the JSON has the values as they are."""

    async def work(settings: Settings) -> None:
        async with reading(settings) as unit:
            known = await indicators.listed(unit, incident)
        if json:
            show.as_json([dump_json(k) for k in known])
            return
        for one in known:
            about = f" · {one.indicator.about}" if one.indicator.about else ""
            said = f"{IndicatorKind(one.indicator.kind).row} {indicators.in_words(one.indicator)}{about}"
            out.print(f"{plain(said, 400)} · {plain('; '.join(one.sources), 200)}", markup=False)
        if not known:
            out.print("No indicator is known yet.")

    enter(work)


@ioc.command("add")
def add_ioc(
    incident: Incident,
    value: Annotated[str, typer.Argument(help="As it is, or defanged.")],
    kind: Annotated[
        str, typer.Option(help=f"One of: {', '.join(IndicatorKind)}. Default: by its look.")
    ] = "",
    about: Annotated[str, typer.Option(help="What is known of it.")] = "",
) -> None:
    """Add one by hand."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            added = await indicators.add(
                at.desk, incident, value, kind=kind, about=about, by=at.person, door=Door.TERMINAL
            )
        out.print(f"On the list: {indicators.in_words(added)}", markup=False)

    enter(work)


@ioc.command("forget")
def forget_ioc(
    incident: Incident, value: Annotated[str, typer.Argument(help="As it is, or defanged.")]
) -> None:
    """Take one off the list; the timeline keeps that it was on it."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            await indicators.forget(at.desk, incident, value, by=at.person, door=Door.TERMINAL)
        out.print(f"Off the list: {defang(value)}", markup=False)

    enter(work)


@ioc.command("export")
def export_ioc(
    incident: Incident,
    form: Annotated[str, typer.Argument(help=f"One of: {', '.join(indicators.FORMATS)}.")],
    to: Out = Path(),
    json: Json = False,
) -> None:
    """Write them all to a file, which is kept as evidence and posted in the channel too."""

    async def work(settings: Settings) -> None:
        async with terminal(settings) as at:
            file = await indicators.export(at.desk, incident, form, by=at.person, door=Door.TERMINAL)
        _put([file], to, json=json)

    enter(work)


def root_cause(
    incident: Incident,
    part: Annotated[str, typer.Argument(help=f"One of: {', '.join(FIELDS)}.")] = "",
    words: Annotated[
        list[str] | None, typer.Argument(help="What it is; several separated by commas.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print VERIS's JSON only.")] = False,
) -> None:
    """Show the root cause in VERIS's words, or state a part of it."""
    name = part.casefold().replace("-", "_")

    async def work(settings: Settings) -> None:
        if name and not words:
            choices = ", ".join(CHOICES.get(name, ("any words",)))
            raise BadInput(f"What is the {plain(part, 40)}?", then=f"VERIS has: {choices}.")
        if name:
            async with terminal(settings) as at:
                await state(at.desk, incident, name, " ".join(words or ()), by=at.person, door=Door.TERMINAL)
        async with reading(settings) as unit:
            said = await as_veris(unit, incident)
            cause, stated = await cause_of(unit, incident)
        if json:
            show.as_json(said)
            return
        for heading, text in (*in_words(cause), ("Summary", cause.summary or "none")):
            out.print(f"{heading}: {text}", markup=False)
        if not stated:
            out.print("Nobody has stated it yet: this is what the findings speak for.")

    enter(work)


def _put(files: Iterable[File], folder: Path, *, json: bool) -> None:
    written = write(files, folder)
    if json:
        show.as_json(written)
        return
    for one in written:
        out.print(f"{one['path']}  SHA-256 {one['sha256']}", markup=False)
    if any(one["signature"] for one in written):
        out.print(f"To check a signature: {HOW_TO_CHECK}", markup=False)
    elif written:
        out.print("Not signed: EC2IR_SIGNING_KEY is not set.")


def write(files: Iterable[File], folder: Path) -> list[dict[str, str]]:
    """Write files with their signatures; where each is, and its hash. Raises StepFailed when that can't be done."""
    written: list[dict[str, str]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            path, signature = folder / file.name, folder / f"{file.name}.sig"
            path.write_bytes(file.content)
            if file.signature:
                signature.write_bytes(file.signature)
            beside = str(signature) if file.signature else ""
            written.append({"path": str(path), "sha256": file.sha256, "signature": beside})
    except OSError as error:
        raise StepFailed(
            f"{folder} can't be written to: {error.strerror}.",
            means="The file is kept in the database all the same.",
            then="Name another folder with --out.",
        ) from error
    return written
