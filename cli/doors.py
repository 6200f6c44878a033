"""From the shell into the product and back: errors become sentences and exit statuses.

0 done and proved · 1 failed · 2 wrong use or settings · 3 refused by policy.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console

from cli.logs import configure
from cli.operators import Operators
from cli.settings import BadSetting, Settings, load
from cli.wiring import Base, Submitted, base, engine, sqlite_path, stored
from commands.desk import Desk
from playbook.errors import BadInput, Ec2irError, Refused
from playbook.people import Person
from playbook.ports import Unit
from playbook.text import plain

T = TypeVar("T")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def status_of(error: Ec2irError) -> int:
    """The exit status that an error ends the program with."""
    if isinstance(error, BadInput):
        return 2
    return 3 if isinstance(error, Refused) else 1


def stop(error: Ec2irError) -> NoReturn:
    """Say what happened, why, and what to do; then end."""
    err.print(plain(str(error), 2000), style="red", markup=False)
    raise typer.Exit(status_of(error))


def enter(work: Callable[[Settings], Coroutine[Any, Any, T]]) -> T:
    """Load the settings, run `work`, and turn the product's errors into exit statuses."""
    configure()
    try:
        return asyncio.run(work(load()))
    except Ec2irError as error:
        stop(error)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A person at a terminal. `carries` says whether this process carries out what it approves."""

    base: Base
    desk: Desk
    person: Person
    carries: bool


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator[Unit]:
    """A door for reading only: neither an engine nor AWS nor an operator is needed."""
    async with stored(settings) as store, store.begin() as unit:
        yield unit


@asynccontextmanager
async def terminal(settings: Settings) -> AsyncGenerator[Terminal]:
    """A door for acting. Where nobody is the engine of a SQLite file, this process becomes it.

    Raises NotAllowed when the AWS caller is no operator.
    """
    operators = Operators(settings.policy_file.operators)
    async with base(settings) as parts, contextlib.AsyncExitStack() as stack:
        person = operators.person(parts.identity.arn)
        desk, carries = parts.desk(operators, Submitted()), False
        if sqlite_path(settings) is not None:
            with contextlib.suppress(BadSetting):  # another process is the engine, and finds what is approved
                desk, carries = (await stack.enter_async_context(engine(parts, operators))).desk, True
        yield Terminal(base=parts, desk=desk, person=person, carries=carries)
