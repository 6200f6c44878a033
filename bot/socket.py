"""Slack over Socket Mode: no public address, and the same listeners."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp


@asynccontextmanager
async def connected(app: AsyncApp, app_token: str) -> AsyncGenerator[AsyncSocketModeHandler]:
    """Be connected until the block ends. Raises SlackApiError when Slack refuses the app token."""
    handler = AsyncSocketModeHandler(app, app_token)
    await handler.connect_async()
    try:
        yield handler
    finally:
        await handler.close_async()


async def problem_of(handler: AsyncSocketModeHandler) -> str:
    """For readiness: what is wrong with the connection, or an empty string. Pings are part of the answer."""
    return "" if await handler.client.is_connected() else "Slack's Socket Mode is not connected."
