"""A person at a shell: a folder, an environment, and the command line, run in this process."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from typer.main import get_command

from cli.main import app

COMMAND: Any = get_command(app)
"""Made once: making it takes longer than most commands. Any, because typer carries a click of its own."""
QUIET = (
    "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL",
    "AWS_REGION", "AWS_DEFAULT_REGION",
)  # fmt: skip
"""What the machine of the tests may have set, and no test wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command printed, and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON: whatever else stands there makes this fail."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs `ec2ir` in a folder of the test's own."""

    home: Path
    environment: dict[str, str | None] = field(default_factory=dict[str, "str | None"])

    def set(self, **variables: str) -> None:
        """Set variables for all commands that follow."""
        self.environment.update(variables)

    def policy(self, text: str) -> None:
        """Write `ec2ir.toml`."""
        path = self.home / "ec2ir.toml"
        path.write_text(text)
        self.set(EC2IR_CONFIG=str(path))

    def __call__(self, *words: str) -> Said:
        """One command. A traceback is no answer: it fails the test."""
        # DBOS logs to the standard error of the process's first command, which is closed with that command here.
        logging.getLogger("dbos").handlers.clear()
        result = CliRunner().invoke(COMMAND, words, env=self.environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(status=result.exit_code, out=result.stdout, err=result.stderr)


@pytest.fixture
def shell(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Generator[Shell]:
    """A shell whose settings name a database, and nothing else."""
    monkeypatch.chdir(tmp_path)
    made = Shell(tmp_path, dict.fromkeys(QUIET))
    made.set(
        EC2IR_DATABASE_URL=sqlite_url, XDG_DATA_HOME=str(tmp_path), AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
    )  # fmt: skip
    yield made
    structlog.reset_defaults()  # a command logs to its own standard error, which is closed by now
