"""What people do on the page, as acts in the workspace."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from sandbox.slack.models import JSON
from sandbox.slack.outcome import Outcome
from sandbox.slack.workspace import Workspace

Act = Callable[[Workspace, str, JSON], Awaitable[Outcome | None]]


def _values(body: JSON) -> Mapping[str, Any]:
    values = body.get("values")
    return cast("JSON", values) if isinstance(values, dict) else {}


async def _say(workspace: Workspace, who: str, body: JSON) -> Outcome | None:
    text, channel = str(body.get("text", "")), str(body.get("channel"))
    if text.startswith("/"):
        return await workspace.says(who, channel, text)
    await workspace.posts(who, channel, text, thread_ts=body.get("thread_ts"))
    return None


def _how(body: JSON) -> JSON:
    return {name: body.get(name) for name in ("value", "block_id", "choose")} | {"values": _values(body)}


async def _click(workspace: Workspace, who: str, body: JSON) -> Outcome | None:
    channel, ts, action = (str(body.get(name)) for name in ("channel", "ts", "action"))
    how = _how(body)
    if how["block_id"] not in _blocks_of(workspace, channel, ts):
        # The message was drawn anew since the person looked, and blocks without an id of their own got new ones.
        how["block_id"] = None
    return await workspace.click(who, channel, ts, action, **how)


def _blocks_of(workspace: Workspace, channel: str, ts: str) -> set[str]:
    shown = [*workspace.messages(channel), *workspace.state.ephemerals]
    return {str(block.get("block_id")) for each in shown if each.ts == ts for block in each.blocks}


async def _click_in_view(workspace: Workspace, who: str, body: JSON) -> Outcome | None:
    view = workspace.view(str(body.get("view")))
    return await workspace.click_in_view(who, view, str(body.get("action")), **_how(body))


async def _submit(workspace: Workspace, who: str, body: JSON) -> Outcome | None:
    return await workspace.submit(who, workspace.view(str(body.get("view"))), _values(body))


async def _close(workspace: Workspace, who: str, body: JSON) -> Outcome | None:
    return await workspace.closes(who, workspace.view(str(body.get("view"))))


async def _home(workspace: Workspace, who: str, _body: JSON) -> Outcome | None:
    await workspace.opens_home(who)
    return None


async def _join(workspace: Workspace, who: str, body: JSON) -> Outcome | None:
    await workspace.joins(who, str(body.get("channel")))
    return None


ACTS: Mapping[str, Act] = {
    "say": _say, "click": _click, "click_in_view": _click_in_view, "submit": _submit, "close": _close,
    "home": _home, "join": _join,
}  # fmt: skip
