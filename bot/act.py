"""What a person did in Slack, read from Bolt's payload: a command, a click, or a dialog sent off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from slack_bolt.context.respond.async_respond import AsyncRespond

from playbook.plan import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`words` is a command's text, a button's value or a dialog's metadata; `once` is the id of this very act.

    `respond` answers the person alone; a dialog has none. `typed` is what stands in a dialog's input, or the id of the
    person who was chosen there; `view` is the id of the dialog that was clicked in.
    """

    user: str
    team: str
    channel: str
    words: str
    once: str
    trigger: str = ""
    typed: str = ""
    view: str = ""
    respond: AsyncRespond | None = None


def of_command(body: Json, respond: AsyncRespond) -> Act:
    """A slash command."""
    return Act(
        user=str(body["user_id"]),
        team=str(body.get("team_id", "")),
        channel=str(body["channel_id"]),
        words=str(body.get("text", "")),
        once=str(body.get("trigger_id", "")),
        trigger=str(body.get("trigger_id", "")),
        respond=respond,
    )


def of_click(body: Json, respond: AsyncRespond) -> Act:
    """A click on a button, or a choice from a menu, of a message or of a dialog; in a dialog there is no channel."""
    action = cast("Json", body["actions"][0])
    chosen = cast("Json", action.get("selected_option") or action)
    return Act(
        user=str(body["user"]["id"]),
        team=_team(body),
        channel=str(cast("Json", body.get("channel") or {}).get("id", "")),
        words=str(chosen.get("value", "")),
        once=str(body.get("trigger_id", "")),
        trigger=str(body.get("trigger_id", "")),
        view=str(cast("Json", body.get("view") or {}).get("id", "")),
        respond=respond if body.get("response_url") else None,
    )


def of_event(body: Json) -> Act:
    """Something that a person did without asking for anything, such as opening Home."""
    event = cast("Json", body["event"])
    return Act(
        user=str(event["user"]),
        team=str(body.get("team_id", "")),
        channel=str(event.get("channel", "")),
        words="",
        once=str(body.get("event_id", "")),
    )


def of_dialog(body: Json) -> Act:
    """A dialog sent off; its channel stands in its metadata."""
    view = cast("Json", body["view"])
    return Act(
        user=str(body["user"]["id"]),
        team=_team(body),
        channel="",
        words=str(view.get("private_metadata", "")),
        once=str(view["id"]),
        trigger=str(body.get("trigger_id", "")),
        typed=next(_typed(view), ""),
    )


def _team(body: Json) -> str:
    user, team = cast("Json", body["user"]), cast("Json", body.get("team") or {})
    return str(user.get("team_id") or team.get("id") or "")


def _typed(view: Json) -> Iterator[str]:
    for block in cast("dict[str, dict[str, Json]]", view["state"]["values"]).values():
        for element in block.values():
            yield str(element.get("value") or element.get("selected_user") or "")
