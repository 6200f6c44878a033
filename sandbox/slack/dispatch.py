"""Sending payloads: duplicates where they were ordered, retries where Slack retries."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sandbox.slack.delivery import UNREACHABLE, Ack, Delivery, Envelope
from sandbox.slack.limits import Faults
from sandbox.slack.state import State

# Slack's Events API: a failed event comes again at once, then after one and after five minutes.
RETRY_AFTER = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Sends over whatever delivery is attached; without one, nothing is reachable."""

    state: State
    faults: Faults
    delivery: Delivery | None = None
    _due: list[tuple[datetime, Envelope]] = field(default_factory=list[tuple[datetime, Envelope]])

    async def send(self, envelope: Envelope) -> tuple[Ack, ...]:
        """Send a payload, twice if that was ordered, and return every acknowledgement in order."""
        copies = 1
        if self.faults.duplicates:
            self.faults.duplicates -= 1
            copies = 2
        if self.faults.concurrent:
            return tuple(await asyncio.gather(*(self._send_once(envelope) for _ in range(copies))))
        return tuple([await self._send_once(envelope) for _ in range(copies)])

    async def _send_once(self, envelope: Envelope) -> Ack:
        if self.delivery is None:
            return UNREACHABLE
        ack = await self.delivery.deliver(envelope)
        if ack.ok or envelope.kind != "events_api" or envelope.retry >= len(RETRY_AFTER):
            return ack
        reason = "http_timeout" if ack.status is None else "http_error"
        again = replace(envelope, retry=envelope.retry + 1, retry_reason=reason)
        wait = RETRY_AFTER[envelope.retry]
        if not wait:
            return await self._send_once(again)
        self._due.append((self.state.clock() + wait, again))
        return ack

    async def send_due(self) -> int:
        """Send the retries whose time has come; return how many there were."""
        now = self.state.clock()
        due = [envelope for when, envelope in self._due if when <= now]
        self._due = [(when, envelope) for when, envelope in self._due if when > now]
        for envelope in due:
            await self._send_once(envelope)
        return len(due)
