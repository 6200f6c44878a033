"""An incident's channel: private, made once, with everybody in it who may be needed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import cast

from slack_sdk.web.async_client import AsyncWebClient

from bot.api import SlackTrouble, call, cursor_of
from playbook.people import Person
from playbook.plan import Json

_NAME = 80
_INVITED_AT_ONCE = 100
_HERE_ALREADY = frozenset({"already_in_channel", "cant_invite_self"})
_PAGES = 50
_ID = re.compile(r"[CG][A-Z0-9]{6,}")


async def create(client: AsyncWebClient, name: str) -> str:
    """The id of a private channel of that name, made now or by an attempt whose answer was lost.

    A name that somebody else holds gets a number. Raises SlackTrouble.
    """
    for number in range(1, 5):
        wanted = f"{name[: _NAME - 2]}-{number}" if number > 1 else name[:_NAME]
        try:
            answer = await call(client, "conversations.create", name=wanted, is_private=True)
            return str(cast("Json", answer["channel"])["id"])
        except SlackTrouble as trouble:
            if trouble.code != "name_taken":
                raise
        found = await named(client, wanted, types="private_channel")
        if found:
            return found
    raise SlackTrouble(f"Slack has channels named {name} that ec2ir can't see.", code="restricted_action")


async def named(client: AsyncWebClient, name: str, *, types: str = "public_channel,private_channel") -> str:
    """The id of the channel of that name which ec2ir is in; empty when there is none. Raises SlackTrouble."""
    async for channel in _listed(client, types):
        if channel.get("name") == name.removeprefix("#") and channel.get("is_member"):
            return str(channel["id"])
    return ""


async def id_of(client: AsyncWebClient, written: str) -> str:
    """The id of a channel that the settings name; ids are taken as they are. Raises SlackTrouble."""
    if _ID.fullmatch(written):
        return written
    found = await named(client, written)
    if not found:
        raise SlackTrouble(
            f"ec2ir is in no channel named {written[:80]}: invite it there, or mend the settings.",
            code="channel_not_found",
        )
    return found


async def _listed(client: AsyncWebClient, types: str) -> AsyncIterator[Json]:
    cursor: str | None = None
    for _ in range(_PAGES):
        answer = await call(
            client, "conversations.list", types=types, limit=500, exclude_archived=True, cursor=cursor
        )
        for channel in cast("list[Json]", answer["channels"]):
            yield channel
        cursor = cursor_of(answer)
        if cursor is None:
            return


async def invite(client: AsyncWebClient, channel: str, people: Sequence[Person]) -> tuple[Person, ...]:
    """Invite them all; answers those whom Slack would not let in. Raises SlackTrouble."""
    refused: list[Person] = []
    for start in range(0, len(people), _INVITED_AT_ONCE):
        refused += await _invite(client, channel, people[start : start + _INVITED_AT_ONCE])
    return tuple(refused)


async def _invite(client: AsyncWebClient, channel: str, people: Sequence[Person]) -> list[Person]:
    users = ",".join(p.id for p in people)
    try:
        answer = await call(client, "conversations.invite", channel=channel, users=users, force=True)
    except SlackTrouble as trouble:
        if "errors" not in trouble.answer and trouble.code not in _HERE_ALREADY:
            raise
        answer = trouble.answer
    errors = cast("list[Json]", answer.get("errors") or [])
    problems = {str(each.get("user")): str(each.get("error")) for each in errors}
    return [p for p in people if problems.get(p.id, "already_in_channel") not in _HERE_ALREADY]


async def set_topic(client: AsyncWebClient, channel: str, topic: str) -> None:
    """Say in the channel's head what it is about; at most 250 characters. Raises SlackTrouble."""
    await call(client, "conversations.setTopic", channel=channel, topic=topic)


async def pin(client: AsyncWebClient, channel: str, ts: str) -> bool:
    """Pin the card, unless it is; whether it was not. Raises SlackTrouble."""
    try:
        await call(client, "pins.add", channel=channel, timestamp=ts)
    except SlackTrouble as trouble:
        if trouble.code != "already_pinned":
            raise
        return False
    return True
