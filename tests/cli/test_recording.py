"""Files that a terminal writes: beside their signatures, or a sentence about why not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.recording import write
from playbook.errors import StepFailed
from playbook.file import made

FILE = made(
    id="f1", incident="x", name="report.md", media="text/markdown", content=b"words", signature=b"signed",
    at=datetime(2026, 3, 2, tzinfo=UTC),
)  # fmt: skip


def test_a_file_is_written_with_its_signature_beside_it(tmp_path: Path) -> None:
    (one,) = write([FILE], tmp_path / "new" / "folder")
    assert Path(one["path"]).read_bytes() == b"words"
    assert Path(one["signature"]).read_bytes() == b"signed"
    assert one["signature"] == f"{one['path']}.sig"


def test_a_folder_that_is_none_is_said_and_the_file_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StepFailed, match="kept in the database all the same"):
        write([FILE], tmp_path / "taken")
