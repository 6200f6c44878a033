"""A file that an incident yielded: kept, sealed into the evidence, told, and posted in the channel."""

from __future__ import annotations

from commands.telling import tell
from playbook.file import File
from playbook.outbox import Message, Post
from playbook.people import Person
from playbook.ports import Unit
from playbook.timeline import Event


async def publish(unit: Unit, file: File, *, kind: str, event: Event, by: Person, words: str) -> None:
    """Within a transaction that holds the incident's lock. `kind` is the evidence's."""
    await unit.files.put(file)
    body = {"name": file.name, "media": file.media, "bytes": len(file.content), "sha256": file.sha256}
    await unit.ledger.add(file.incident, file.at, kind, file.id, body | {"signed": bool(file.signature)})
    await tell(
        unit, incident=file.incident, at=file.at, actor=by.id, event=event, words=words,
        data={"file": file.id, "sha256": file.sha256},
    )  # fmt: skip
    await unit.outbox.put(
        Message(
            key=f"{file.incident}:file:{file.id}", incident=file.incident, post=Post.FILE, at=file.at,
            body={"file": file.id, "words": words},
        )
    )  # fmt: skip
