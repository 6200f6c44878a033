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
