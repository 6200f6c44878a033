"""On SQLite one process is the engine, and a dead one does not stand in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storage.engine_lock import acquire, holder

ROOT = Path(__file__).resolve().parents[2]
_ENGINE = """
import sys
from pathlib import Path
from storage.engine_lock import acquire
print("engine" if acquire(Path(sys.argv[1])) else "refused", flush=True)
sys.stdin.read()
"""


def test_a_second_engine_is_told_who_the_first_is(tmp_path: Path) -> None:
    database = tmp_path / "ec2ir.db"
    assert holder(database) is None
    first = acquire(database)
    assert first is not None
    assert acquire(database) is None
    assert holder(database) == os.getpid()
    first.release()
    again = acquire(database)
    assert again is not None
    again.release()


def test_two_databases_have_two_engines(tmp_path: Path) -> None:
    locks = [acquire(tmp_path / "a.db"), acquire(tmp_path / "b.db")]
    for lock in locks:
        assert lock is not None
        lock.release()


@pytest.mark.process
def test_the_lock_of_a_killed_engine_is_free(tmp_path: Path) -> None:
    database = tmp_path / "ec2ir.db"
    command = [sys.executable, "-c", _ENGINE, str(database)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "engine\n"
        assert acquire(database) is None
        assert holder(database) == other.pid
        other.kill()
        other.wait()
    lock = acquire(database)
    assert lock is not None
    lock.release()
