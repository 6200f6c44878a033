"""The alert door over HTTP: `POST /alerts/{source}`, for `eventbridge`, `edr` and `sns`. Nobody comes in unproved."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

import structlog
from aiohttp import web

from intake.envelope import document
from intake.receive import Outcome
from intake.routes import Read, Reading
from intake.shapes import text_at
from intake.signature import check
from intake.sns import Topics
from playbook.clock import Clock
from playbook.errors import BadInput, Ec2irError, NotAllowed

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.intake")

Take = Callable[[bytes, str, Read], Awaitable[Outcome]]
"""Takes in a body under an id, read in that way; it is stored on return. Raises Unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may post, and where it goes. Without `secret`, or without `topics`, that part of the door stays shut."""

    secret: str
    topics: Topics
    reading: Reading
    take: Take
    clock: Clock

    @property
    def open(self) -> tuple[str, ...]:
        """The sources that may post."""
        signed = ("eventbridge", "edr") if self.secret else ()
        return (*signed, *(("sns",) if self.topics.allowed else ()))


def add_alerts(server: web.Application, door: Door) -> None:
    """Add the routes to an application, whose `client_max_size` bounds the bodies."""
    if not door.secret:
        log.info("POST /alerts/eventbridge and /alerts/edr are shut: EC2IR_ALERTS_SECRET is not set")
    if not door.topics.allowed:
        log.info("POST /alerts/sns is shut: [alerts] topics is empty")

    async def alerts(request: web.Request) -> web.Response:
        source = request.match_info["source"]
        try:
            return await _answered(door, source, request.headers, await request.read())
        except NotAllowed as refusal:
            log.warning("alert refused", source=source[:40], problem=str(refusal), remote=request.remote)
            return _said(403 if source == "sns" else 401, refusal)
        except BadInput as problem:
            return _said(400, problem)
        except Ec2irError as problem:
            # Anything else is ours to mend: the sender tries again after a 503.
            log.warning("alert not stored: it has to come again", source=source[:40], problem=str(problem))
            return _said(503, problem)

    server.router.add_post("/alerts/{source}", alerts)


async def _answered(door: Door, source: str, headers: Mapping[str, str], body: bytes) -> web.Response:
    match source:
        case "eventbridge" | "edr":
            if not door.secret:
                _shut("EC2IR_ALERTS_SECRET is not set")
            check(headers, body, secret=door.secret, now=door.clock())
            read = door.reading.event if source == "eventbridge" else door.reading.detection
            return await _taken(door, source, body, read)
        case "sns":
            if not door.topics.allowed:
                _shut("[alerts] topics is empty")
            return await _from_sns(door, body)
        case _:
            raise web.HTTPNotFound(text="There is no such source: eventbridge, edr and sns are there.")


async def _from_sns(door: Door, body: bytes) -> web.Response:
    message = document(body)
    await door.topics.check(message, door.clock())
    kind, topic = text_at(message, "Type"), text_at(message, "TopicArn")
    if kind == "SubscriptionConfirmation":
        await door.topics.confirm(message)
        log.info("subscribed", topic=topic)
        return web.Response(status=202, text="The subscription is confirmed.")
    if kind == "UnsubscribeConfirmation":
        log.warning("unsubscribed: alerts of this topic no longer come", topic=topic)
        return web.Response(status=202, text="Noted.")
    return await _taken(door, "sns", body, door.reading.event)


async def _taken(door: Door, source: str, body: bytes, read: Read) -> web.Response:
    outcome = await door.take(body, f"{source}/{uuid.uuid4()}", read)
    if outcome is Outcome.STORED:
        return web.Response(status=202, text="It is stored.")
    return web.Response(
        status=400, text="It could not be understood. It is kept, and shown in the announcement channel."
    )


def _shut(why: str) -> NoReturn:
    raise web.HTTPNotFound(text=f"This door is shut: {why}.")


def _said(status: int, problem: Ec2irError) -> web.Response:
    return web.Response(status=status, text=str(problem))
