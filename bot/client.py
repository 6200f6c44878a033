"""The Web API's client: for listeners, which wait once when told to, and for the sender, which does so itself."""

from __future__ import annotations

from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.api import BAD_TOKEN, SlackTrouble, call
from playbook.errors import BadInput

_SECONDS = 10


def listening_client(token: str, base_url: str) -> AsyncWebClient:
    """For listeners and role look-ups: a 429 is waited out once."""
    return AsyncWebClient(
        token=token,
        base_url=base_url,
        timeout=_SECONDS,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
    )


def sending_client(token: str, base_url: str) -> AsyncWebClient:
    """For the sender: nothing is repeated behind its back, because a repeated post can double."""
    return AsyncWebClient(token=token, base_url=base_url, timeout=_SECONDS, retry_handlers=[])


async def check_token(client: AsyncWebClient) -> None:
    """Raise BadInput when Slack says that the bot's token is none. A Slack that is away says nothing about it."""
    try:
        await call(client, "auth.test")
    except SlackTrouble as trouble:
        if trouble.code in BAD_TOKEN:
            raise BadInput(
                f"EC2IR_SLACK_BOT_TOKEN is refused by Slack ({trouble.code}).",
                then="Set it to the bot token of the installed app: xoxb-…",
            ) from trouble
