"""One call to Slack's Web API, and what can go wrong with it as one error: refused, told to wait, or no answer."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any, Literal, cast

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from playbook.errors import Unreachable
from playbook.plan import Json

Method = Literal[
    "apps.connections.open", "auth.test", "chat.postEphemeral", "chat.postMessage", "chat.update",
    "conversations.create", "conversations.history", "conversations.invite", "conversations.list",
    "conversations.replies", "conversations.setTopic", "files.completeUploadExternal",
    "files.getUploadURLExternal", "pins.add", "usergroups.list", "usergroups.users.list", "users.info", "views.open",
    "views.publish", "views.update",
]  # fmt: skip
"""Every method that ec2ir calls itself; the manifest asks for what these need, and for nothing else."""

_NEVER = frozenset(
    {
        "cannot_reply_to_message", "cant_update_message", "channel_not_found", "file_type_not_allowed",
        "invalid_arguments", "invalid_blocks", "invalid_blocks_format", "invalid_metadata_format",
        "invalid_name_maxlength", "invalid_name_punctuation", "invalid_name_required", "invalid_name_specials",
        "is_archived", "is_inactive", "messages_tab_disabled", "metadata_too_large", "msg_blocks_too_long",
        "msg_too_long", "no_text", "not_in_channel", "plan_upgrade_required", "posting_to_channel_denied",
        "restricted_action", "restricted_action_non_threadable_channel", "restricted_action_read_only_channel",
        "restricted_action_thread_locked", "restricted_action_thread_only_channel", "thread_not_found", "too_long",
    }
)  # fmt: skip
"""Codes that the same call gets again however often it is made (Slack's reference of each method)."""

BAD_TOKEN = frozenset(
    {
        "account_inactive", "invalid_auth", "missing_scope", "not_allowed_token_type", "not_authed", "token_expired",
        "token_revoked",
    }
)  # fmt: skip
"""Codes that mean that the token itself is wrong: no waiting mends that."""


class SlackTrouble(Unreachable):
    """A call that Slack did not carry out, or may not have: `code` is empty when no answer came.

    `wait` is Retry-After; `answer` is what Slack sent along.
    """

    def __init__(
        self, what: str, *, code: str = "", wait: timedelta | None = None, answer: Json | None = None
    ) -> None:
        super().__init__(what)
        self.code = code
        self.wait = wait
        self.answer = answer or {}

    @property
    def final(self) -> bool:
        """Whether trying again is useless."""
        return self.code in _NEVER


async def call(client: AsyncWebClient, method: Method, **arguments: Any) -> Json:
    """Call a method and answer what Slack sent; arguments that are None are left out. Raises SlackTrouble."""
    given = {name: value for name, value in arguments.items() if value is not None}
    # Methods that read take no JSON; structures can't be written into a query.
    structured = any(isinstance(value, (dict, list)) for value in given.values())
    encoded: Json = {"json": given} if structured else {"params": given}
    sent = client.api_call(method, **encoded)  # pyright: ignore[reportUnknownMemberType]
    return cast("Json", (await answered(method, sent)).data)


async def answered(method: Method, sent: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """What Slack answers to a call of its client that ends with this method. Raises SlackTrouble."""
    try:
        return await sent
    except SlackApiError as error:
        raise _refused(method, error) from error
    except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
        raise SlackTrouble(f"Slack did not answer {method}: {type(error).__name__}.") from error


def cursor_of(answer: Json) -> str | None:
    """Where the next page begins, or None."""
    return cast("Json", answer.get("response_metadata") or {}).get("next_cursor") or None


def _refused(method: str, error: SlackApiError) -> SlackTrouble:
    response: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    headers = cast("Mapping[str, str]", getattr(response, "headers", None) or {})
    data: Any = getattr(response, "data", response)
    answer = cast("Json", data) if isinstance(data, dict) else {}
    if status == 429:
        given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "1")
        wait = timedelta(seconds=int(given) if given.isdigit() else 1)
        return SlackTrouble(
            f"Slack asks to wait {wait.seconds} s before {method}.", code="ratelimited", wait=wait
        )
    code = str(answer.get("error", ""))
    return SlackTrouble(f"Slack refused {method}: {code or f'HTTP {status}'}.", code=code, answer=answer)
