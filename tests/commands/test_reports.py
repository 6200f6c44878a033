"""The report as a responder asks for it: stored, sealed, told and posted; signed where there is a key."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cli.settings import BadSetting
from cli.signing import HOW_TO_CHECK, signer
from commands.reports import report
from playbook.errors import BadInput, NotAllowed
from playbook.file import File
from playbook.outbox import Post
from playbook.people import Door
from playbook.timeline import Event
from tests.commands.conftest import Room
from tests.fakes.people import ANA, DEE

pytestmark = pytest.mark.slow


async def made(room: Room, incident: str) -> tuple[File, File]:
    return await report(room.desk, incident, by=ANA, door=Door.CHAT)


async def test_it_is_stored_sealed_told_and_posted(room: Room) -> None:
    incident = await room.finding()
    await room.told()
    files = await made(room, incident)

    assert [f.name for f in files] == [
        "ec2ir-id001-report-20260302T120000Z.md",
        "ec2ir-id001-report-20260302T120000Z.pdf",
    ]
    async with room.store.begin() as unit:
        assert sorted(f.id for f in await unit.files.of(incident)) == sorted(f.id for f in files)
        sealed = [e.body["sha256"] for e in await unit.ledger.of(incident) if e.kind == "report"]
    assert sealed == [f.sha256 for f in files]
    assert [e.actor for e in await room.timeline(incident) if e.event is Event.REPORTED] == [ANA.id, ANA.id]
    posted = [m.body["file"] for m in await room.told() if m.post is Post.FILE]
    assert posted == [f.id for f in files]


async def test_without_a_role_or_an_incident_there_is_none(room: Room) -> None:
    incident = await room.finding()
    with pytest.raises(NotAllowed):
        await report(room.desk, incident, by=DEE, door=Door.CHAT)
    with pytest.raises(BadInput):
        await made(room, "nothing")


async def test_without_a_key_nothing_pretends_to_be_signed(room: Room) -> None:
    assert [f.signature for f in await made(room, await room.finding())] == [b"", b""]


async def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = ["openssl", *map(str, arguments)]
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)


@pytest.mark.process
async def test_an_auditor_checks_the_signature_with_openssl_alone(room: Room, tmp_path: Path) -> None:
    key, public = tmp_path / "key.pem", tmp_path / "ec2ir-signing.pub.pem"
    await openssl("genpkey", "-algorithm", "ed25519", "-out", key)
    await openssl("pkey", "-in", key, "-pubout", "-out", public)
    sign = signer(str(key))
    assert sign is not None
    signed = replace(room, desk=replace(room.desk, sign=sign))
    _, pdf = await made(signed, await room.finding())
    file, signature = tmp_path / pdf.name, tmp_path / f"{pdf.name}.sig"
    file.write_bytes(pdf.content)
    signature.write_bytes(pdf.signature)

    command = [
        {"FILE": file, "FILE.sig": signature, public.name: public}.get(word, word)
        for word in HOW_TO_CHECK.split()[1:]
    ]
    assert (await openssl(*command)).returncode == 0
    file.write_bytes(pdf.content + b"\n")
    assert (await openssl(*command)).returncode != 0


def test_a_key_that_is_none_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    broken = tmp_path / "key.pem"
    broken.write_text("-----BEGIN PRIVATE KEY-----\nbm8=\n-----END PRIVATE KEY-----\n")
    with pytest.raises(BadSetting, match="holds no private key"):
        signer(str(broken))
    with pytest.raises(BadSetting, match="can't be read"):
        signer(str(tmp_path / "nowhere.pem"))
    assert signer("") is None
