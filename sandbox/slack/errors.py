"""Refusals: those the app gets as an answer, and those a person meets at the screen."""

from typing import Any


class SlackError(Exception):
    """A Web API refusal: `{"ok": false, "error": code}` with HTTP 200.

    `messages` become `response_metadata.messages`; `extra` goes into the answer as it is.
    """

    def __init__(self, code: str, *messages: str, **extra: Any) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.extra = extra


class CannotActError(Exception):
    """A person can't do this in Slack at all: the button is not there, the channel is not theirs to see."""
