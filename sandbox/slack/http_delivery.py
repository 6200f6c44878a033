"""Delivery as signed HTTP POSTs to the app's request URL."""

import time
from collections.abc import Callable

import aiohttp

from sandbox.slack.delivery import ACK_SECONDS, TIMED_OUT, UNREACHABLE, Ack, Envelope, ack_of, encode


class HttpDelivery:
    """Posts to `url`. The app checks timestamps against the machine's clock, so they come from that one."""

    def __init__(
        self,
        url: str,
        signing_secret: str,
        *,
        ack_seconds: float = ACK_SECONDS,
        timestamp: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._secret = signing_secret
        self._ack_seconds = ack_seconds
        self._timestamp = timestamp

    async def deliver(self, envelope: Envelope) -> Ack:
        """Post and wait for the answer."""
        headers, body = encode(envelope, secret=self._secret, timestamp=int(self._timestamp()))
        limit = aiohttp.ClientTimeout(total=self._ack_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._url, data=body.encode(), headers=headers) as response,
            ):
                return ack_of(response.status, response.content_type, await response.text())
        except TimeoutError:
            return TIMED_OUT
        except aiohttp.ClientError:
            return UNREACHABLE
