"""Faults between a client and EC2: calls that are throttled, and answers that are lost after the work was done."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.aws.trail import called, reads

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
LEVER = "/sandbox/faults"

THROTTLED = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>RequestLimitExceeded</Code>'
    "<Message>Request limit exceeded.</Message></Error></Errors>"
    "<RequestID>5ec2a1c0-ffee-4b0a-9d3e-7f6a8b9c0d1e</RequestID></Response>"
)
"""How EC2 throttles, with HTTP 503. Source: EC2 API reference, "Error codes for the EC2 API"."""


@dataclass(slots=True, kw_only=True)
class Ordered:
    """How many of the next calls of EC2 are throttled, and how many of its next changes are done unanswered."""

    throttle: int = 0
    lose: int = 0


def throttling(app: Wsgi, ordered: Ordered) -> Wsgi:
    """The application, with calls of EC2 refused as long as that is ordered."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if ordered.throttle > 0 and called(environ)[0] == "ec2":
            ordered.throttle -= 1
            return Response(THROTTLED, status=503, mimetype="text/xml")(environ, start_response)
        return app(environ, start_response)

    return serve


def losing(app: Wsgi, ordered: Ordered) -> Wsgi:
    """The application, with connections cut after a change in EC2; `POST /sandbox/faults` orders both faults."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") == LEVER:
            return _order(environ, ordered)(environ, start_response)
        if ordered.lose > 0:
            service, operation, _ = called(environ)
            if service == "ec2" and not reads(operation):
                ordered.lose -= 1
                Response.from_app(app, environ, buffered=True)
                raise ConnectionResetError  # werkzeug closes the connection without an answer
        return app(environ, start_response)

    return serve


def _order(environ: dict[str, Any], ordered: Ordered) -> Response:
    wanted: dict[str, Any] = Request(environ).get_json(silent=True) or {}
    ordered.throttle = int(wanted.get("throttle", ordered.throttle))
    ordered.lose = int(wanted.get("lose", ordered.lose))
    return Response(json.dumps(asdict(ordered)), mimetype="application/json")
