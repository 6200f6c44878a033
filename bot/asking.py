"""Where an act belongs: the incident of a channel, and a button's own."""

from __future__ import annotations

from bot.act import Act
from bot.front import ElsewhereError, Front
from bot.value import Value
from commands.board import Board, board
from commands.desk import the_incident
from playbook.incident import Incident

_LISTED = 10


async def incident_here(front: Front, act: Act) -> Incident:
    """The incident that the channel is about. Raises ElsewhereError, with the open ones, when it is about none."""
    async with front.desk.store.begin() as unit:
        found = await unit.incidents.in_channel(act.channel)
        if found is not None:
            return found
        listed = await unit.incidents.listed(most=_LISTED)
    channels = [(i.channel, f"{i.severity.value} · {i.title}") for i in listed if i.channel]
    more = "" if channels else " None is open now: /ec2ir declare i-… opens one."
    raise ElsewhereError(f"This channel is not an incident's.{more}", channels=channels)


async def check_place(front: Front, act: Act, value: Value) -> None:
    """Raise ElsewhereError when the button's incident is talked about in another channel than the click's."""
    async with front.desk.store.begin() as unit:
        found = await the_incident(unit, value.incident)
    if found.channel != act.channel:
        raise ElsewhereError(
            "That button belongs to another channel's incident.", channels=[(found.channel, "")]
        )


async def board_of(front: Front, incident: str) -> Board:
    """The incident's board as it is now."""
    async with front.desk.store.begin() as unit:
        return await board(unit, incident, front.desk.clock())
