"""What buttons show to the person alone: a phase's steps, an instance, the checklist, checks, processes."""

from __future__ import annotations

from dataclasses import replace

from slack_sdk.models.views import View

from bot.act import Act
from bot.answers import all_answers
from bot.api import SlackTrouble, call
from bot.asking import board_of
from bot.card import card
from bot.checklist import overview, phase_list
from bot.front import Front
from bot.pages import pages
from bot.processes import process_view
from bot.rows import phase_rows
from bot.value import Value
from bot.words import headline
from commands.board import Board, Section
from playbook.errors import BadInput, Refused
from playbook.rows import Phase

_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


async def show_phase(front: Front, act: Act, value: Value) -> None:
    """The steps of one phase on one instance, with their buttons."""
    board = await board_of(front, value.incident)
    phase = phase_named(value.row)
    for page in pages(phase_rows(_section(board, value.instance), board, phase)):
        await front.tell(act, f"{phase.heading}: {value.instance}", page)


async def show_instance(front: Front, act: Act, value: Value) -> None:
    """The card with this instance alone."""
    board = await board_of(front, value.incident)
    alone = replace(board, sections=(_section(board, value.instance),))
    await front.tell(act, headline(alone), card(alone))


async def show_checklist(front: Front, act: Act, value: Value) -> None:
    """The phases by the numbers."""
    for page in pages(overview(await board_of(front, value.incident))):
        await front.tell(act, "Checklist", page)


async def checklist_phase(front: Front, act: Act, value: Value) -> None:
    """One phase's rows."""
    await list_phase(front, act, value.incident, phase_named(value.row))


async def list_phase(front: Front, act: Act, incident: str, phase: Phase, *, replacing: bool = False) -> None:
    """One phase's rows; `replacing` puts them where the person clicked, when they are one message."""
    shown = pages(phase_list(await board_of(front, incident), phase))
    for page in shown:
        await front.tell(act, f"Checklist: {phase.heading}", page, replace=replacing and len(shown) == 1)


async def show_checks(front: Front, act: Act, value: Value) -> None:
    """Every answer that the incident has."""
    for page in pages(all_answers(await board_of(front, value.incident))):
        await front.tell(act, "Checks", page)


async def show_processes(front: Front, act: Act, value: Value) -> None:
    """The process list with the question, in a dialog."""
    view = process_view(await board_of(front, value.incident), act.channel)
    await open_view(front, act, view)


async def open_view(front: Front, act: Act, view: View) -> None:
    """Open a dialog. Raises Refused when Slack's three seconds for that were over."""
    try:
        await call(front.client, "views.open", trigger_id=act.trigger, view=view.to_dict())  # pyright: ignore[reportUnknownMemberType]
    except SlackTrouble as trouble:
        if trouble.code not in _LATE:
            raise
        raise Refused(
            "Slack allows three seconds to open a dialog, and they were over.",
            means="Nothing was changed.",
            then="Click again.",
        ) from trouble


async def change_view(front: Front, act: Act, view: View) -> None:
    """Put something else into the dialog that was clicked in."""
    if act.view:
        await call(front.client, "views.update", view_id=act.view, view=view.to_dict())  # pyright: ignore[reportUnknownMemberType]


def phase_named(word: str) -> Phase:
    """The phase of that name. Raises BadInput when there is none."""
    try:
        return Phase(word.casefold())
    except ValueError:
        raise BadInput(f"There is no phase “{word[:40]}”.", then=f"There are: {', '.join(Phase)}.") from None


def _section(board: Board, instance: str) -> Section:
    found = next((s for s in board.sections if s.facts.instance == instance), None)
    if found is None:
        raise BadInput("That instance is not part of this incident any more.", then="Look at the card.")
    return found
