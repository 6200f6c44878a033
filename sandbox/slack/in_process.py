"""The app and the workspace in one process, without sockets: requests go to Bolt directly, calls come back directly."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlencode, urlsplit

import aiohttp
from multidict import CIMultiDict
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse

from sandbox.slack.delivery import ACK_SECONDS, TIMED_OUT, Ack, Envelope, ack_of, encode
from sandbox.slack.endpoint import Endpoint, Incoming
from sandbox.slack.reading import FORM
from sandbox.slack.web import Answer


class InProcessDelivery:
    """Hands signed requests to `app.async_dispatch`, with a `respond` that needs no socket."""

    def __init__(
        self,
        app: AsyncApp,
        endpoint: Endpoint,
        signing_secret: str,
        *,
        ack_seconds: float = ACK_SECONDS,
        timestamp: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._endpoint = endpoint
        self._secret = signing_secret
        self._ack_seconds = ack_seconds
        self._timestamp = timestamp

    async def deliver(self, envelope: Envelope) -> Ack:
        """Dispatch and wait; a listener that is late goes on running, as behind a real socket."""
        headers, body = encode(envelope, secret=self._secret, timestamp=int(self._timestamp()))
        url = cast("str | None", envelope.payload.get("response_url"))
        context = {"respond": InProcessRespond(self._endpoint, url)} if url else {}
        request = AsyncBoltRequest(body=body, headers=cast("Any", headers), context=context)
        dispatch: asyncio.Task[BoltResponse] = asyncio.ensure_future(self._app.async_dispatch(request))
        done, _ = await asyncio.wait({dispatch}, timeout=self._ack_seconds)
        if not done:
            return TIMED_OUT
        response = dispatch.result()
        kind = str(response.first_headers().get("content-type", ""))
        return ack_of(response.status, kind, response.body)


class InProcessRespond(AsyncRespond):
    """Bolt's `respond()`, answered by the workspace directly."""

    def __init__(self, endpoint: Endpoint, response_url: str | None) -> None:
        super().__init__(response_url=response_url)
        self._endpoint = endpoint

    async def __call__(self, text: str | dict[str, Any] = "", *args: Any, **options: Any) -> WebhookResponse:
        """Post to the response_url. Blocks come second, as in Bolt."""
        if args:
            options["blocks"] = args[0]
        body = text if isinstance(text, dict) else {"text": text, **options}
        body = {name: _plain(value) for name, value in body.items() if value is not None}
        answer = await self._endpoint.handle(
            Incoming(
                path=urlsplit(self.response_url or "").path,
                content_type="application/json",
                body=json.dumps(body).encode(),
            )
        )
        return WebhookResponse(
            url=self.response_url or "", status_code=answer.status, body=answer.body, headers={}
        )


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("list[Any]", value)]
    return value.to_dict() if hasattr(value, "to_dict") else value


def in_process_client(endpoint: Endpoint, token: str, *, base_url: str) -> AsyncWebClient:
    """Return slack_sdk's own client on a session that has no sockets.

    Bolt makes a new client for each request but keeps the session, so those come here too.
    """
    session = cast("aiohttp.ClientSession", InProcessSession(endpoint))
    return AsyncWebClient(token=token, base_url=f"{base_url}/api/", session=session)


class InProcessSession:
    """The part of `aiohttp.ClientSession` that slack_sdk uses."""

    closed = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def request(self, verb: str, url: str, **options: Any) -> "InProcessCall":
        """Begin a request; it is made when the context is entered."""
        headers = cast("Mapping[str, str]", options.get("headers") or {})
        params = cast("Mapping[str, Any]", options.get("params") or {})
        body, kind = _body_of(options, headers.get("Content-Type", ""))
        return InProcessCall(
            self._endpoint,
            Incoming(
                verb=verb,
                path=urlsplit(url).path,
                query=urlencode(params),
                authorization=headers.get("Authorization", ""),
                content_type=kind,
                body=body,
            ),
        )


def _body_of(options: Mapping[str, Any], kind: str) -> tuple[bytes, str]:
    if options.get("json") is not None:
        return json.dumps(options["json"]).encode(), "application/json"
    data = options.get("data")
    if isinstance(data, bytes):
        return data, kind
    return urlencode(cast("Mapping[str, Any]", data or {})).encode(), kind or FORM


class InProcessCall:
    """One request and its answer, as the async context manager that aiohttp's `request` returns."""

    def __init__(self, endpoint: Endpoint, incoming: Incoming) -> None:
        self._endpoint = endpoint
        self._incoming = incoming
        self._answer = Answer(status=0, body="")

    async def __aenter__(self) -> Self:
        """Make the call. Raises: TimeoutError or ServerDisconnectedError where the answer was ordered lost."""
        self._answer = await self._endpoint.handle(self._incoming)
        if self._answer.lost == "timeout":
            raise TimeoutError
        if self._answer.lost == "dropped":
            raise aiohttp.ServerDisconnectedError
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self._answer.status

    @property
    def headers(self) -> CIMultiDict[str]:
        """Return the headers, case-insensitive as in aiohttp."""
        return CIMultiDict(self._answer.headers)

    @property
    def content_type(self) -> str:
        """Return the media type without parameters."""
        return self.headers.get("content-type", "application/json").partition(";")[0]

    async def text(self) -> str:
        """Return the body."""
        return self._answer.body

    async def json(self) -> Any:
        """Return the body, parsed. Raises: aiohttp.ContentTypeError as aiohttp does for other media types."""
        if self.content_type != "application/json":
            raise aiohttp.ContentTypeError(cast("Any", None), (), message="unexpected mimetype")
        return json.loads(self._answer.body)
