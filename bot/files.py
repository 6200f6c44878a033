"""Files in a channel: announced, filled and shared in one message, with the signature beside the file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.api import answered
from bot.poster import Poster
from playbook.file import File
from playbook.plan import Json
from playbook.text import mrkdwn

_LONGEST = 300


async def share(
    poster: Poster, channel: str, file: File, words: str, *, unless: datetime | None = None
) -> None:
    """Share the file, `unless` it is there already: looked for from that moment on. Raises SlackTrouble.

    Of Slack's three calls (files.getUploadURLExternal, the upload, files.completeUploadExternal) only the last one
    shows anything: what an attempt left behind before it is discarded by Slack. So when the end of an attempt is
    unknown, the channel's history is asked for a message of ours that names the file's id. A shared file carries no
    metadata, and its message may come a moment after the answer: in that gap a file can be shared twice, which its
    id and its SHA-256 show to be the same.
    """
    if unless is not None and await poster.search(channel, lambda said: _names(said, file), since=unless):
        return
    await poster.pace.turn(channel)
    sent = poster.client.files_upload_v2(  # pyright: ignore[reportUnknownMemberType]
        file_uploads=_uploads(file), channel=channel, initial_comment=comment(file, words)
    )
    await answered("files.completeUploadExternal", sent)


def comment(file: File, words: str) -> str:
    """What stands with the file: what it is, and by what it can be told from another, as mrkdwn."""
    signed = f" · signed, see {mrkdwn(file.name)}.sig" if file.signature else " · not signed"
    return f"📎 {mrkdwn(words, _LONGEST)}\nSHA-256 `{file.sha256}` · file `{file.id}`{signed}"


def _uploads(file: File) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{"filename": file.name, "title": file.name, "content": file.content}]
    if file.signature:
        name = f"{file.name}.sig"
        made.append({"filename": name, "title": name, "content": file.signature})
    return made


def _names(message: Json, file: File) -> bool:
    return bool(message.get("bot_id")) and f"`{file.id}`" in str(message.get("text", ""))
