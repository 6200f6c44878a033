"""Every row of the playbook is carried, named, proved, and its proof would notice if it were not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from actions.action import Action
from cli.coverage import ROOT, Covered, coverage
from tests.coverage.sabotage import found

pytestmark = pytest.mark.slow


OPEN = frozenset({"F6"})
"""Rows of which a part may still be open, with the reason."""
EVERY = [pytest.param(row, id=row.row) for row in coverage()]


@pytest.mark.parametrize("row", EVERY)
def test_the_row_is_carried_by_code_that_is_there(row: Covered) -> None:
    assert row.carried
    for carried in row.carried:
        assert not carried.open or row.row in OPEN
        if carried.code:
            assert callable(found(carried.code)) or isinstance(found(carried.code), Action)
        assert carried.open or (carried.code and carried.button and carried.verb)


@pytest.mark.parametrize("row", EVERY)
def test_the_row_is_proved_by_a_test(row: Covered) -> None:
    assert row.tests or not any(carried.code for carried in row.carried)


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.long
@pytest.mark.timeout(600)
def test_each_of_these_tests_fails_when_its_rows_effect_is_disabled(tmp_path: Path) -> None:
    passed = tmp_path / "passed"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.coverage.sabotage", "-m", "row", "-q",
         "--no-header", f"--passed-anyway={passed}", "-p", "no:cacheprovider"],
        cwd=ROOT, check=False, capture_output=True,
    )  # fmt: skip
    ran, *unmoved = passed.read_text().splitlines()
    assert int(ran) >= len({test for row in coverage() for test in row.tests})
    assert unmoved == []
