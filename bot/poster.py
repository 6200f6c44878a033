"""Posting once: each message carries its key, and after an attempt with unknown end Slack is asked for it first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from slack_sdk.web.async_client import AsyncWebClient

from bot.api import Method, SlackTrouble, call, cursor_of
from bot.check import TEXT, LimitError
from bot.pace import Pace
from playbook.plan import Json

EVENT_TYPE = "ec2ir"
_PAGE, _PAGES = 200, 10
_SKEW = timedelta(minutes=5)
"""Our clock and Slack's may differ by so much when a message is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one message shows; `text` is for notifications, and for screens that show no blocks.

    `blocks` are JSON that has been checked (see `bot.check`): to check costs as much as all else about a message.
    """

    text: str
    blocks: Sequence[Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poster:
    """Writes to channels at the pace that Slack allows. Raises SlackTrouble, LimitError."""

    client: AsyncWebClient
    pace: Pace

    async def post(
        self, channel: str, key: str, words: Words, *, thread: str = "", unless: datetime | None = None
    ) -> str:
        """Post, and answer the message's ts. `unless` it is there already: looked for from that moment on."""
        if unless is not None:
            found = await self.find(channel, key, thread=thread, since=unless)
            if found:
                return found
        body = _body(words)
        await self.pace.turn(channel)
        answer = await self._call(
            channel,
            "chat.postMessage",
            **body,
            thread_ts=thread or None,
            metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    async def edit(self, channel: str, ts: str, words: Words) -> bool:
        """Replace what a message shows; whether it is still there."""
        body = _body(words)
        # Edits have a limit of their own at Slack: they must not hold up what is said.
        await self.pace.turn(f"{channel} edits")
        try:
            await self._call(channel, "chat.update", ts=ts, **body)
        except SlackTrouble as trouble:
            if trouble.code == "message_not_found":
                return False
            raise
        return True

    async def find(self, channel: str, key: str, *, thread: str = "", since: datetime) -> str:
        """The ts of our message with that key, written after `since`; empty when the newest 2,000 hold none."""
        return await self.search(channel, lambda message: _key_of(message) == key, thread=thread, since=since)

    async def search(
        self, channel: str, wanted: Callable[[Json], bool], *, thread: str = "", since: datetime
    ) -> str:
        """The ts of the newest message that is `wanted`, written after `since`; empty as in `find`."""
        oldest = f"{(since - _SKEW).timestamp():.6f}"
        method: Method = "conversations.replies" if thread else "conversations.history"
        cursor: str | None = None
        for _ in range(_PAGES):
            answer = await self._call(
                channel, method, ts=thread or None, oldest=oldest, limit=_PAGE, include_all_metadata=True,
                cursor=cursor,
            )  # fmt: skip
            for message in cast("list[Json]", answer.get("messages") or []):
                if wanted(message):
                    return str(message["ts"])
            cursor = cursor_of(answer)
            if cursor is None:
                break
        return ""

    async def _call(self, channel: str, method: Method, **arguments: Any) -> Json:
        try:
            return await call(self.client, method, channel=channel, **arguments)
        except SlackTrouble as trouble:
            if trouble.wait is not None:
                self.pace.hold(channel, trouble.wait)
            raise


def _body(words: Words) -> Json:
    if len(words.text) > TEXT:
        raise LimitError(f"a top-level text of {len(words.text)} characters; {TEXT} are allowed")
    return {"text": words.text, "blocks": words.blocks}


def _key_of(message: Json) -> str:
    """The key of a message of ours; what others write there is none."""
    metadata = cast("Json", message.get("metadata") or {})
    if metadata.get("event_type") != EVENT_TYPE or not message.get("bot_id"):
        return ""
    return str(cast("Json", metadata.get("event_payload") or {}).get("key", ""))
