"""Make the report: gathered, drawn, signed, stored as evidence, and posted in the incident's channel."""

from __future__ import annotations

import asyncio

from commands.desk import Desk, locked
from commands.publish import publish
from commands.report.gather import gather
from commands.report.markdown import markdown
from commands.report.model import Report
from commands.report.pdf import pdf
from commands.roles import require_any_role
from playbook.file import File, made
from playbook.people import Door, Person
from playbook.timeline import Event

MARKDOWN, PDF = "text/markdown; charset=utf-8", "application/pdf"


async def report(desk: Desk, incident: str, *, by: Person, door: Door) -> tuple[File, File]:
    """The report as of now, as Markdown and as PDF.

    Raises BadInput when there is no incident of that id, NotAllowed without a role.
    """
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        gathered = await gather(unit, incident, desk.clock())
    # Drawing takes a fifth of a second: no transaction is open, and nobody else's click waits for it.
    files = await asyncio.to_thread(drawn, desk, gathered)
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        for file in files:
            await publish(
                unit, file, kind="report", event=Event.REPORTED, by=by,
                words=f"{by} made the report {file.name}",
            )  # fmt: skip
    return files


def drawn(desk: Desk, gathered: Report) -> tuple[File, File]:
    """The two files of one report, signed where a key is configured. Pure but for the files' ids."""
    incident, at = gathered.incident.id, gathered.at
    stem = f"ec2ir-{incident}-report-{at:%Y%m%dT%H%M%SZ}"

    def file(suffix: str, media: str, content: bytes) -> File:
        return made(
            id=desk.new_id(), incident=incident, name=f"{stem}.{suffix}", media=media, content=content, at=at,
            signature=desk.sign(content),
        )  # fmt: skip

    return file("md", MARKDOWN, markdown(gathered)), file("pdf", PDF, pdf(gathered))
