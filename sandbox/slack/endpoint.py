"""What the app can reach over HTTP, whether a socket carries it or not: methods, uploads, response_urls."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from sandbox.slack.errors import SlackError
from sandbox.slack.files import receive
from sandbox.slack.interactivity import respond
from sandbox.slack.methods import METHODS
from sandbox.slack.models import JSON
from sandbox.slack.reading import arguments_of
from sandbox.slack.web import Answer, WebApi, refusal_answer

TEXT = {"content-type": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One HTTP request of the app."""

    path: str
    verb: str = "POST"
    query: str = ""
    authorization: str = ""
    content_type: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Routes requests of the app."""

    api: WebApi
    tell: Callable[[], Awaitable[None]] | None = None
    """Sends the events that a call made, before its answer: Slack promises no order."""

    async def handle(self, incoming: Incoming) -> Answer:
        """Answer one request."""
        answer = self._answer(incoming)
        if self.tell is not None:
            await self.tell()
        return answer

    def _answer(self, incoming: Incoming) -> Answer:
        match incoming.path.strip("/").split("/"):
            case ["api", method]:
                return self._call(method, incoming)
            case ["upload", file_id]:
                taken = receive(self.api.state, file_id, incoming.body)
                return Answer(
                    status=200 if taken else 400, body="OK" if taken else "length mismatch", headers=TEXT
                )
            case ["respond", key]:
                return self._respond(key, incoming)
            case _:
                return Answer(status=404, body="not found", headers=TEXT)

    def _call(self, method: str, incoming: Incoming) -> Answer:
        row = METHODS.get(method)
        body = incoming.body.decode("utf-8", "replace")
        try:
            arguments = arguments_of(
                incoming.query, incoming.content_type, body, reads=row is not None and row.reads
            )
        except SlackError as refusal:
            return refusal_answer(refusal.code)
        return self.api.call(method, arguments, incoming.authorization)

    def _respond(self, key: str, incoming: Incoming) -> Answer:
        try:
            body = json.loads(incoming.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return Answer(status=400, body="invalid_payload", headers=TEXT)
        status, answer = respond(self.api.state, key, cast("JSON", body))
        return Answer(status=status, body=answer, headers=TEXT)
