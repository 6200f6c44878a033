"""Slack over Socket Mode: no public address, and the same listeners."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp

from bot.api import BAD_TOKEN, SlackTrouble, call
from playbook.errors import BadInput, Unreachable


@asynccontextmanager
async def connected(app: AsyncApp, app_token: str) -> AsyncGenerator[AsyncSocketModeHandler]:
    """Be connected until the block ends. Raises BadInput for a wrong app token, Unreachable for no answer."""
    url = await _address(app, app_token)
    handler = AsyncSocketModeHandler(app, app_token)
    handler.client.wss_uri = url
    await handler.connect_async()
    try:
        yield handler
    finally:
        await handler.close_async()


async def _address(app: AsyncApp, app_token: str) -> str:
    """Where to connect. Asked here, because slack_sdk would ask for ever with a token that is wrong."""
    try:
        return str((await call(app.client, "apps.connections.open", token=app_token))["url"])
    except SlackTrouble as trouble:
        mend = "Set EC2IR_SLACK_APP_TOKEN to an app-level token with the scope connections:write."
        if trouble.code in BAD_TOKEN:
            raise BadInput(
                f"EC2IR_SLACK_APP_TOKEN is refused by Slack ({trouble.code}).", then=mend
            ) from trouble
        raise Unreachable(trouble.what, means="Slack can't reach ec2ir.", then=mend) from trouble


async def problem_of(handler: AsyncSocketModeHandler) -> str:
    """For readiness: what is wrong with the connection, or an empty string. Pings are part of the answer."""
    return "" if await handler.client.is_connected() else "Slack's Socket Mode is not connected."
