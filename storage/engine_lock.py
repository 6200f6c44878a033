"""On SQLite one process at a time is the engine: a lock on a file beside the database, gone when its holder dies."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLock:
    """A lock that is held until `release`, or until the process ends however it ends."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Let another process become the engine."""
        os.close(self.descriptor)


def acquire(database: Path) -> EngineLock | None:
    """Become the engine of the SQLite file `database`; None when another process is (see `holder`)."""
    path = _lock_path(database)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return EngineLock(path=path, descriptor=descriptor)


def holder(database: Path) -> int | None:
    """The process id that the last engine of `database` wrote down; None when there never was one."""
    try:
        written = _lock_path(database).read_text().strip()
    except FileNotFoundError:
        return None
    return int(written) if written.isdigit() else None


def _lock_path(database: Path) -> Path:
    return database.with_name(database.name + ".engine")
