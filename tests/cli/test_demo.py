"""The played demo, as the process that people start: it ends well only when everything was proved."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.emulator, pytest.mark.timeout(240)]
ROOT = Path(__file__).resolve().parents[2]


def played(*options: str, seconds: int = 230) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--play", *options], cwd=ROOT, env=os.environ | {"COLUMNS": "200"},
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip


def test_the_incident_is_played_to_its_proved_end() -> None:
    done = played()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "🔴" not in done.stdout
    for words in (
        "ana, who is no approver",
        "bo approves",
        "Isolate the instance: proved",
        "Tag as compromised: undone",
    ):
        assert words in done.stdout
    assert "Timeline (UTC)" in done.stdout
    assert re.search(r"Time to contain: \d+ ", done.stdout)


def test_a_leak_is_found_and_said() -> None:
    done = played("--leak")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "traffic still passes" in done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.timeout(420)
def test_the_72_hour_watch_is_played_to_its_signed_verdict() -> None:
    done = played("--scenario", "watch", seconds=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "● ● ● ● ● ● ● ● ● ✕ ● ● ● ● ● ● ●" in done.stdout
    assert "🔴" not in done.stdout
    for words in (
        "the incident was closed when the burst came",
        "one look saw it, at hour 20",
        "the incident is open again",
        "both watches ended after 72 hours exactly",
        "a person signed the verdict",
    ):
        assert f"🟢 {words}" in done.stdout


@pytest.mark.long
@pytest.mark.timeout(420)
def test_the_whole_playbook_is_played_to_its_signed_report() -> None:
    done = played("--scenario", "full", seconds=400)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "🔴" not in done.stdout
    for step in ("Analyse the volumes", "Launch a clean replacement", "Terminate the instance"):
        assert f"🟢 {step}: proved" in done.stdout
    named = re.search(r"^Report: (.+\.pdf)$", done.stdout, re.MULTILINE)
    assert named
    report = Path(named[1])
    try:
        assert report.read_bytes().startswith(b"%PDF")
        assert report.with_name(f"{report.name}.sig").stat().st_size == 64
    finally:
        shutil.rmtree(report.parent)


def test_an_escalation_that_nobody_answers_is_played_to_the_end_of_its_ladder() -> None:
    done = played("--scenario", "ladder")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "🟢 the fallback was called" in done.stdout
    assert "🟢 the end of the ladder is said, not silent" in done.stdout
