"""Markdown and PDF: the same report is the same bytes, and no word in it can do anything."""

from __future__ import annotations

import asyncio
import hashlib
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from commands.report.markdown import escaped, markdown
from commands.report.pdf import pages, pdf
from tests.commands.conftest import Room
from tests.commands.report.stories import HOSTILE, hostile, played, report_of

pytestmark = pytest.mark.slow


ROOT = Path(__file__).parents[3]


@pytest.mark.slow
async def test_the_same_report_is_the_same_bytes(room: Room) -> None:
    incident = await played(room)
    first, second = await report_of(room, incident), await report_of(room, incident)

    assert markdown(first) == markdown(second)
    assert pdf(first) == pdf(second)


async def test_a_moment_between_two_seconds_is_a_moment_too(room: Room) -> None:
    report = await report_of(room, await room.finding())
    assert pdf(replace(report, at=report.at.replace(microsecond=7))).startswith(b"%PDF")


@pytest.mark.process
async def test_another_process_draws_the_same_bytes(room: Room, tmp_path: Path) -> None:
    report = await report_of(room, await played(room))
    stored = tmp_path / "report.pickle"
    stored.write_bytes(pickle.dumps(report))
    draw = (
        "import hashlib, pathlib, pickle, sys\n"
        "from commands.report.markdown import markdown\n"
        "from commands.report.pdf import pdf\n"
        "report = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(hashlib.sha256(markdown(report) + pdf(report)).hexdigest())\n"
    )
    # Another seed for hashing strings, and another zone: neither may show.
    other = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", draw, stored],
        cwd=ROOT, env={"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert other.stdout.strip() == hashlib.sha256(markdown(report) + pdf(report)).hexdigest()


@pytest.mark.slow
async def test_the_pdf_is_archival_and_has_pages_to_look_at(room: Room) -> None:
    report = await report_of(room, await played(room))

    assert pdf(report).startswith(b"%PDF-1.7")
    assert b"pdfaid:part" in pdf(report)
    drawn = pages(report)
    assert len(drawn) >= 3
    assert all(page.startswith(b"\x89PNG") for page in drawn)


@pytest.mark.slow
async def test_hostile_names_are_drawn_and_do_nothing(room: Room) -> None:
    report = await report_of(room, await hostile(room))

    made = markdown(report).decode()
    assert pdf(report).startswith(b"%PDF")
    for live in ("[link](", "*bold*", "`code`", "$x^2$", "<b>", "\u202e", "http://"):
        assert not re.search(r"(?<!\\)" + re.escape(live), made), live
    assert made.count("**TLP:AMBER**") == 2
    assert "\\[U+202E\\]" in made


async def test_a_cell_never_opens_another(room: Room) -> None:
    made = markdown(await report_of(room, await hostile(room))).decode()
    tables = [line for line in made.splitlines() if line.startswith("|")]
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in tables]
    heads = [index for index, line in enumerate(tables) if set(line) <= set("| -")]
    assert heads
    for here, following in zip(heads, [*heads[1:], len(tables) + 1], strict=True):
        assert len(set(bars[here - 1 : following - 1])) == 1


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("# no heading", "\\# no heading"),
        ("- no list", "\\- no list"),
        ("1. no list", "1\\. no list"),
        ("two\nlines", "two lines"),
        ("mail me@evil.example", "mail me\\@evil.example"),
        ("http://evil.example", "http\\://evil.example"),
        ("10.0.0.1", "10.0.0.1"),
        ("\u202eexe", "\\[U+202E\\]exe"),
    ],
)
def test_markdown_is_escaped(outside: str, shown: str) -> None:
    assert escaped(outside) == shown


def test_the_hostile_name_is_as_hostile_as_it_should_be() -> None:
    assert all(mark in HOSTILE for mark in "#*`$[]|<@\\\u202e")
