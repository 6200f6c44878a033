"""Looking and clicking in the demo: what the people in the box see and do, with one line for each thing they did."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from cli.demo_world import World
from cli.doors import out
from commands.board import Board, board
from playbook.outbox import Post

PATIENCE = 30.0
"""Seconds that any one thing may take before the play gives up."""


class StoppedShort(Exception):
    """Something that had to happen did not."""


async def seen(made: World) -> Board:
    """The board of the demo's incident as it is now. Raises StoppedShort when there is none."""
    async with made.product.base.store.begin() as unit:
        found = await unit.incidents.listed(closed=True)
        if not found:
            raise StoppedShort("No incident was opened.")
        return await board(unit, found[0].id, made.clock())


async def until(made: World, good: Callable[[Board], bool], *, hurry: float = 0) -> Board:
    """Look until the board is good; with `hurry`, put the clock that many minutes forward at each look.

    Raises StoppedShort when it does not become so.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(StoppedShort):
            shown = await seen(made)
            if good(shown):
                return shown
        await asyncio.sleep(0.1)
        if hurry:
            await made.forward(hurry)
    rows(await seen(made))
    raise StoppedShort(f"Nothing came of it within {PATIENCE:.0f} seconds.")


async def posted(made: World, proposal: str) -> None:
    """Wait until Slack has the plan's message. Raises StoppedShort."""
    for _ in range(int(PATIENCE * 10)):
        async with made.product.base.store.begin() as unit:
            shown = await board(unit, (await unit.incidents.listed())[0].id, made.clock())
            if await unit.outbox.ts_of(f"{shown.incident.id}:{Post.PLAN.value}:{proposal}"):
                return
        await asyncio.sleep(0.1)
    raise StoppedShort("The plan was not shown in Slack.")


async def told(made: World, who: str) -> None:
    """Wait until something was said to this person alone."""
    await made.workspace.until(lambda: made.workspace.ephemerals(who), seconds=PATIENCE)


async def click(made: World, who: str, channel: str, proposal: str, verb: str) -> None:
    """Click a button of the plan's message, as this person."""
    async with made.product.base.store.begin() as unit:
        incident = await unit.incidents.in_channel(channel)
        key = f"{incident.id if incident else ''}:{Post.PLAN.value}:{proposal}"
        ts = await unit.outbox.ts_of(key)
    await made.workspace.click(who, channel, ts, verb)


def last_words(made: World, who: str) -> str:
    """What was said last to this person alone."""
    said = made.workspace.ephemerals(who)
    return said[-1].text if said else ""


def mark(shown: Board, step: str) -> str:
    """A step's mark in words."""
    return next(r.mark.value for s in shown.sections for r in s.rows if r.action.name == step)


def running(shown: Board) -> bool:
    """Whether a step is under way."""
    return any(r.mark.value == "running" for s in shown.sections for r in s.rows)


def unsettled(shown: Board) -> bool:
    """Whether a step is under way, or waits for proof or somebody."""
    return any(r.mark.value in ("running", "waiting") for s in shown.sections for r in s.rows)


def rows(shown: Board) -> None:
    """Print every row that has something to say."""
    for section in shown.sections:
        for row in section.rows:
            if row.run or row.words:
                out.print(
                    f"   {row.mark.sign} {row.action.title}: {row.mark.value}  {row.words}", markup=False
                )


@contextmanager
def measured(words: str) -> Generator[None]:
    """One line while it lasts, and one with its time that stays."""
    began = time.monotonic()
    if not out.is_terminal:
        yield
        out.print(f"▶ {words} ({time.monotonic() - began:.1f} s)", markup=False)
        return
    with out.status(words):
        yield
    out.print(f"▶ {words} ({time.monotonic() - began:.1f} s)", style="bold", markup=False)
