"""The played demo, as the process that people start: it ends well only when everything was proved."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.emulator, pytest.mark.timeout(240)]
ROOT = Path(__file__).resolve().parents[2]


def played(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--play", *options], cwd=ROOT, env=os.environ | {"COLUMNS": "200"},
        capture_output=True, text=True, timeout=230, check=False,
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


def test_the_72_hour_watch_is_played_to_its_signed_verdict() -> None:
    done = played("--scenario", "watch")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "● ● ● ● ● ● ● ● ● ✕ ● ● ● ● ● ● ●" in done.stdout
    for words in ("one look saw it, at hour 20", "the incident is open again", "after 72 hours exactly"):
        assert f"🟢 {words}" in done.stdout or f"🟢 both watches ended {words}" in done.stdout
